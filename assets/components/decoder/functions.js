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

/** The slope of each activation at x, where its value is y. @type {Record<string, (x: number, y: number) => number>} */
export const SLOPES = {
  tanh: (_, y) => 1 - y * y,
  softplus: (x) => sigmoid(x),
  silu: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  // Φ(x) + x φ(x)
  gelu: (x) => 0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  elu: (x, y) => (x > 0 ? 1 : y + 1),
  relu: (x) => (x > 0 ? 1 : 0),
};

/**
 * The slope of the continuous Bernoulli's mean: 1/l² - 1 / (4 sinh²(l/2)); near 0 its series 1/12 - l²/240 + l⁴/6048.
 *
 * @type {Scalar}
 */
export function continuousBernoulliMeanSlope(logit) {
  const s = logit * logit;
  if (s < 0.25) return 1 / 12 - s * (1 / 240 - s * (1 / 6048 - s * (1 / 172800 - s / 5322240)));
  const sinh = Math.sinh(Math.min(Math.abs(logit), 700) / 2);
  return 1 / s - 1 / (4 * sinh * sinh);
}

/** The slope of each mean at the last layer's output x, where the mean is y. @type {typeof SLOPES} */
export const MEAN_SLOPES = {
  bernoulli: (_, y) => y * (1 - y),
  gaussian: () => 1,
  'continuous-bernoulli': continuousBernoulliMeanSlope,
};
