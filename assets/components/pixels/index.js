/** One image, large and crisp, on which a click, a tap or the arrow keys pick a pixel. */

import { Picker } from './picker.js';

/** @type {WeakMap<object, Picker>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot,
 *   setStateValue: (name: string, value: any) => void}} mount
 */
export default function pixels({ data, parentElement, setStateValue }) {
  const picker = MOUNTED.get(parentElement) ?? new Picker(parentElement);
  MOUNTED.set(parentElement, picker);
  picker.setStateValue = setStateValue;
  if (data) picker.receive(data);
  return () => {
    picker.destroy();
    MOUNTED.delete(parentElement);
  };
}
