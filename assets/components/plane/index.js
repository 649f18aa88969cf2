/** The rate-distortion plane: a chart of runs, a picture of the one that is pointed at, and a way along β. */

import { Plane } from './plane.js';

/** @type {WeakMap<object, Plane>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot,
 *   setStateValue: (name: string, value: any) => void}} mount
 */
export default function plane({ data, parentElement, setStateValue }) {
  const mounted = MOUNTED.get(parentElement) ?? new Plane(parentElement);
  MOUNTED.set(parentElement, mounted);
  mounted.setStateValue = setStateValue;
  if (data && data !== mounted.bytes) mounted.receive(data);
  else mounted.dress();
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
