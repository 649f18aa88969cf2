/** The terms of both KLs: as numbers in a table, and as bars that pile up to each side of nothing. */

import { TERMS, total } from './kl.js';

/** @typedef {import('./kl.js').Term} Term */

const ROUND = [1, 1.5, 2, 3, 4, 5, 6, 8];
const NARROW = 0.12; // of the width: a label on the left would stand in the zero's
const MINUS = '−';

/** @param {number} value @returns {string} as many digits as have room, never −0.000 */
export function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size < 100 ? 3 : size < 10000 ? 1 : 0).replace('-', MINUS).replace(/^−(0(\.0+)?)$/, '$1');
}

/** @param {number} size @returns {number} the next round number */
function round(size) {
  const power = 10 ** Math.floor(Math.log10(size));
  return (ROUND.find((step) => step * power >= size * (1 - 1e-9)) ?? 10) * power;
}

/** @typedef {{forth: Record<Term, number>, back: Record<Term, number>}} Both */

export class Readout {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.cells = Object.fromEntries(['forth', 'back'].map((way) => [way, Object.fromEntries(
      [...TERMS, 'kl'].map((name) => [name, part(`.sum .${name} .${way}`)]))]));
    this.bars = { forth: part('.bars .forth'), back: part('.bars .back') };
    this.scale = part('.scale');
  }

  /** @param {Both} both */
  show(both) {
    for (const [way, parts] of /** @type {['forth'|'back', Record<Term, number>][]} */ (Object.entries(both))) {
      for (const term of TERMS) this.cells[way][term].textContent = digits(parts[term]);
      this.cells[way].kl.textContent = digits(total(parts));
    }
    const piles = [pile(both.forth), pile(both.back)];
    const right = round(Math.max(1, ...piles.map(({ above }) => above)));
    const left = round(Math.max(1, ...piles.map(({ below }) => below)));
    const span = left + right;
    for (const [way, parts] of /** @type {['forth'|'back', Record<Term, number>][]} */ (Object.entries(both))) {
      this.lay(this.bars[way], parts, left, span);
    }
    this.scale.style.setProperty('--zero', `${(100 * left) / span}%`);
    const [low, , high] = /** @type {any} */ (this.scale.children);
    low.textContent = `${MINUS}${left.toLocaleString('en')}`;
    low.hidden = left < NARROW * span;
    high.textContent = `${right.toLocaleString('en')} nats`;
  }

  /**
   * @param {HTMLElement} bar
   * @param {Record<Term, number>} parts
   * @param {number} left
   * @param {number} span
   */
  lay(bar, parts, left, span) {
    const ends = { up: 0, down: 0 };
    for (const term of TERMS) {
      const value = parts[term];
      const piece = /** @type {HTMLElement} */ (bar.querySelector(`.${term}`));
      const from = value >= 0 ? ends.up : ends.down + value;
      if (value >= 0) ends.up += value;
      else ends.down += value;
      piece.style.left = `${(100 * (left + from)) / span}%`;
      piece.style.width = `${(100 * Math.abs(value)) / span}%`;
    }
    const sum = /** @type {HTMLElement} */ (bar.querySelector('.kl'));
    sum.style.left = `${(100 * left) / span}%`;
    sum.style.width = `${(100 * total(parts)) / span}%`;
    bar.style.setProperty('--zero', `${(100 * left) / span}%`);
  }

  /** @param {string|null} word what a formula's reader points at */
  point(word) {
    this.root.dataset.pointed = word ?? '';
    const known = word !== null && ['kl', ...TERMS].includes(word);
    for (const piece of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('[data-term]'))) {
      piece.classList.toggle('dim', known && piece.dataset.term !== word);
    }
  }
}

/** @param {Record<Term, number>} parts @returns {{above: number, below: number}} how far a pile reaches to each side */
function pile(parts) {
  const values = TERMS.map((term) => parts[term]);
  const sum = (/** @type {number[]} */ some) => some.reduce((all, value) => all + value, 0);
  return { above: sum(values.filter((value) => value > 0)), below: -sum(values.filter((value) => value < 0)) };
}
