/** The ellipses on the pad: the encoder's, which follow the plane, and those that a hand may drag. */

import { dragged, nudged } from './ellipse.js';
import { shapeOf } from './marks.js';

/** @typedef {import('./ellipse.js').Shape} Shape */
/** @typedef {{id: string, mean: number[], std: number[], angle: number, label: string, draggable: boolean}} Given */

/** The list as Python gave it; a dragged one stands where it was left until Python gives it anew. */
export class Ellipses {
  constructor() {
    /** @type {Given[]} */
    this.given = [];
    /** @type {Map<string, {from: string, shape: Shape}>} */
    this.own = new Map();
  }

  /** @param {Given[]} given @param {boolean} held a hand is on the pad */
  set(given, held) {
    this.given = given;
    for (const ellipse of given) {
      if (!ellipse.draggable) continue;
      const from = JSON.stringify(ellipse);
      if (this.own.get(ellipse.id)?.from === from || (held && this.own.has(ellipse.id))) continue;
      const { mean: [x, y], std: [first, second], angle } = ellipse;
      this.own.set(ellipse.id, { from, shape: { centre: [x, y], axes: [first, second], angle } });
    }
  }

  /** @param {import('./plane.js').Plane} plane */
  shapes(plane) {
    return this.given.map((ellipse) => ({
      ...ellipse,
      shape: this.own.get(ellipse.draggable ? ellipse.id : '')?.shape ?? shapeOf(plane, ellipse.mean, ellipse.std),
    }));
  }

  /** @param {string} id @param {(shape: Shape) => Shape|null} change @returns {boolean} whether it did */
  change(id, change) {
    const own = this.own.get(id);
    const shape = own && change(own.shape);
    if (!own || !shape) return false;
    own.shape = shape;
    return true;
  }

  /** @param {string} id @param {any} handle @param {[number, number]} to */
  drag(id, handle, to) {
    return this.change(id, (shape) => dragged(shape, handle, to));
  }

  /** @param {string} id @param {any} handle @param {string} key @param {number} step */
  nudge(id, handle, key, step) {
    return this.change(id, (shape) => nudged(shape, handle, key, step));
  }

  /** @param {string} id @returns {any} as Python hears it */
  told(id) {
    const shape = this.own.get(id)?.shape;
    const short = (/** @type {number} */ value) => Math.round(value * 1e5) / 1e5;
    return shape && {
      id, centre: shape.centre.map(short), axes: shape.axes.map(short), angle: short(shape.angle),
    };
  }
}
