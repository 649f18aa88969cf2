/**
 * Two Gaussians on a plane as ellipses to drag, and both KLs between them, term by term.
 *
 * Everything that a drag shows is computed here, in closed form; Python hears of settled Gaussians only.
 */

import { Gaussians } from './gaussians.js';

/** @type {WeakMap<object, Gaussians>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: import('./gaussians.js').Message, parentElement: HTMLElement | ShadowRoot,
 *   setStateValue: (name: string, value: any) => void}} mount
 */
export default function gaussians({ data, parentElement, setStateValue }) {
  const mounted = MOUNTED.get(parentElement) ?? new Gaussians(parentElement);
  MOUNTED.set(parentElement, mounted);
  mounted.setStateValue = setStateValue;
  if (data) mounted.receive(data);
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
