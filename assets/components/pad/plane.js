/** The plane through latent space that the pad shows, and the window that it shows of it. Lengths are in prior σ. */

export const Z_LIMIT = 6;
const HOME_REACH = 3.4; // half the width of the window, where nothing asks for more
const MOST_AT_HOME = 8;
const NEAREST = 0.02;
const FARTHEST = 24;

/** @type {(a: ArrayLike<number>, b: ArrayLike<number>, at?: number) => number} */
export function dot(a, b, at = 0) {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[at + j];
  return sum;
}

/** @type {(value: number) => number} */
export const clamp = (value) => Math.max(-Z_LIMIT, Math.min(Z_LIMIT, value));

/**
 * Two orthonormal directions u, v of latent space. z stands at (u·z, v·z); a move changes that and nothing else of z.
 * In one dimension v is zero: height means nothing there.
 */
export class Plane {
  /** @param {number} latentDim */
  constructor(latentDim) {
    this.latentDim = latentDim;
    this.u = new Float64Array(latentDim);
    this.v = new Float64Array(latentDim);
    this.size = 1; // CSS pixels
    this.centre = [0, 0];
    this.least = 0; // what the home window has to show, from its centre
    this.reach = HOME_REACH;
    this.axes(0, Math.min(1, latentDim - 1));
  }

  get flat() {
    return this.latentDim === 1;
  }

  /**
   * Show two latent dimensions.
   *
   * @param {number} across
   * @param {number} up
   */
  axes(across, up) {
    this.u.fill(0)[across] = 1;
    this.v.fill(0);
    if (!this.flat) this.v[up] = 1;
  }

  /** @param {number[][]} directions two orthonormal ones */
  directions([u, v]) {
    this.u.set(u);
    this.v.set(v);
  }

  home() {
    this.centre = [0, 0];
    this.reach = Math.min(MOST_AT_HOME, Math.max(HOME_REACH, this.least));
  }

  /** CSS pixels of one prior σ. */
  get scale() {
    return this.size / (2 * this.reach);
  }

  /** @param {number} a @returns {number} CSS pixels from the left */
  x(a) {
    return (a - this.centre[0] + this.reach) * this.scale;
  }

  /** @param {number} b @returns {number} CSS pixels from the top */
  y(b) {
    return (this.centre[1] + this.reach - b) * this.scale;
  }

  /** @param {number} x @param {number} y @returns {[number, number]} coordinates on the plane */
  at(x, y) {
    return [x / this.scale + this.centre[0] - this.reach, this.centre[1] + this.reach - y / this.scale];
  }

  /** @param {ArrayLike<number>} z @returns {[number, number]} */
  of(z) {
    return [dot(this.u, z), dot(this.v, z)];
  }

  /**
   * Move a code so that it stands at (a, b); what lies across the plane stays.
   *
   * @param {ArrayLike<number>} z
   * @param {number} a
   * @param {number} b
   * @returns {Float64Array}
   */
  move(z, a, b) {
    const [alpha, beta] = this.of(z);
    return Float64Array.from({ length: this.latentDim }, (_, j) =>
      clamp(z[j] + (a - alpha) * this.u[j] + (b - beta) * this.v[j]));
  }

  /**
   * The covariance of (u·z, v·z) where z has independent entries.
   *
   * @param {ArrayLike<number>} std
   * @param {number} at where this code's σ begin
   * @returns {[number, number, number]} variance across, covariance, variance up
   */
  covariance(std, at = 0) {
    let [aa, ab, bb] = [0, 0, 0];
    for (let j = 0; j < this.latentDim; j++) {
      const variance = std[at + j] ** 2;
      aa += this.u[j] * this.u[j] * variance;
      ab += this.u[j] * this.v[j] * variance;
      bb += this.v[j] * this.v[j] * variance;
    }
    return [aa, ab, bb];
  }

  /** @param {number} dx @param {number} dy CSS pixels that the map follows the hand by */
  pan(dx, dy) {
    this.centre = [this.centre[0] - dx / this.scale, this.centre[1] + dy / this.scale];
  }

  /** @param {number} factor above 1 shows more @param {number} x @param {number} y what stays where it is */
  zoom(factor, x = this.size / 2, y = this.size / 2) {
    const [a, b] = this.at(x, y);
    const before = this.reach;
    this.reach = Math.max(NEAREST, Math.min(FARTHEST, before * factor));
    const real = this.reach / before;
    this.centre = [a + (this.centre[0] - a) * real, b + (this.centre[1] - b) * real];
  }

  /** What pictures of the plane depend on, beside z. @returns {{u: number[], v: number[], centre: number[], reach: number}} */
  view() {
    return { u: [...this.u], v: [...this.v], centre: [...this.centre], reach: this.reach };
  }
}

/**
 * Round numbers for an axis: steps of 1, 2 or 5 times a power of ten, about as many as fit.
 *
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @returns {number[]}
 */
export function ticks(low, high, most) {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? 10 * power;
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(Number((n * step).toPrecision(10)));
  return found;
}
