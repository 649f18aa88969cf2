/** One mounted picker: the image, the mark on one of its pixels, and what moves it. */

import { crispSize } from '../decoder/screen.js';
import { paint } from '../images/grid.js';
import { unpack } from '../packing.js';

const LARGEST = 280; // CSS pixels
const MARGIN = 8; // CSS pixels around the image (style.css)
const FAR = 4; // pixels, with Shift
const SETTLE_MS = 150; // a held key is one pick
const WORDS = 'Arrow keys move the marked pixel, with Shift further; Home and End go to the ends of its row.';
const COLOURS = ['red', 'green', 'blue'];

const FRAME = `
  <div class="sheet" tabindex="0" role="application">
    <canvas aria-hidden="true"></canvas>
    <div class="mark"></div>
  </div>
  <p class="value" aria-hidden="true"></p>
  <output class="spoken" aria-live="polite"></output>`;

const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0],
});

export class Picker {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'pixels';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.sheet = /** @type {HTMLElement} */ (find('.sheet'));
    this.canvas = /** @type {HTMLCanvasElement} */ (find('canvas'));
    this.mark = /** @type {HTMLElement} */ (find('.mark'));
    this.value = /** @type {HTMLElement} */ (find('.value'));
    this.spoken = /** @type {HTMLElement} */ (find('.spoken'));
    /** @type {Uint8Array|null} */
    this.bytes = null;
    this.shape = [1, 1, 1]; // C, H, W
    this.values = new Float32Array(1); // (C * H * W)
    this.row = this.column = 0; // of the mark
    this.told = ''; // the pixel that Python knows of, or soon will
    this.times = 0; // how often one was picked
    this.timer = 0; // runs while keys have not settled
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.sheet.addEventListener('click', (event) => this.click(event));
    this.sheet.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !this.press(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.fit = () => this.resize();
    this.resizing = new ResizeObserver(this.fit);
    this.resizing.observe(this.root);
    window.addEventListener('resize', this.fit); // the browser's zoom changes the ratio, not always the size
  }

  /** @param {Uint8Array} bytes made by `pack_pixels` */
  receive(bytes) {
    if (bytes === this.bytes) return;
    const first = !this.bytes;
    this.bytes = bytes;
    const { header, arrays } = unpack(bytes);
    const { shape, alt, picked, heard } = header;
    const [, height, width] = shape;
    this.shape = shape;
    this.values = /** @type {Float32Array} */ (arrays[1]);
    if (first) this.times = heard;
    // What Python says of an older pick than ours would take the mark back.
    if (heard >= this.times && !this.timer) {
      [this.row, this.column] = picked;
      this.told = String(picked);
    }
    this.row = Math.min(this.row, height - 1);
    this.column = Math.min(this.column, width - 1);
    this.sheet.setAttribute('aria-label', `${alt}. ${WORDS}`);
    const alone = { columns: 1, bands: 1, rows: 1, gap: 0, line: height, width, height, scale: 1 };
    paint(this.canvas, /** @type {Uint8Array} */ (arrays[0]), { count: 1, columns: 1, shape }, alone);
    this.resize();
    this.show();
  }

  /** Each image pixel covers the same whole number of screen pixels. */
  resize() {
    const room = Math.min(LARGEST, this.root.clientWidth - 2 * MARGIN);
    if (room <= 0 || !this.bytes) return;
    const { width, height } = crispSize(room, this.shape);
    this.sheet.style.width = `${width}px`;
    this.sheet.style.height = `${height}px`;
  }

  /** Put the mark where it is, and say which value is there. */
  show() {
    const { row, column } = this;
    const [, height, width] = this.shape;
    const percent = (/** @type {number} */ part, /** @type {number} */ whole) => `${(100 * part) / whole}%`;
    const { style } = this.mark;
    style.left = percent(column, width);
    style.top = percent(row, height);
    style.width = percent(1, width);
    style.height = percent(1, height);
    this.value.textContent = this.words();
  }

  /** @returns {string} the marked pixel in words */
  words() {
    const { row, column, values } = this;
    const [channels, height, width] = this.shape;
    const said = Array.from({ length: channels }, (_, c) => {
      const value = values[(c * height + row) * width + column].toFixed(2).replace('-', '−');
      return channels === 3 ? `${COLOURS[c]} ${value}` : value;
    });
    return `row ${row}, column ${column}: ${said.join(', ')}`;
  }

  /** @param {number} row @param {number} column */
  go(row, column) {
    const [, height, width] = this.shape;
    this.row = Math.max(0, Math.min(height - 1, row));
    this.column = Math.max(0, Math.min(width - 1, column));
    this.show();
  }

  /** @param {MouseEvent} event */
  click({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const [, rows, columns] = this.shape;
    this.go(Math.floor(((clientY - top) / height) * rows), Math.floor(((clientX - left) / width) * columns));
    this.tell();
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it means something here */
  press({ key, shiftKey }) {
    const { row, column } = this;
    const step = shiftKey ? FAR : 1;
    if (ARROWS[key]) this.go(row + step * ARROWS[key][0], column + step * ARROWS[key][1]);
    else if (key === 'Home') this.go(row, 0);
    else if (key === 'End') this.go(row, this.shape[2] - 1);
    else return false;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tell(), SETTLE_MS);
    return true;
  }

  /** The mark has settled: say so aloud, and to Python. */
  tell() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.spoken.textContent = this.words();
    const { row, column } = this;
    const place = String([row, column]);
    if (place === this.told) return;
    this.told = place;
    this.setStateValue('picked', { row, column, times: ++this.times });
  }

  destroy() {
    clearTimeout(this.timer);
    this.resizing.disconnect();
    window.removeEventListener('resize', this.fit);
    this.root.remove();
  }
}
