/** A formula and its code: point at a symbol and see what it is, where it stands in the picture, and its value. */

import { Formula } from './formula.js';

/** @type {WeakMap<object, Formula>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: import('./formula.js').Message, parentElement: HTMLElement | ShadowRoot}} mount
 */
export default function formula({ data, parentElement }) {
  const mounted = MOUNTED.get(parentElement) ?? new Formula(parentElement);
  MOUNTED.set(parentElement, mounted);
  if (data) mounted.receive(data);
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
