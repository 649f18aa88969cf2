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
   * Draw all of them: a stamp for each class, made once a call.
   *
   * @param {CanvasRenderingContext2D} context scaled to CSS pixels
   * @param {import('./plane.js').Plane} plane
   * @param {{quiet: string, edge: string, dim: boolean}} look
   */
  draw(context, plane, { quiet, edge, dim }) {
    if (!this.data) return;
    const ratio = window.devicePixelRatio || 1;
    const radius = (this.data.count > 3000 ? RADIUS - 0.6 : RADIUS) * (plane.size < SMALL ? 0.75 : 1);
    const half = Math.ceil(radius + 1);
    /** @type {Map<number, HTMLCanvasElement>} */
    const stamps = new Map();
    context.globalAlpha = dim ? 0.35 : 0.85;
    for (const n of this.order) {
      const x = plane.x(this.places[2 * n]);
      const y = plane.y(this.places[2 * n + 1]);
      if (x < -half || y < -half || x > plane.size + half || y > plane.size + half) continue;
      const label = this.data.labels[n];
      let stamp = stamps.get(label);
      if (!stamp) stamps.set(label, stamp = disc(this.classOf(n).colour ?? quiet, edge, radius, half, ratio));
      context.drawImage(stamp, x - half, y - half, 2 * half, 2 * half);
    }
    context.globalAlpha = 1;
  }
}

/** @type {(colour: string, edge: string, radius: number, half: number, ratio: number) => HTMLCanvasElement} */
function disc(colour, edge, radius, half, ratio) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 2 * half * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.scale(ratio, ratio);
  context.beginPath();
  context.arc(half, half, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 0.5;
  context.strokeStyle = edge;
  context.stroke();
  return canvas;
}
