/**
 * The latent pad: a plane through latent space on which the decoder follows the pointer inside one animation frame.
 *
 * Carriers (../carrier) bring weights, codes and images once each; Python hears of settled values only.
 */

import { Pad } from './pad.js';

/** @type {WeakMap<object, Pad>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: any, parentElement: HTMLElement | ShadowRoot, setStateValue: (name: string, value: any) => void}} mount
 */
export default function pad({ data, parentElement, setStateValue }) {
  const mounted = MOUNTED.get(parentElement) ?? new Pad(parentElement);
  MOUNTED.set(parentElement, mounted);
  mounted.setStateValue = setStateValue;
  mounted.dress();
  mounted.receive(data);
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
