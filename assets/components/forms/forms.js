/** The rows, their bars and digits, and the slider. */

import { drawPart, element } from '../formula/parts.js';
import { onPoint } from '../formula/pointing.js';
import { bars } from './bars.js';

/**
 * @typedef {object} Message
 * @property {string} home of model and pattern: while it stays, the slider stays where it is
 * @property {string} label
 * @property {number[]} shares from 0 to 1
 * @property {number} notch which of them is shown at first
 * @property {{formula: any[], word: string, values: number[]}[]} terms each with its value at every share, nats
 * @property {{number: number, name: string, terms: [number, number][]}[]} forms each a signed sum of terms
 * @property {number[]} spreads how far the forms lie apart, or move on another grid, nats
 */

/** @type {(value: number, digits?: number) => string} */
export const nats = (value, digits = 4) => {
  const text = value.toFixed(digits);
  return /[1-9]/.test(text) ? text.replace('-', '−') : text.replace('-', '');
};

/** One mounted table. */
export class Forms {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = element('div', 'forms');
    parent.append(this.root);
    /** @type {Message|null} */
    this.message = null;
    this.notch = 0;
    this.setStateValue = (/** @type {string} */ _name, /** @type {any} */ _value) => {};
    this.slider = Object.assign(document.createElement('input'), { type: 'range', min: '0', step: '1' });
    this.said = element('output', 'share');
    this.rows = element('div', 'rows');
    this.agree = element('p', 'agree');
    this.agree.setAttribute('role', 'status');
    this.label = element('span');
    const line = element('label', 'control');
    line.append(this.label, this.slider, this.said);
    this.root.append(line, this.rows, this.agree);
    this.slider.addEventListener('input', () => this.show(Number(this.slider.value)));
    this.slider.addEventListener('change', () => this.leave());
    this.endPointing = onPoint((word) => { this.root.dataset.lit = word ?? ''; this.light(word); });
  }

  /** @param {Message} message */
  receive(message) {
    const other = message.home !== this.message?.home;
    this.message = message;
    this.label.textContent = message.label;
    this.slider.max = String(message.shares.length - 1);
    if (other) this.notch = message.notch;
    this.slider.value = String(this.notch);
    if (other) this.draw(message);
    this.show(this.notch);
  }

  /** @param {Message} message */
  draw({ forms, terms }) {
    this.rows.replaceChildren(...forms.map((form) => {
      const row = element('div', 'row');
      const name = element('div', 'name');
      name.textContent = `(${form.number}) ${form.name}`;
      const sum = element('div', 'sum');
      for (const [place, [sign, term]] of form.terms.entries()) {
        const cell = element('span', 'term');
        const { formula, word } = terms[term];
        cell.dataset.word = word;
        const symbol = element('span', 'symbol');
        if (sign < 0 || place) symbol.append(sign < 0 ? '− ' : '+ ');
        symbol.append(...formula.map((part) => drawPart(part)));
        cell.append(symbol, element('b', 'value'));
        sum.append(cell);
      }
      row.append(name, sum, element('div', 'bar'), element('b', 'total'));
      return row;
    }));
  }

  /** @param {number} notch */
  show(notch) {
    const message = this.message;
    if (!message) return;
    this.notch = notch;
    const percent = `${(100 * message.shares[notch]).toFixed(1)} %`;
    this.said.textContent = percent;
    this.slider.setAttribute('aria-valuetext', percent);
    const reach = Math.min(...message.forms.flatMap((form) => bars(form.terms, message.terms).flatMap((each) => each.map((bar) => bar.from))));
    for (const [place, form] of message.forms.entries()) {
      const row = this.rows.children[place];
      const drawn = bars(form.terms, message.terms)[notch];
      const cells = row.querySelectorAll('.value');
      for (const [at, [, term]] of form.terms.entries()) cells[at].textContent = nats(message.terms[term].values[notch]);
      const total = form.terms.reduce((sum, [sign, term]) => sum + sign * message.terms[term].values[notch], 0);
      /** @type {HTMLElement} */ (row.querySelector('.total')).textContent = nats(total, 8);
      /** @type {HTMLElement} */ (row.querySelector('.bar')).replaceChildren(...drawn.map(({ from, to, back, word }) => {
        const bar = element('span', back ? 'piece back' : 'piece');
        bar.dataset.word = word;
        bar.style.setProperty('--own', `var(--lab-${word.replaceAll('_', '-')}, color-mix(in srgb, currentColor 45%, transparent))`);
        bar.style.left = `${100 * (1 - from / reach)}%`;
        bar.style.width = `${100 * ((from - to) / reach)}%`;
        return bar;
      }));
    }
    const spread = message.spreads[notch];
    this.agree.textContent = `Nats per image at β = 1. The eight sums differ, or move on a finer grid, by at most ${spread.toExponential(0).replace('-', '−')}.`;
  }

  leave() {
    if (this.message) this.setStateValue('left', { home: this.message.home, notch: this.notch });
  }

  /** @param {string|null} word */
  light(word) {
    for (const piece of /** @type {NodeListOf<HTMLElement>} */ (this.rows.querySelectorAll('.term, .piece'))) {
      piece.classList.toggle('dim', Boolean(word) && piece.dataset.word !== word);
    }
  }

  destroy() {
    this.endPointing();
    this.root.remove();
  }
}
