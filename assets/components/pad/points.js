/** The map's points: where the encoder puts images, coloured by class. The one nearest to the pointer wins. */

import { dot } from './plane.js';

const RADIUS = 2.6; // CSS pixels
const SMALL = 400; // CSS pixels of the map
const CAUGHT_WITHIN = 9;
const WITHIN = 0.985; // share of coordinates that the window shows at first

/** A number in [-1, 1] that depends on n alone, to spread points where height means nothing. @type {(n: number) => number} */
const scattered = (n) => ((Math.imul(n + 1, 2654435761) >>> 8) / 0x800000) - 1;

/** The points of one carrier on one plane. */
export class Points {
  constructor() {
    /** @type {any} */
    this.data = null;
    this.places = new Float64Array(0); // (a, b) of each
    this.shown = '';
    this.order = new Uint32Array(0);
    this.layer = document.createElement('canvas');
  }

  /**
   * @param {any} data what the carrier brought
   * @param {import('./plane.js').Plane} plane
   */
  project(data, plane) {
    const shown = `${data.key} ${plane.u} ${plane.v}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.data = data;
    const { count, latent_dim: size, means, labels } = data;
    this.places = new Float64Array(2 * count);
    for (let n = 0; n < count; n++) {
      this.places[2 * n] = dot(plane.u, means, n * size);
      this.places[2 * n + 1] = plane.flat ? 1.6 * scattered(n) : dot(plane.v, means, n * size);
    }
    this.order = Uint32Array.from({ length: count }, (_, n) => n).sort((a, b) => labels[a] - labels[b]);
  }

  /** @returns {number} how far from the origin almost all points lie, across or up */
  extent() {
    const sizes = this.places.map(Math.abs).sort();
    return sizes.length ? 1.1 * sizes[Math.floor((sizes.length - 1) * WITHIN)] : 0;
  }

  /** @param {number} n @returns {Float32Array} the mean code of a point */
  mean(n) {
    return this.data.means.subarray(n * this.data.latent_dim, (n + 1) * this.data.latent_dim);
  }

  /** @param {number} n @returns {{name: string, colour: string|null}} its class, if it has one */
  classOf(n) {
    const label = this.data.labels[n];
    if (label === 255) return { name: '', colour: null };
    return { name: this.data.class_names?.[label] ?? String(label), colour: this.data.class_colours[label] };
  }

  /**
   * @param {import('./plane.js').Plane} plane
   * @param {number} x CSS pixels
   * @param {number} y
   * @returns {number} the nearest point within a finger's width, or -1
   */
  nearest(plane, x, y, within = CAUGHT_WITHIN) {
    if (!this.data) return -1;
    const [a, b] = plane.at(x, y);
    let best = (within / plane.scale) ** 2;
    let found = -1;
    const { places } = this;
    for (let n = 0, i = 0; i < places.length; n++, i += 2) {
      const distance = (places[i] - a) ** 2 + (places[i + 1] - b) ** 2;
      if (distance < best) {
        best = distance;
        found = n;
      }
    }
    return found;
  }

  /**
   * Draw all of them, pixel by pixel into one image: ten thousand small pictures would take a canvas too long.
   *
   * @param {CanvasRenderingContext2D} context scaled to CSS pixels
   * @param {import('./plane.js').Plane} plane
   * @param {{quiet: string, dim: boolean}} look
   */
  draw(context, plane, { quiet, dim }) {
    if (!this.data) return;
    const { width, height } = context.canvas;
    const ratio = width / plane.size;
    const radius = (this.data.count > 3000 ? RADIUS - 0.6 : RADIUS) * (plane.size < SMALL ? 0.75 : 1);
    const { inside, rim, half } = discOf(radius * ratio);
    const image = context.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const opacity = dim ? 90 : 217;
    const inks = new Map();
    for (const n of this.order) {
      const x = Math.round(plane.x(this.places[2 * n]) * ratio);
      const y = Math.round(plane.y(this.places[2 * n + 1]) * ratio);
      if (x < half || y < half || x >= width - half || y >= height - half) continue;
      const label = this.data.labels[n];
      if (!inks.has(label)) inks.set(label, wordOf(this.classOf(n).colour ?? quiet));
      const ink = inks.get(label);
      const at = y * width + x;
      // also over others: the thin edge keeps neighbours apart
      for (const [dx, dy] of rim) pixels[at + dy * width + dx] = ink | ((opacity * 0.35) << 24);
      for (const [dx, dy] of inside) pixels[at + dy * width + dx] = ink | (opacity << 24);
    }
    this.layer.width = width;
    this.layer.height = height;
    /** @type {CanvasRenderingContext2D} */ (this.layer.getContext('2d')).putImageData(image, 0, 0);
    context.drawImage(this.layer, 0, 0, plane.size, plane.size);
  }
}

/**
 * The pixels of a disc around (0, 0), and those that its edge crosses.
 *
 * @param {number} radius screen pixels
 * @returns {{inside: number[][], rim: number[][], half: number}}
 */
function discOf(radius) {
  const half = Math.ceil(radius + 1);
  const inside = [];
  const rim = [];
  for (let dy = -half; dy <= half; dy++) {
    for (let dx = -half; dx <= half; dx++) {
      const distance = Math.hypot(dx, dy);
      if (distance <= radius + 0.3) inside.push([dx, dy]);
      else if (distance <= radius + 0.9) rim.push([dx, dy]);
    }
  }
  return { inside, rim, half };
}

/** Blue, green and red of #rrggbb as the lower bytes of a pixel. @type {(colour: string) => number} */
const wordOf = (colour) => {
  const [red, green, blue] = [1, 3, 5].map((from) => Number.parseInt(colour.slice(from, from + 2), 16));
  return (blue << 16) | (green << 8) | red;
};
