/**
 * Carries a large message to the page and shows nothing: a decoder's weights, the encoder's codes of a data set, its
 * images. They are messages of their own, so that a new KL, a layer or a position never sends a megabyte again.
 */

import { Decoder } from '../decoder/decoder.js';
import { unpack } from '../packing.js';
import { carried, carry, drop } from './registry.js';

/** From bytes to what instruments use, by kind. @type {Record<string, (bytes: Uint8Array, parts: any) => any>} */
const CONTENTS = {
  decoder: (bytes) => new Decoder(bytes),
  // μ and σ of q(z|x), one row an image; the class of each image, and its row among the images
  points: (_, { header, arrays: [means, stds, labels, rows] }) => ({ ...header, means, stds, labels, rows }),
  images: (_, { header, arrays: [pixels] }) => ({ ...header, pixels }),
};

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot}} mount
 */
export default function carrier({ data, parentElement }) {
  if (data && carried(parentElement) !== data) {
    const parts = unpack(data);
    const { kind, key } = parts.header;
    carry(parentElement, data, { kind, key, content: CONTENTS[kind](data, parts) });
  }
  return () => drop(parentElement);
}
