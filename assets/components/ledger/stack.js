/** The stack itself: one piece for the reconstruction and one for each KL, to scale from 0; and the line of their sum. */

import { ticks } from '../pad/plane.js';
import { nameOf } from '../pad/frame.js';
import { nats, pieceName, reconstructionName, sum } from './words.js';

/** @typedef {import('./words.js').Account} Account */

const ROOM_FOR_WORDS = 150; // CSS pixels
const ROOM_FOR_A_NAME = 24;
const ROOM_FOR_AN_EDGE = 4;
const TICK_EVERY = 70; // CSS pixels, at least
const MOVES = /** @type {Record<string, number>} */ ({
  ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity,
});

export const FRAME = `
  <div class="pieces" role="toolbar" aria-label="Pieces of the cost"></div>
  <div class="under" aria-hidden="true"><i class="here" hidden></i><i class="total"></i></div>
  <div class="ticks" aria-hidden="true"></div>`;

export class Stack {
  /**
   * @param {HTMLElement} root
   * @param {(about: string) => void} pressed a piece
   */
  constructor(root, pressed) {
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.host = part('.pieces');
    this.here = part('.here');
    this.total = part('.total');
    this.ticks = part('.ticks');
    this.pressed = pressed;
    this.low = 0; // nats at the left
    this.high = 1;
    /** @type {Map<string, [number, number]>} where each piece is, nats */
    this.places = new Map();
    this.host.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in MOVES)) return;
      event.preventDefault();
      this.move(MOVES[event.key]);
    });
    this.host.addEventListener('focusin', (event) => this.stop(/** @type {HTMLElement} */ (event.target)));
  }

  /** @returns {HTMLButtonElement[]} */
  get pieces() {
    return /** @type {any} */ ([...this.host.children]);
  }

  /** @param {number} by how many pieces the focus moves */
  move(by) {
    const { pieces } = this;
    const at = pieces.findIndex((piece) => piece.tabIndex === 0);
    pieces[Math.max(0, Math.min(pieces.length - 1, at + by))].focus();
  }

  /** The one that Tab stops at. @param {HTMLElement} piece */
  stop(piece) {
    for (const other of this.pieces) other.tabIndex = other === piece ? 0 : -1;
  }

  /** @param {Account} account @param {number} dimension that is marked */
  show(account, dimension) {
    const { cost, kl } = account;
    const length = sum(kl.map((value) => Math.max(0, value)));
    this.low = Math.min(0, cost);
    this.high = Math.max(cost, 0) + length;
    this.places = new Map([['reconstruction', [this.low, Math.max(cost, 0)]]]);
    let end = Math.max(cost, 0);
    kl.forEach((value, j) => this.places.set(String(j), [end, (end += Math.max(0, value))]));
    this.build(this.places.size);
    [...this.places].forEach(([about, [from, to]], n) => {
      const button = this.pieces[n];
      button.dataset.about = about;
      button.style.left = `${this.percent(from)}%`;
      button.style.width = `${this.percent(to) - this.percent(from)}%`;
      button.setAttribute('aria-label', pieceName(account, about));
      if (n) button.setAttribute('aria-pressed', String(n - 1 === dimension));
    });
    const [from, to] = [0, cost + sum(kl)].sort((a, b) => a - b);
    this.total.style.left = `${this.percent(from)}%`;
    this.total.style.width = `${this.percent(to) - this.percent(from)}%`;
    this.account = account;
    this.fit();
  }

  /** @param {number} count of pieces */
  build(count) {
    while (this.host.childElementCount > count) this.host.lastElementChild?.remove();
    while (this.host.childElementCount < count) {
      const button = document.createElement('button');
      button.type = 'button';
      button.tabIndex = this.host.childElementCount ? -1 : 0;
      button.onclick = () => this.pressed(button.dataset.about ?? '');
      this.host.append(button);
    }
    if (!this.pieces.some((piece) => piece.tabIndex === 0)) this.pieces[0].tabIndex = 0;
  }

  /** Write into pieces what they have room for, and as many ticks. */
  fit() {
    const room = this.host.clientWidth;
    const { account } = this;
    if (!room || !account) return;
    for (const [n, [from, to]] of [...this.places.values()].entries()) {
      const width = ((this.percent(to) - this.percent(from)) * room) / 100;
      const name = n ? nameOf(n - 1) : `${reconstructionName(account)} ${nats(account.cost)}`;
      const words = width >= (n ? ROOM_FOR_A_NAME : ROOM_FOR_WORDS) ? name : '';
      const button = this.pieces[n];
      if (button.textContent !== words) button.textContent = words;
      button.classList.toggle('thin', width < ROOM_FOR_AN_EDGE);
    }
    const marks = this.high > this.low ? ticks(this.low, this.high, Math.max(2, room / TICK_EVERY)) : [0];
    const digits = marks.some((mark) => !Number.isInteger(mark)) ? (this.high - this.low < 1 ? 2 : 1) : 0;
    this.ticks.replaceChildren(...marks.map((mark) => {
      const span = document.createElement('span');
      span.textContent = nats(mark, digits);
      const at = this.percent(mark);
      span.style.left = `${at}%`;
      span.className = at < 3 ? 'first' : at > 97 ? 'last' : '';
      return span;
    }));
  }

  /** Point at a piece, which may be too narrow to be seen. @param {string} about */
  point(about) {
    const place = this.places.get(about);
    this.here.hidden = !place;
    if (!place) return;
    this.here.style.left = `${this.percent((place[0] + place[1]) / 2)}%`;
  }

  /** @param {number} value nats @returns {number} from the left */
  percent(value) {
    return this.high > this.low ? (100 * (value - this.low)) / (this.high - this.low) : 0;
  }
}
