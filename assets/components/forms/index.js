/** Eight forms of the ELBO as rows of terms that end on one line, and a slider that moves them all. */

import { Forms } from './forms.js';

/** @type {WeakMap<object, Forms>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: import('./forms.js').Message, parentElement: HTMLElement | ShadowRoot,
 *   setStateValue: (name: string, value: any) => void}} mount
 */
export default function forms({ data, parentElement, setStateValue }) {
  const mounted = MOUNTED.get(parentElement) ?? new Forms(parentElement);
  MOUNTED.set(parentElement, mounted);
  mounted.setStateValue = setStateValue;
  if (data) mounted.receive(data);
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
