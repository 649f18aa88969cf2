/** What stands in the place of pictures where x is no image: its values, those that cost most. */

import { nats, perPixel } from './words.js';

const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉';

/** @type {(index: number) => string} */
const nameOf = (index) => `x${String(index + 1).replace(/\d/g, (digit) => SUBSCRIPTS[Number(digit)])}`;

/**
 * @param {HTMLTableElement} table
 * @param {import('./words.js').Account} account
 * @param {{x: Float32Array, mean: Float32Array, map: Float32Array}} values each (D)
 * @param {number} most rows
 */
export function fillValues(table, account, { x, mean, map }, most) {
  const dearest = [...map.keys()].sort((a, b) => map[a] - map[b]).slice(0, most).sort((a, b) => a - b);
  const caption = map.length > most ? `The ${most} of ${map.length} values that cost most` : 'The values of x';
  table.innerHTML = `<caption>${caption}</caption>
    <thead><tr><td></td><th scope="col">x</th><th scope="col">mean of p(x|z)</th><th scope="col">${perPixel(account)}, nats</th></tr></thead>
    <tbody>${dearest.map((d) => `<tr><th scope="row">${nameOf(d)}</th>${[x, mean, map].map((values) => `<td>${nats(values[d], 2)}</td>`).join('')}</tr>`).join('')}</tbody>`;
}
