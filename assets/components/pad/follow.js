/**
 * Following by image. z means something else in each model, an image does not: the pad under the hand says which image has
 * its code nearest to z, and the others go to their own code of that very image.
 */

import { Explore } from './modes.js';

/**
 * @param {Float32Array} means codes, one after the other
 * @param {ArrayLike<number>} z
 * @returns {number} the place of the code nearest to z, in all latent dimensions; -1 where there is none
 */
export function nearestCode(means, z) {
  const size = z.length;
  let best = Infinity;
  let found = -1;
  for (let n = 0, at = 0; at < means.length; n++, at += size) {
    let distance = 0;
    for (let j = 0; j < size && distance < best; j++) distance += (means[at + j] - z[j]) ** 2;
    if (distance < best) {
      best = distance;
      found = n;
    }
  }
  return found;
}

/** The image that a pad is at, by its row among the images: its place among the points may be another in another pad. */
export class SameImage {
  /** @param {import('./pad.js').Pad} pad */
  constructor(pad) {
    this.pad = pad;
    this.due = false; // z has moved, and nobody has been told
    /** @type {number|null} */
    this.taken = null; // the image that another pad led to
    /** @type {any} */
    this.from = null; // the points that its code was taken from
    /** @type {Map<number, number>} */
    this.places = new Map(); // of each image among the points
    /** @type {any} */
    this.placed = null; // the points that they are among
  }

  /** z has moved, and not after another pad. @param {boolean} byHand what Python sets is told to nobody */
  moved(byHand) {
    this.taken = null;
    this.due ||= byHand;
  }

  /** Called once a frame, so that a hand costs one search a frame. @returns {number|null} the image to be told */
  told() {
    const { mode, points: { data }, sliders: { z } } = this.pad;
    if (!this.due || data?.latent_dim !== z.length) return null;
    this.due = false;
    const place = (mode instanceof Explore ? mode.row : null) ?? nearestCode(data.means, z);
    return data.rows[place] ?? null;
  }

  /** Go to this pad's own code of an image, if it has one. @param {number} row */
  take(row) {
    const { mode, points: { data }, sliders: { z } } = this.pad;
    if (!(mode instanceof Explore) || data?.latent_dim !== z.length) return;
    if (row === this.taken && data === this.from) return;
    const place = this.placeOf(row, data);
    if (place === undefined) return;
    mode.pick(place);
    [this.taken, this.from] = [row, data];
  }

  /** The points may be new: the code of the image that this pad was led to has moved. */
  renew() {
    if (this.taken !== null) this.take(this.taken);
  }

  /** @param {number} row @param {any} data @returns {number|undefined} */
  placeOf(row, data) {
    if (data !== this.placed) {
      this.placed = data;
      this.places = new Map();
      data.rows.forEach((/** @type {number} */ image, /** @type {number} */ n) => {
        if (!this.places.has(image)) this.places.set(image, n);
      });
    }
    return this.places.get(row);
  }
}
