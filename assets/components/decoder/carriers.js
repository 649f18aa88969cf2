/** The decoders that are on the page, by the digest of their weights: carriers bring them, instruments use them. */

/** @typedef {import('./decoder.js').Decoder} Decoder */

/** @type {Map<object, {bytes: Uint8Array, decoder: Decoder}>} */
const CARRIERS = new Map();

/** @type {Set<() => void>} */
const LISTENERS = new Set();

/**
 * @param {object} carrier
 * @returns {Uint8Array|undefined} the bytes that it carries
 */
export const carried = (carrier) => CARRIERS.get(carrier)?.bytes;

/**
 * Put a carrier's newest decoder on the page, in place of the one before.
 *
 * @param {object} carrier
 * @param {Uint8Array} bytes
 * @param {Decoder} decoder
 */
export function carry(carrier, bytes, decoder) {
  CARRIERS.set(carrier, { bytes, decoder });
  for (const listener of LISTENERS) listener();
}

/** @param {object} carrier that left the page */
export const drop = (carrier) => CARRIERS.delete(carrier);

/**
 * @param {string} key digest of the weights
 * @returns {Decoder|undefined}
 */
export function decoderOf(key) {
  for (const { decoder } of CARRIERS.values()) if (decoder.header.key === key) return decoder;
  return undefined;
}

/**
 * @param {() => void} listener called whenever a decoder arrives
 * @returns {() => void} ends it
 */
export function listen(listener) {
  LISTENERS.add(listener);
  return () => LISTENERS.delete(listener);
}
