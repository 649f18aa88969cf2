/** The terms of a form as pieces of a bar, from 0 down to the ELBO. */

/**
 * @typedef {object} Bar
 * @property {number} from its left end, nats
 * @property {number} to its right end
 * @property {boolean} back whether it leads back up
 * @property {string} word
 */

/**
 * @param {[number, number][]} signed
 * @param {{word: string, values: number[]}[]} terms
 * @returns {Bar[][]} for every share, one bar a term
 */
export function bars(signed, terms) {
  return terms[0].values.map((_, notch) => {
    let sum = 0;
    return signed.map(([sign, term]) => {
      const { values, word } = terms[term];
      const next = sum + sign * values[notch];
      const bar = { from: Math.min(sum, next), to: Math.max(sum, next), back: next > sum, word };
      sum = next;
      return bar;
    });
  });
}
