/**
 * Carries a decoder's weights to the page and shows nothing. They are a message of their own, so that a new KL or a
 * new position never sends a megabyte again.
 */

import { Decoder } from '../decoder/decoder.js';
import { carried, carry, drop } from '../decoder/carriers.js';

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot}} mount
 */
export default function weights({ data, parentElement }) {
  if (data && carried(parentElement) !== data) carry(parentElement, data, new Decoder(data));
  return () => drop(parentElement);
}
