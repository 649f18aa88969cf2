/** Numbers and sentences as the ledger says them: the words of pages/figures/ledger.py. */

import { nameOf } from '../pad/frame.js';

const COLOURS = ['red', 'green', 'blue'];
const LOG_LIKELIHOOD = 'log-likelihood';

/**
 * @typedef {object} Account one image's
 * @property {string} label what the image is
 * @property {string} name of the reconstruction: "log-likelihood" or "Bernoulli score"
 * @property {number|null} error of the cost, nats
 * @property {number} cost of the reconstruction: -E_q log p(x|z), nats; negative where a density is high
 * @property {number[]} kl of each latent dimension, nats
 * @property {number[]} mean of q
 * @property {number[]} std of q
 */

/** @type {(value: number, digits?: number) => string} with a true minus sign, and never −0.0 */
export function nats(value, digits = 1) {
  const text = value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return /[1-9]/.test(text) ? text.replace('-', '−') : text.replace('-', '');
}

/** @type {(value: number) => string} a coordinate or a width: two decimals, more where it is small */
export const figure = (value) => (Math.abs(value) < 0.095 && value ? nats(value, 3) : nats(value, 2));

/** @param {Account} account */
export const isScore = ({ name }) => name !== LOG_LIKELIHOOD;

/** @param {Account} account @returns {string} what the piece of the reconstruction is called */
export const reconstructionName = (account) => (isScore(account) ? account.name : 'Reconstruction');

/** @param {number[]} values */
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {Account} account */
export function title(account) {
  const { label, cost, kl, error } = account;
  const total = sum(kl);
  if (![cost, total].every(Number.isFinite)) return `The ELBO of ${label} is not finite: there is nothing to stack.`;
  const spread = error === null ? '' : ` ± ${nats(error)}`;
  const part = isScore(account) ? account.name : 'reconstruction';
  return `${sentence(label)} costs ${nats(cost + total)}${spread} nats/image: ${part} ${nats(cost)} + KL ${nats(total)}.`;
}

/** @param {Account} account @returns {string} what the axis under the stack counts */
export function unit(account) {
  const called = isScore(account) ? 'cost = −ELBO of a score, not of log p' : 'cost = −ELBO ≥ −log p(x)';
  return `${called}, nats per image${account.error === null ? '' : '; ± Monte Carlo standard error'}`;
}

/** @param {Account} account @param {string} about "reconstruction" or a dimension @returns {string} the piece in words */
export function piece(account, about) {
  const { cost, kl, mean, std } = account;
  if (about === 'reconstruction') {
    const what = isScore(account) ? 'less the score of its pixels' : '−E_q log p(x|z) of its pixels';
    return cost < 0
      ? `${reconstructionName(account)} takes ${nats(-cost, 2)} nats off the cost: ${what}.`
      : `${reconstructionName(account)} costs ${nats(cost, 2)} nats: ${what}.`;
  }
  const j = Number(about);
  return `KL of ${nameOf(j)} costs ${nats(kl[j], 2)} nats: q has mean ${figure(mean[j])} and σ ${figure(std[j])}, the prior 0 and 1.`;
}

/** @param {Account} account @param {string} about @returns {string} a piece's name and size */
export const pieceName = (account, about) => (about === 'reconstruction'
  ? `${reconstructionName(account)} ${nats(account.cost, 2)} nats`
  : `KL ${nameOf(Number(about))} ${nats(account.kl[Number(about)], 2)} nats`);

/** @param {Account} account @returns {string} what the map and the table show of each pixel */
export const perPixel = (account) => (isScore(account) ? 'score' : 'log p');

/**
 * @param {Account} account
 * @param {{row: number, column: number, x: number[], mean: number[], nats: number[]}} pixel of one or of three channels
 */
export function pixel(account, { row, column, x, mean, nats: each }) {
  const channels = (/** @type {number[]} */ values) => (values.length === 1
    ? nats(values[0], 2)
    : values.map((value, c) => `${COLOURS[c]} ${nats(value, 2)}`).join(' '));
  return `row ${row}, column ${column}: x ${channels(x)}, mean ${channels(mean)}, ${perPixel(account)} ${nats(sum(each), 2)} nats`;
}
