/** The pins of a walk: codes in an order. One of them is selected, and the sliders move it. */

import { clamp } from './plane.js';

const SIMPLER_BY = 0.12; // prior σ that a drawn path may be off its pins

/** The list. Who owns it says when it has settled. */
export class Pins {
  /** @param {number} most */
  constructor(most) {
    this.most = most;
    /** @type {Float64Array[]} */
    this.list = [];
    this.selected = 0;
  }

  get current() {
    return this.list[this.selected];
  }

  /** @param {number[][]} codes */
  set(codes) {
    this.list = codes.map((z) => Float64Array.from(z));
    this.selected = Math.min(this.selected, Math.max(0, codes.length - 1));
  }

  /** @param {ArrayLike<number>} z @returns {boolean} whether there was room */
  add(z) {
    if (this.list.length >= this.most) return false;
    this.list.push(Float64Array.from(z, clamp));
    this.selected = this.list.length - 1;
    return true;
  }

  /** @param {number} index @returns {boolean} a walk keeps two pins */
  remove(index) {
    if (this.list.length <= 2 || !this.list[index]) return false;
    this.list.splice(index, 1);
    this.selected = Math.max(0, Math.min(index, this.list.length - 1));
    return true;
  }

  /** @returns {number[][]} as Python hears them */
  told() {
    return this.list.map((z) => Array.from(z, (value) => Math.round(value * 1e4) / 1e4));
  }
}

/**
 * The corners of a path drawn by hand (Ramer, Douglas and Peucker): as few as stay close to it, and never too many.
 *
 * @param {[number, number][]} path
 * @param {number} most
 * @returns {[number, number][]}
 */
export function corners(path, most) {
  for (let tolerance = SIMPLER_BY; ; tolerance *= 1.5) {
    const found = simplified(path, tolerance);
    if (found.length <= most) return found;
  }
}

/** @type {(path: [number, number][], tolerance: number) => [number, number][]} */
function simplified(path, tolerance) {
  if (path.length < 3) return path;
  const [first, last] = [path[0], path[path.length - 1]];
  let [worst, at] = [0, 0];
  for (let n = 1; n < path.length - 1; n++) {
    const distance = fromSegment(path[n], first, last);
    if (distance > worst) [worst, at] = [distance, n];
  }
  if (worst <= tolerance) return [first, last];
  return [...simplified(path.slice(0, at + 1), tolerance).slice(0, -1), ...simplified(path.slice(at), tolerance)];
}

/** @type {(point: number[], from: number[], to: number[]) => number} */
function fromSegment([x, y], [x0, y0], [x1, y1]) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const share = length ? Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / length)) : 0;
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy);
}
