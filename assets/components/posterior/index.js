/**
 * The true posterior of one image as a heat map, Gaussians over it to scale, and one of them in the hand.
 *
 * Whatever the hand's ellipse is worth is computed here, on an interpolated log p(x, z); Python hears of settled values only.
 */

import { Posterior } from './posterior.js';

/** @type {WeakMap<object, Posterior>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot, setStateValue: (name: string, value: any) => void}} mount
 */
export default function posterior({ data, parentElement, setStateValue }) {
  const mounted = MOUNTED.get(parentElement) ?? new Posterior(parentElement);
  MOUNTED.set(parentElement, mounted);
  mounted.setStateValue = setStateValue;
  mounted.dress();
  mounted.receive(data);
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
