/** Pictures of the whole plane, computed beside the page: the manifold, the stretch, the aggregate posterior. */

import { Batch, logStretch, WIDTH } from '../decoder/batch.js';
import { Decoder } from '../decoder/decoder.js';
import { mixtureDensity } from './mixture.js';
import { clamp } from './plane.js';

/** The newest of each that was sent. @type {{decoder: Batch|null, points: any}} */
const KEPT = { decoder: null, points: null };

/**
 * The code in the middle of each cell: on the plane at the cell's place, across the plane where z stands.
 *
 * @param {{u: number[], v: number[], centre: number[], reach: number, z: number[]}} view
 * @param {number} columns
 * @param {number} rows
 * @returns {Float64Array[]} row by row from the top
 */
function codes({ u, v, centre, reach, z }, columns, rows) {
  const alpha = u.reduce((sum, entry, j) => sum + entry * z[j], 0);
  const beta = v.reduce((sum, entry, j) => sum + entry * z[j], 0);
  const found = [];
  for (let i = 0; i < rows; i++) {
    const b = centre[1] + reach * (1 - (2 * i + 1) / rows);
    for (let j = 0; j < columns; j++) {
      const a = centre[0] - reach * (1 - (2 * j + 1) / columns);
      found.push(Float64Array.from(z, (entry, d) => clamp(entry + (a - alpha) * u[d] + (b - beta) * v[d])));
    }
  }
  return found;
}

/** @param {any} view @param {number} size images a side @returns {{pixels: Uint8ClampedArray, width: number, height: number}} */
function manifold(view, size) {
  const batch = /** @type {Batch} */ (KEPT.decoder);
  const [channels, height, width] = batch.decoder.header.image_shape;
  const all = codes(view, size, size);
  const pixels = new Uint8ClampedArray(4 * size * size * width * height).fill(255);
  const plane = channels === 3 ? width * height : 0; // from channel to channel; grey is three times the same
  for (let n = 0; n < all.length; n += WIDTH) {
    const some = all.slice(n, n + WIDTH);
    const { mean } = batch.decode(some);
    for (let c = 0; c < some.length; c++) {
      const top = Math.floor((n + c) / size) * height;
      const left = ((n + c) % size) * width;
      for (let row = 0, from = c; row < height; row++) {
        let to = 4 * ((top + row) * size * width + left);
        for (let column = 0; column < width; column++, from += WIDTH, to += 4) {
          pixels[to] = mean[from] * 255;
          pixels[to + 1] = mean[from + plane * WIDTH] * 255;
          pixels[to + 2] = mean[from + 2 * plane * WIDTH] * 255;
        }
      }
    }
  }
  return { pixels, width: size * width, height: size * height };
}

/** @param {any} view @param {number} size @returns {Float64Array} log stretch of each cell */
function stretch(view, size) {
  const batch = /** @type {Batch} */ (KEPT.decoder);
  const directions = batch.decoder.latentDim === 1 ? [view.u] : [view.u, view.v];
  const all = codes(view, size, size);
  const values = new Float64Array(size * size);
  for (let n = 0; n < all.length; n += WIDTH) values.set(logStretch(batch, all.slice(n, n + WIDTH), directions), n);
  return values;
}

/** @param {{data: any}} message */
self.onmessage = ({ data: { kind, view, size, decoder, points } }) => {
  if (decoder) KEPT.decoder = new Batch(new Decoder(decoder));
  if (points) KEPT.points = points;
  if (kind === 'manifold') {
    const picture = manifold(view, size);
    self.postMessage({ kind, view, size, ...picture }, { transfer: [picture.pixels.buffer] });
    return;
  }
  const values = kind === 'stretch' ? stretch(view, size) : mixtureDensity(KEPT.points, view, size);
  self.postMessage({ kind, view, size, values }, { transfer: [values.buffer] });
};
