/** The formula on the page, and the line below it that says what the symbol under the pointer is. */

import { drawPart, element } from './parts.js';
import { point } from './pointing.js';

/**
 * @typedef {import('./parts.js').Piece} Piece
 * @typedef {{name: string, value: string, place: string}} Shown
 * @typedef {object} Message
 * @property {(string|Piece)[][]} lines
 * @property {(string|Piece)[][]} code
 * @property {string[]} spoken the lines as they are read aloud
 * @property {Record<string, Shown>} symbols
 */

const ASK = 'Point at a symbol, or step through them with Tab, to see what it is here.';

/** One mounted formula. */
export class Formula {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = element('div', 'formula');
    this.answer = element('p', 'answer');
    this.answer.setAttribute('role', 'status');
    parent.append(this.root);
    /** @type {Message|null} */
    this.message = null;
    this.drawn = '';
    /** What is pointed at, and what keeps the focus. @type {string|null} */
    this.lit = null;
    for (const name of ['pointerover', 'focusin']) this.root.addEventListener(name, (event) => this.meet(event));
    for (const name of ['pointerleave', 'focusout']) this.root.addEventListener(name, () => this.light(null));
  }

  /** @param {Message} message */
  receive(message) {
    this.message = message;
    const drawn = JSON.stringify([message.lines, message.code]);
    if (drawn !== this.drawn) this.draw(message); // new values leave the symbol under the pointer where it is
    this.drawn = drawn;
    this.say();
  }

  /** @param {Message} message */
  draw({ lines, code, spoken, symbols }) {
    /** @type {Set<string>} */
    const stops = new Set();
    const dress = (/** @type {HTMLElement} */ piece, /** @type {string} */ word) => {
      if (!stops.has(word)) piece.tabIndex = 0; // one stop a symbol is enough: its answer is the same
      stops.add(word);
      piece.setAttribute('role', 'note');
      piece.setAttribute('aria-label', `${piece.textContent}: ${symbols[word].name}`);
    };
    const formulae = element('div', 'lines');
    formulae.setAttribute('role', 'group');
    formulae.setAttribute('aria-label', `Formula: ${spoken.join('; ')}`);
    for (const line of lines) {
      const row = element('div', 'line');
      row.append(...line.map((part) => drawPart(part, dress)));
      formulae.append(row);
    }
    const block = element('pre', 'code');
    block.setAttribute('aria-label', 'The same in code');
    for (const line of code) {
      const row = element('div', 'line');
      row.append(...line.map((part) => drawPart(part, dress)));
      block.append(row);
    }
    this.root.replaceChildren(formulae, ...(code.length ? [block] : []), this.answer);
  }

  /** @param {Event} event */
  meet(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    this.light(/** @type {HTMLElement|null} */ (target.closest('[data-word]'))?.dataset.word ?? null);
  }

  /** @param {string|null} word */
  light(word) {
    if (word === this.lit) return;
    this.lit = word;
    this.root.dataset.lit = word ?? '';
    for (const piece of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('[data-word]'))) {
      piece.classList.toggle('lit', piece.dataset.word === word);
    }
    point(word);
    this.say();
  }

  say() {
    const shown = this.lit === null ? null : this.message?.symbols[this.lit];
    if (!shown) {
      this.answer.textContent = ASK;
      return;
    }
    const name = element('b');
    name.textContent = shown.value ? `${shown.name}: ${shown.value}.` : `${shown.name}.`;
    this.answer.replaceChildren(name, ` ${shown.place}`);
  }

  destroy() {
    if (this.lit !== null) point(null);
    this.root.remove();
  }
}
