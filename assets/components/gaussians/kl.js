/** KL(q ‖ p) of two Gaussians in the plane, in closed form: its four terms, each with its half, nats. */

import { inverse } from '../posterior/gaussian.js';

/**
 * @typedef {import('../posterior/gaussian.js').Gaussian} Gaussian
 * @typedef {'trace'|'distance'|'dimension'|'log_det'} Term
 */

/** @type {Term[]} */
export const TERMS = ['trace', 'distance', 'dimension', 'log_det'];

/** @param {[number, number, number]} cov */
const determinant = ([aa, ab, bb]) => aa * bb - ab * ab;

/**
 * @param {Gaussian} q
 * @param {Gaussian} p
 * @returns {Record<Term, number>}
 */
export function terms(q, p) {
  const [aa, ab, bb] = inverse(p.cov);
  const [x, y] = [p.mean[0] - q.mean[0], p.mean[1] - q.mean[1]];
  // ½ [tr(Σ_p⁻¹Σ_q) + (μ_p − μ_q)ᵀ Σ_p⁻¹ (μ_p − μ_q) − d + log |Σ_p|/|Σ_q|]
  return {
    trace: 0.5 * (aa * q.cov[0] + 2 * ab * q.cov[1] + bb * q.cov[2]),
    distance: 0.5 * (aa * x * x + 2 * ab * x * y + bb * y * y),
    dimension: -1,
    log_det: 0.5 * Math.log(determinant(p.cov) / determinant(q.cov)),
  };
}

/** @param {Record<Term, number>} parts @returns {number} nats, never below 0 by rounding */
export const total = (parts) => Math.max(0, TERMS.reduce((sum, term) => sum + parts[term], 0));
