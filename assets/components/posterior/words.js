/** Numbers and sentences as the instrument says them. */

const MINUS = '−';

/** @param {number} value @returns {string} two decimals, never −0.00 */
export const digits = (value) => value.toFixed(2).replace('-', MINUS).replace(/^−(0\.00)$/, '$1');

/** @param {number} value @returns {string} what the browser's interpolation says */
export const about = (value) => `≈ ${digits(value)}`;

const BY = { diagonal: 'no diagonal Gaussian', full: 'no Gaussian' };
const NAMED = { diagonal: 'diagonal', full: 'full-covariance' };
const NOTHING = 0.005; // nats
const HIGHER = 0.02; // nats by which another hill is higher

/**
 * What stays at the end of a climb.
 *
 * @param {"diagonal"|"full"} family
 * @param {number} gap nats
 * @param {number|null} best the gap of the best q of that family that is known
 * @param {"top"|"steps"|""} ended
 * @returns {string}
 */
export function verdict(family, gap, best, ended) {
  if (ended === 'steps') return `${about(gap)} nats stay after so many steps: fit again, and it goes on.`;
  if (best !== null && gap > best + HIGHER) {
    return `${about(gap)} nats stay on this hill. A higher one is elsewhere: the best ${NAMED[family]} q leaves ${digits(best)}.`;
  }
  if (gap < NOTHING) return `Less than 0.01 nats stay: as far as one can see, the posterior is ${family === 'full' ? 'a' : 'a diagonal'} Gaussian.`;
  return `${about(gap)} nats stay: ${BY[family]} is the posterior.`;
}

/**
 * The settled numbers, for those who cannot see them.
 *
 * @param {import('./joint.js').Measured} measured
 * @param {number} logLikelihood
 */
export function spoken({ elbo, gap, kl, reconstruction }, logLikelihood) {
  return `Your q: ELBO about ${digits(elbo)} nats, ${digits(gap)} below log p of x, ${digits(logLikelihood)}. `
    + `Reconstruction ${digits(reconstruction)}, KL from the prior ${digits(kl)}.`;
}
