/** The aggregate posterior q(z) = 1/N Σ_n N(z; μ_n, diag σ_n²) on a plane: its marginal density at the cells of a grid. */

import { dot } from './plane.js';

const WIDE = 7; // σ; beyond, a Gaussian's density is below 3e-11 of its height

/**
 * @param {{count: number, latent_dim: number, means: Float32Array, stds: Float32Array}} points
 * @param {{u: ArrayLike<number>, v: ArrayLike<number>, centre: number[], reach: number}} view
 * @param {number} size cells a side; cell (i, j) is the middle of row i from the top, column j from the left
 * @returns {Float64Array} (size * size) per squared prior σ; in one dimension per prior σ, the same in each row
 */
export function mixtureDensity(points, view, size) {
  const density = new Float64Array(size * size);
  const step = (2 * view.reach) / size;
  const left = view.centre[0] - view.reach + step / 2;
  const top = view.centre[1] + view.reach - step / 2;
  const flat = points.latent_dim === 1;
  for (let n = 0; n < points.count; n++) {
    const at = n * points.latent_dim;
    let [aa, ab, bb] = [0, 0, 0];
    for (let j = 0; j < points.latent_dim; j++) {
      const variance = points.stds[at + j] ** 2;
      aa += view.u[j] * view.u[j] * variance;
      ab += view.u[j] * view.v[j] * variance;
      bb += view.v[j] * view.v[j] * variance;
    }
    const a = dot(view.u, points.means, at);
    const b = dot(view.v, points.means, at);
    // N(z; m, S) = exp(-½ dᵀ S⁻¹ d) / (2π √|S|), S⁻¹ = [bb, -ab; -ab, aa] / |S|
    const det = flat ? aa : aa * bb - ab * ab;
    const height = 1 / (points.count * (flat ? Math.sqrt(2 * Math.PI * det) : 2 * Math.PI * Math.sqrt(det)));
    const [pa, pab, pb] = flat ? [1 / aa, 0, 0] : [bb / det, -ab / det, aa / det];
    const [first, last] = cells(a, WIDE * Math.sqrt(aa), left, step, size);
    const [upper, lower] = flat ? [0, 0] : cells(-b, WIDE * Math.sqrt(bb), -top, step, size);
    for (let i = upper; i <= lower; i++) {
      const db = flat ? 0 : top - i * step - b;
      for (let j = first; j <= last; j++) {
        const da = left + j * step - a;
        density[i * size + j] += height * Math.exp(-0.5 * (da * da * pa + 2 * da * db * pab + db * db * pb));
      }
    }
  }
  if (flat) for (let i = 1; i < size; i++) density.copyWithin(i * size, 0, size);
  return density;
}

/** @type {(middle: number, wide: number, start: number, step: number, size: number) => [number, number]} */
function cells(middle, wide, start, step, size) {
  const first = Math.max(0, Math.ceil((middle - wide - start) / step));
  return [first, Math.min(size - 1, Math.floor((middle + wide - start) / step))];
}

/** A hole is where q(z) is less than this share of p(z): the prior puts mass there, the data do not. */
export const HOLE_BELOW = 0.05;

/**
 * The prior's density on the plane.
 *
 * @param {number} a
 * @param {number} b
 * @param {boolean} flat in one dimension
 * @returns {number}
 */
export const priorDensity = (a, b, flat) =>
  flat ? Math.exp(-0.5 * a * a) / Math.sqrt(2 * Math.PI) : Math.exp(-0.5 * (a * a + b * b)) / (2 * Math.PI);
