/**
 * What carriers have brought to the page, by kind and digest: decoders, points, images. Instruments find it here, so that
 * a large message crosses once, whatever the instruments' own small messages say.
 */

/**
 * @typedef {object} Parcel
 * @property {string} kind "decoder", "points" or "images"
 * @property {string} key digest of the content
 * @property {any} content what instruments use
 */

/** @type {Map<object, {bytes: Uint8Array, parcel: Parcel}>} */
const CARRIERS = new Map();

/** @type {Set<() => void>} */
const LISTENERS = new Set();

/**
 * @param {object} carrier
 * @returns {Uint8Array|undefined} the bytes that it carries
 */
export const carried = (carrier) => CARRIERS.get(carrier)?.bytes;

/**
 * Put a carrier's newest parcel on the page, in place of the one before.
 *
 * @param {object} carrier
 * @param {Uint8Array} bytes
 * @param {Parcel} parcel
 */
export function carry(carrier, bytes, parcel) {
  CARRIERS.set(carrier, { bytes, parcel });
  for (const listener of LISTENERS) listener();
}

/** @param {object} carrier that left the page */
export const drop = (carrier) => CARRIERS.delete(carrier);

/**
 * @param {string} kind
 * @param {string} key
 * @returns {any} the content, or undefined while it is on its way
 */
export function find(kind, key) {
  for (const { parcel } of CARRIERS.values()) if (parcel.kind === kind && parcel.key === key) return parcel.content;
  return undefined;
}

/**
 * @param {() => void} listener called whenever a parcel arrives
 * @returns {() => void} ends it
 */
export function listen(listener) {
  LISTENERS.add(listener);
  return () => LISTENERS.delete(listener);
}
