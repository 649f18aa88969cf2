/** q = N(μ, Σ) on two dimensions: its root, its entropy and its KL from the prior, in closed form, nats. */

/**
 * @typedef {object} Gaussian
 * @property {[number, number]} mean
 * @property {[number, number, number]} cov variance across, covariance, variance up
 */

export const LOG_TWO_PI = Math.log(2 * Math.PI);

/**
 * The lower root R of Σ = R Rᵀ.
 *
 * @param {[number, number, number]} cov
 * @returns {[number, number, number]|null} r₁₁, r₂₁, r₂₂; null where Σ is not positive definite
 */
export function root([aa, ab, bb]) {
  if (!(aa > 0)) return null;
  const first = Math.sqrt(aa);
  const below = ab / first;
  const rest = bb - below * below;
  return rest > 0 ? [first, below, Math.sqrt(rest)] : null;
}

/** @param {[number, number, number]} r @returns {number} ½ log |Σ| + log 2πe */
export const entropy = ([first, , second]) => Math.log(first * second) + 1 + LOG_TWO_PI;

/** @param {Gaussian} q @returns {number} E_q log p(z) = −½ (tr Σ + |μ|²) − log 2π */
export function priorScore({ mean: [a, b], cov: [aa, , bb] }) {
  return -0.5 * (aa + bb + a * a + b * b) - LOG_TWO_PI;
}

/** @param {[number, number, number]} cov @returns {[number, number, number]} Σ⁻¹ */
export function inverse([aa, ab, bb]) {
  const det = aa * bb - ab * ab;
  return [bb / det, -ab / det, aa / det];
}

/** The best diagonal q for a Gaussian has the diagonal of its precision. @param {Gaussian} q @returns {Gaussian} */
export function diagonal({ mean, cov }) {
  const [first, , second] = inverse(cov);
  return { mean, cov: [1 / first, 0, 1 / second] };
}
