/** log p(x, z) of one image as a function of z: bicubic between the values that Python sent, less log p(x). */

import { entropy, priorScore, root } from './gaussian.js';
import { product } from './hermite.js';
import { Spline } from './spline.js';

/** @typedef {import('./gaussian.js').Gaussian} Gaussian */
/** @typedef {{low: [number, number], high: [number, number], counts: [number, number]}} Grid */

const NODES = 64; // along each axis
const FOUR_SIGMA = -8; // log of a Gaussian's density there, against its highest
const NOTHING = -40;

/**
 * @typedef {object} Measured what an ellipse is worth, nats
 * @property {number} elbo
 * @property {number} reconstruction E_q log p(x|z)
 * @property {number} kl KL(q‖p(z)), closed form
 * @property {number} gap log p(x) − ELBO
 * @property {number} beyond share of q outside of what Python sent
 * @property {[number, number]} slope E[∇f]
 * @property {[number, number, number]} curve E[∇²f]: across, both, up
 */

export class LogJoint {
  /**
   * @param {number} logLikelihood log p(x)
   * @param {Grid} fine
   * @param {ArrayLike<number>} fineValues log p(x, z) − log p(x) = log p(z|x)
   * @param {Grid} coarse
   * @param {ArrayLike<number>} coarseValues
   */
  constructor(logLikelihood, fine, fineValues, coarse, coarseValues) {
    this.logLikelihood = logLikelihood;
    this.fine = new Spline(fine.low, fine.high, fine.counts, fineValues);
    this.coarse = new Spline(coarse.low, coarse.high, coarse.counts, coarseValues);
    this.rule = product(NODES);
    this.out = new Float64Array(3);
    this.moments();
  }

  /**
   * log p(z|x) and its derivatives: the fine grid where it is, the coarse one around it. Beyond that one the
   * likelihood is held, and the prior goes on.
   *
   * @param {number} a
   * @param {number} b
   * @returns {Float64Array} value, across, up. The next call writes over it.
   */
  at(a, b) {
    const { out, coarse } = this;
    if (this.fine.holds(a, b)) {
      this.fine.read(a, b, out);
      return out;
    }
    const inA = Math.max(coarse.low[0], Math.min(coarse.high[0], a));
    const inB = Math.max(coarse.low[1], Math.min(coarse.high[1], b));
    coarse.read(inA, inB, out);
    out[0] -= 0.5 * (a * a - inA * inA + b * b - inB * inB);
    if (a !== inA) out[1] = -a;
    if (b !== inB) out[2] = -b;
    return out;
  }

  /** @param {Gaussian} q @returns {Measured|null} null where Σ is no covariance */
  measure(q) {
    const r = root(q.cov);
    if (!r) return null;
    const { first, second, weight } = this.rule;
    const [[a, b], [r11, r21, r22], { low, high }] = [q.mean, r, this.coarse];
    let [value, across, up, m11, m12, m21, m22, beyond] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let n = 0; n < weight.length; n++) {
      const z1 = a + r11 * first[n];
      const z2 = b + r21 * first[n] + r22 * second[n];
      const f = this.at(z1, z2);
      const w = weight[n];
      value += w * f[0];
      const along = w * f[1];
      const over = w * f[2];
      across += along;
      up += over;
      m11 += first[n] * along;
      m12 += first[n] * over;
      m21 += second[n] * along;
      m22 += second[n] * over;
      if (!(z1 >= low[0] && z1 <= high[0] && z2 >= low[1] && z2 <= high[1])) beyond += w;
    }
    // E[∇²f] = R⁻ᵀ E[ε ∇fᵀ]
    const c21 = m21 / r22;
    const c22 = m22 / r22;
    const c11 = (m11 - r21 * c21) / r11;
    const c12 = (m12 - r21 * c22) / r11;
    // log p(x) − ELBO = −E[log p(z|x)] − H(q)
    const gap = -value - entropy(r);
    const score = priorScore(q);
    return {
      elbo: this.logLikelihood - gap,
      reconstruction: this.logLikelihood + value - score,
      kl: -score - entropy(r),
      gap,
      beyond,
      slope: [across, up],
      curve: [c11, 0.5 * (c12 + c21), c22],
    };
  }

  /** Where the posterior is, from the fine grid: mean and covariance, highest density, and where it is no less than e⁻⁸ of that. */
  moments() {
    const { low, step, counts: [rows, columns], values } = this.fine;
    let top = 0;
    for (let n = 0; n < values.length; n++) if (values[n] > values[top]) top = n;
    const [best, sums] = [values[top], [0, 0, 0, 0, 0, 0]];
    const [a0, b0] = [low[0] + Math.floor(top / columns) * step[0], low[1] + (top % columns) * step[1]];
    const [from, to] = [[a0, b0], [a0, b0]];
    for (let i = 0; i < rows; i++) {
      const a = low[0] + i * step[0] - a0;
      for (let j = 0; j < columns; j++) {
        const less = values[i * columns + j] - best;
        if (less < NOTHING) continue;
        const b = low[1] + j * step[1] - b0;
        const weight = Math.exp(less);
        [1, a, b, a * a, a * b, b * b].forEach((power, k) => { sums[k] += weight * power; });
        if (less < FOUR_SIGMA) continue;
        [a0 + a, b0 + b].forEach((at, k) => {
          from[k] = Math.min(from[k], at);
          to[k] = Math.max(to[k], at);
        });
      }
    }
    /** Along each axis: ±4 σ of a Gaussian, and all hills of others. */
    this.bulk = [0, 1].map((k) => [from[k] - step[k] / 2, to[k] + step[k] / 2]);
    const [m, n, aa, ab, bb] = sums.slice(1).map((sum) => sum / sums[0]);
    // Narrower than its grid, a posterior has no spread there
    const least = step.map((side) => (side / 4) ** 2);
    /** @type {Gaussian} */
    this.posterior = {
      mean: [a0 + m, b0 + n],
      cov: [Math.max(least[0], aa - m * m), ab - m * n, Math.max(least[1], bb - n * n)],
    };
    this.peak = best; // refined between the nodes
    for (let i = -8; i <= 8; i++) {
      for (let j = -8; j <= 8; j++) {
        const [a, b] = [a0 + (i / 8) * step[0], b0 + (j / 8) * step[1]];
        if (this.fine.holds(a, b)) this.peak = Math.max(this.peak, this.at(a, b)[0]);
      }
    }
  }
}
