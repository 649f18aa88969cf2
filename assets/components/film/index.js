/**
 * Filmstrips of a walk through latent space, decoded here: Python sends the codes, a carrier the decoder.
 *
 * The playhead is said on the link, so that a pad shows where it is.
 */

import { Film } from './film.js';

/** @type {WeakMap<object, Film>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: import('./film.js').Settings, parentElement: HTMLElement | ShadowRoot}} mount
 */
export default function film({ data, parentElement }) {
  const mounted = MOUNTED.get(parentElement) ?? new Film(parentElement);
  MOUNTED.set(parentElement, mounted);
  if (data) mounted.receive(data);
  mounted.dress();
  return () => {
    mounted.destroy();
    MOUNTED.delete(parentElement);
  };
}
