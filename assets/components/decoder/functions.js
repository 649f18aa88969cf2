/** The functions between and after the decoder's layers, by the names that vae_core uses. */

import { erf } from './erf.js';

/** @typedef {(x: number) => number} Scalar */

/** @type {Scalar} */
const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

/** Activations of the hidden layers. @type {Record<string, Scalar>} */
export const ACTIVATIONS = {
  tanh: Math.tanh,
  // log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  silu: (x) => x * sigmoid(x),
  // x Φ(x), Φ the standard normal's distribution function
  gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  relu: (x) => (x > 0 ? x : 0),
};

/**
 * The mean of a continuous Bernoulli from its logit l = log λ - log(1 - λ):
 * λ / (2λ - 1) + 1 / (2 artanh(1 - 2λ)) = 1 / (1 - e^-l) - 1 / l.
 *
 * Near l = 0 (λ = ½) both terms grow without bound, and the series ½ + l/12 - l³/720 + l⁵/30240 - ... serves.
 *
 * @type {Scalar}
 */
export function continuousBernoulliMean(logit) {
  const l = Math.abs(logit);
  let above; // the mean at |l|; at -l it is 1 - mean(l)
  if (l < 0.5) {
    const s = l * l;
    above = 0.5 + l * (1 / 12 - s * (1 / 720 - s * (1 / 30240 - s * (1 / 1209600 - s / 47900160))));
  } else {
    above = -1 / Math.expm1(-l) - 1 / l;
  }
  return logit < 0 ? 1 - above : above;
}

/** From the last layer's output to the mean of p(x|z). @type {Record<string, Scalar>} */
export const MEANS = {
  bernoulli: sigmoid,
  gaussian: (x) => x,
  'continuous-bernoulli': continuousBernoulliMean,
};
