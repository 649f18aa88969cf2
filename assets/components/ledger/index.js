/** The ledger of one image: its cost as a stack of pieces, and what each piece is about, lit while one points at it. */

import { Ledger } from './ledger.js';

/** @type {WeakMap<object, Ledger>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot,
 *   setStateValue: (name: string, value: any) => void}} mount
 */
export default function ledger({ data, parentElement, setStateValue }) {
  const mounted = MOUNTED.get(parentElement) ?? new Ledger(parentElement);
  MOUNTED.set(parentElement, mounted);
  mounted.setStateValue = setStateValue;
  if (data) mounted.receive(data);
  mounted.dress();
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
