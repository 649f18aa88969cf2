/** A bicubic spline through values on an even grid: twice continuously differentiable, and exact for quadratics. */

/** @typedef {[number, number]} Pair */

/**
 * Coefficients of the cubic B-spline through f, with one more at each end, where the third difference is zero.
 *
 * @param {ArrayLike<number>} f at least four values
 * @returns {Float64Array} two longer than f
 */
export function coefficients(f) {
  const count = f.length;
  const c = new Float64Array(count + 2);
  const over = new Float64Array(count); // of the elimination
  // (c₋₁ + 4 c₀ + c₁) / 6 = f, less the same one further on, with a third difference of zero: c₀ − c₁ = f₀ − f₁
  over[0] = -1;
  c[1] = f[0] - f[1];
  for (let i = 1; i < count - 1; i++) {
    const pivot = 4 - over[i - 1];
    over[i] = 1 / pivot;
    c[i + 1] = (6 * f[i] - c[i]) / pivot;
  }
  // at the other end: c_last − c_before = f_last − f_before
  c[count] = (f[count - 1] - f[count - 2] + c[count - 1]) / (1 + over[count - 2]);
  for (let i = count - 2; i >= 0; i--) c[i + 1] -= over[i] * c[i + 2];
  c[0] = 3 * c[1] - 3 * c[2] + c[3];
  c[count + 1] = 3 * c[count] - 3 * c[count - 1] + c[count - 2];
  return c;
}

/** @param {number} u place within an interval, 0 to 1 @param {Float64Array} w written: four weights */
function weights(u, w) {
  const v = 1 - u;
  w[0] = (v * v * v) / 6;
  w[1] = (4 - 6 * u * u + 3 * u * u * u) / 6;
  w[2] = (4 - 6 * v * v + 3 * v * v * v) / 6;
  w[3] = (u * u * u) / 6;
}

/** @param {number} u @param {Float64Array} w written: the derivatives of the four weights */
function slopes(u, w) {
  const v = 1 - u;
  w[0] = -v * v / 2;
  w[1] = (3 * u * u - 4 * u) / 2;
  w[2] = (4 * v - 3 * v * v) / 2;
  w[3] = (u * u) / 2;
}

/** The surface. The first axis of the values is that of the first dimension. */
export class Spline {
  /**
   * @param {Pair} low the first node of each axis
   * @param {Pair} high the last one
   * @param {Pair} counts of nodes, at least four each
   * @param {ArrayLike<number>} values counts[0] rows of counts[1]
   */
  constructor(low, high, counts, values) {
    this.low = low;
    this.high = high;
    this.counts = counts;
    this.values = values;
    const [rows, columns] = counts;
    this.step = /** @type {Pair} */ ([(high[0] - low[0]) / (rows - 1), (high[1] - low[1]) / (columns - 1)]);
    this.width = columns + 2;
    this.c = new Float64Array((rows + 2) * this.width);
    const row = new Float64Array(columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) row[j] = values[i * columns + j];
      this.c.set(coefficients(row), (i + 1) * this.width);
    }
    const column = new Float64Array(rows);
    for (let j = 0; j < this.width; j++) {
      for (let i = 0; i < rows; i++) column[i] = this.c[(i + 1) * this.width + j];
      coefficients(column).forEach((value, i) => { this.c[i * this.width + j] = value; });
    }
    this.w = [0, 0, 0, 0].map(() => new Float64Array(4));
  }

  /** @param {number} a @param {number} b */
  holds(a, b) {
    return a >= this.low[0] && a <= this.high[0] && b >= this.low[1] && b <= this.high[1];
  }

  /** @param {number} axis @param {number} at @returns {[number, number]} the interval, and the place within it */
  place(axis, at) {
    const t = (at - this.low[axis]) / this.step[axis];
    const i = Math.max(0, Math.min(this.counts[axis] - 2, Math.floor(t)));
    return [i, t - i];
  }

  /**
   * @param {number} a
   * @param {number} b
   * @param {Float64Array} out written: the value and its two derivatives
   */
  read(a, b, out) {
    const [wa, wb, da, db] = this.w;
    const s = (a - this.low[0]) / this.step[0];
    const t = (b - this.low[1]) / this.step[1];
    const i = Math.max(0, Math.min(this.counts[0] - 2, Math.floor(s)));
    const j = Math.max(0, Math.min(this.counts[1] - 2, Math.floor(t)));
    weights(s - i, wa);
    weights(t - j, wb);
    slopes(s - i, da);
    slopes(t - j, db);
    let value = 0;
    let across = 0;
    let up = 0;
    for (let k = 0; k < 4; k++) {
      const at = (i + k) * this.width + j;
      const { c } = this;
      const c0 = c[at];
      const c1 = c[at + 1];
      const c2 = c[at + 2];
      const c3 = c[at + 3];
      const row = wb[0] * c0 + wb[1] * c1 + wb[2] * c2 + wb[3] * c3;
      value += wa[k] * row;
      across += da[k] * row;
      up += wa[k] * (db[0] * c0 + db[1] * c1 + db[2] * c2 + db[3] * c3);
    }
    out[0] = value;
    out[1] = across / this.step[0];
    out[2] = up / this.step[1];
  }

  /**
   * The values on another even grid, as far as it lies on this one.
   *
   * @param {Float64Array} across places along the first axis
   * @param {Float64Array} up along the second
   * @param {Float32Array} out written where this surface is: row by row of `up`
   */
  resample(across, up, out) {
    const [first, last] = [0, 1].map((end) => this.range(0, across, end));
    const mixed = new Float64Array(this.counts[0] + 2);
    const wb = new Float64Array(4);
    const starts = new Int32Array(across.length);
    const wa = new Float64Array(4 * across.length);
    for (let x = first; x < last; x++) {
      const [i, u] = this.place(0, across[x]);
      starts[x] = i;
      weights(u, wa.subarray(4 * x, 4 * x + 4));
    }
    for (let y = 0; y < up.length; y++) {
      if (up[y] < this.low[1] || up[y] > this.high[1]) continue;
      const [j, u] = this.place(1, up[y]);
      weights(u, wb);
      for (let i = 0; i < mixed.length; i++) {
        const at = i * this.width + j;
        mixed[i] = wb[0] * this.c[at] + wb[1] * this.c[at + 1] + wb[2] * this.c[at + 2] + wb[3] * this.c[at + 3];
      }
      for (let x = first; x < last; x++) {
        const [i, k] = [starts[x], 4 * x];
        out[y * across.length + x] =
          wa[k] * mixed[i] + wa[k + 1] * mixed[i + 1] + wa[k + 2] * mixed[i + 2] + wa[k + 3] * mixed[i + 3];
      }
    }
  }

  /** @param {number} axis @param {Float64Array} rising @param {number} end 0 or 1 @returns {number} */
  range(axis, rising, end) {
    const n = rising.findIndex((at) => (end ? at > this.high[axis] : at >= this.low[axis]));
    return n < 0 ? rising.length : n;
  }
}
