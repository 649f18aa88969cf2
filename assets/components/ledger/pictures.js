/** The image, its mean reconstruction and the map of what each pixel costs, with one pixel marked on all three. */

import { crispSize, paintImage } from '../decoder/screen.js';
import { nats, perPixel, pixel, sum } from './words.js';

/** @typedef {import('./words.js').Account} Account */

const LARGEST = 196; // CSS pixels
const GAP = 10; // CSS pixels between pictures (style.css)
const FAR = 4; // pixels, with Shift
const SETTLE_MS = 150; // a held key is said once
const KEYS = 'Arrow keys move the marked pixel, with Shift further.';
const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
});

const figure = (/** @type {string} */ name, /** @type {string} */ caption, role = '') => `
  <figure class="${name}">
    <div class="sheet" ${role}><canvas role="img"></canvas><div class="mark" hidden></div></div>
    <figcaption>${caption}</figcaption>
  </figure>`;

export const FRAME = `
  <div class="pictures">
    ${figure('x', 'x')}${figure('mean', 'mean of p(x|z)')}${figure('map', '', 'tabindex="0" role="application"')}
  </div>
  <div class="key"><span class="high"></span><i class="ramp" aria-hidden="true"></i><span class="low"></span></div>
  <p class="value"></p>`;

export class Pictures {
  /**
   * @param {HTMLElement} root
   * @param {(words: string) => void} say aloud
   */
  constructor(root, say) {
    this.root = root;
    this.say = say;
    const part = (/** @type {string} */ selector) => /** @type {any} */ (root.querySelector(selector));
    this.part = part;
    this.ramp = /** @type {HTMLElement} */ (part('.ramp'));
    this.sheet = /** @type {HTMLElement} */ (part('.map .sheet'));
    this.shape = [1, 1, 1];
    /** @type {{x: Float32Array, mean: Float32Array, map: Float32Array}|null} */
    this.values = null;
    this.totals = new Float64Array(0); // of the map, channels added up
    this.row = this.column = 0;
    this.timer = 0;
    const pictures = /** @type {HTMLElement} */ (part('.pictures'));
    pictures.addEventListener('pointermove', (event) => this.point(event));
    pictures.addEventListener('pointerdown', (event) => this.point(event));
    pictures.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType !== 'touch') this.rest();
    });
    this.sheet.addEventListener('focus', () => this.show());
    this.sheet.addEventListener('blur', () => this.rest());
    this.sheet.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !ARROWS[event.key]) return;
      event.preventDefault();
      const step = event.shiftKey ? FAR : 1;
      this.go(this.row + step * ARROWS[event.key][0], this.column + step * ARROWS[event.key][1]);
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.say(this.words()), SETTLE_MS);
    });
  }

  /**
   * @param {Account} account
   * @param {number[]} shape C, H, W
   * @param {{x: Float32Array, mean: Float32Array, map: Float32Array}} values each (C * H * W)
   */
  receive(account, shape, values) {
    const [channels, height, width] = shape;
    const first = String(shape) !== String(this.shape);
    Object.assign(this, { account, shape, values });
    this.totals = Float64Array.from({ length: height * width }, (_, p) =>
      sum(Array.from({ length: channels }, (__, c) => values.map[c * height * width + p])));
    if (first) [this.row, this.column] = this.place(this.dearest());
    const kind = perPixel(account) === 'score' ? 'Score of each pixel' : 'E_q log p(x_d|z) of each pixel';
    const [low, high] = this.range();
    this.part('.map figcaption').textContent = kind;
    this.part('.high').textContent = nats(high, 2);
    this.part('.low').textContent = `${nats(low, 2)} nats per pixel`;
    this.part('.x canvas').setAttribute('aria-label', `x: ${account.label}`);
    this.part('.mean canvas').setAttribute('aria-label', `Its mean reconstruction, the mean of p(x|z)`);
    this.part('.map canvas').setAttribute('aria-label', `${kind}, in nats`);
    this.sheet.setAttribute('aria-label', `${kind}: ${this.summary()} ${KEYS}`);
    this.resize();
    this.dress();
    if (this.pointed) this.show();
    else this.rest();
  }

  /** @returns {[number, number]} of the finite values of the map */
  range() {
    const finite = this.totals.filter(Number.isFinite);
    return finite.length ? [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))] : [0, 0];
  }

  /** @returns {number} the pixel that costs most */
  dearest() {
    return this.totals.reduce((best, value, p) => (value < this.totals[best] ? p : best), 0);
  }

  /** @param {number} p @returns {[number, number]} row and column */
  place(p) {
    return [Math.floor(p / this.shape[2]), p % this.shape[2]];
  }

  summary() {
    const p = this.dearest();
    const [row, column] = this.place(p);
    return `In all ${nats(sum(Array.from(this.totals)))} nats; least at row ${row}, column ${column}: ${nats(this.totals[p], 2)}.`;
  }

  /** Paint all three: values or theme may be others. */
  dress() {
    if (!this.values) return;
    paintImage(this.part('.x canvas'), this.values.x, this.shape);
    paintImage(this.part('.mean canvas'), this.values.mean, this.shape);
    const style = getComputedStyle(this.ramp);
    const rgb = (/** @type {string} */ colour) => (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
    const [cheap, dear] = [rgb(style.backgroundColor), rgb(style.color)];
    const [low, high] = this.range();
    const [, height, width] = this.shape;
    const planes = new Float32Array(3 * this.totals.length);
    this.totals.forEach((value, p) => {
      const share = high > low ? Math.min(1, (high - Math.max(low, value)) / (high - low)) : 0;
      for (let c = 0; c < 3; c++) planes[c * this.totals.length + p] = (cheap[c] + share * (dear[c] - cheap[c])) / 255;
    });
    paintImage(this.part('.map canvas'), planes, [3, height, width]);
  }

  /** Three pictures side by side, each of their pixels a whole number of screen pixels. */
  resize() {
    const room = Math.min(LARGEST, (this.part('.pictures').clientWidth - 2 * GAP) / 3);
    if (room <= 0 || !this.values) return;
    const { width, height } = crispSize(room, this.shape);
    for (const sheet of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('.sheet'))) {
      sheet.style.width = `${width}px`;
      sheet.style.height = `${height}px`;
    }
  }

  /** @param {PointerEvent} event */
  point({ target, clientX, clientY }) {
    const sheet = /** @type {Element} */ (target).closest('.sheet');
    if (!sheet) {
      this.rest();
      return;
    }
    const { left, top, width, height } = sheet.getBoundingClientRect();
    const [, rows, columns] = this.shape;
    this.go(Math.floor(((clientY - top) / height) * rows), Math.floor(((clientX - left) / width) * columns));
  }

  /** @param {number} row @param {number} column */
  go(row, column) {
    const [, height, width] = this.shape;
    this.row = Math.max(0, Math.min(height - 1, row));
    this.column = Math.max(0, Math.min(width - 1, column));
    this.show();
  }

  /** Mark the pixel on all three, and say what it costs. */
  show() {
    if (!this.values) return;
    this.pointed = true;
    const [, height, width] = this.shape;
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('.mark'))) {
      mark.hidden = false;
      mark.style.cssText = `left:${(100 * this.column) / width}%;top:${(100 * this.row) / height}%;` +
        `width:${100 / width}%;height:${100 / height}%`;
    }
    this.part('.value').textContent = this.words();
  }

  /** No pixel is pointed at: say what they cost together. */
  rest() {
    this.pointed = false;
    for (const mark of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('.mark'))) mark.hidden = true;
    this.part('.value').textContent = this.values ? this.summary() : '';
  }

  /** @returns {string} the marked pixel in words */
  words() {
    const { row, column, account, values } = this;
    const [channels, height, width] = this.shape;
    const each = (/** @type {Float32Array} */ array) =>
      Array.from({ length: channels }, (_, c) => array[(c * height + row) * width + column]);
    const { x, mean, map } = /** @type {NonNullable<typeof values>} */ (values);
    return pixel(/** @type {Account} */ (account), { row, column, x: each(x), mean: each(mean), nats: each(map) });
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
