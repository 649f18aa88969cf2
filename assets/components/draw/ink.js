/** The drawing: its strokes, undoing them, and the 84×84 bytes that Python hears. */

import { Brush } from './brush.js';

export const SIDE = 84;
const FINER = 3; // the bytes are means of 3×3
const FAINT = 16; // of 255: what the eye can't see would still count as the digit's edge

/**
 * @typedef {object} Stroke
 * @property {boolean} erase
 * @property {number[]} points x, y, x, y, ... in [0, 1] where they lie on the board
 */

/** @typedef {Stroke | 'clear'} Act */

/** The same drawing gives the same bytes, whatever the size and sharpness of the screen. */
export class Ink {
  constructor() {
    /** @type {Act[]} */
    this.acts = [];
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = SIDE * FINER;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
    this.brush = new Brush(this.context);
    this.bytes = new Uint8Array(SIDE * SIDE);
    this.brush.clear();
  }

  /** Strokes since the board was last empty. @returns {Stroke[]} */
  get strokes() {
    return /** @type {Stroke[]} */ (this.acts.slice(this.acts.lastIndexOf('clear') + 1));
  }

  get empty() {
    return this.bytes.every((byte) => byte === 0);
  }

  /**
   * @param {Act} act
   * @returns {boolean} whether anything changed; otherwise it is forgotten
   */
  add(act) {
    const before = this.bytes;
    this.acts.push(act);
    this.draw(act, this.brush);
    this.read();
    const changed = this.bytes.some((byte, place) => byte !== before[place]);
    if (!changed) {
      this.acts.pop();
      this.repaint(this.brush);
    }
    return changed;
  }

  /** @returns {boolean} whether there was something to take back */
  undo() {
    if (!this.acts.pop()) return false;
    this.repaint(this.brush);
    this.read();
    return true;
  }

  /** @param {Act[]} acts */
  restore(acts) {
    this.acts = [...acts];
    this.repaint(this.brush);
    this.read();
  }

  /** @param {Brush} brush */
  repaint(brush) {
    brush.clear();
    for (const stroke of this.strokes) this.draw(stroke, brush);
  }

  /** @param {Act} act @param {Brush} brush */
  draw(act, brush) {
    if (act === 'clear') {
      brush.clear();
      return;
    }
    const { points, erase } = act;
    brush.line(points[0], points[1], points[0], points[1], erase);
    for (let n = 2; n < points.length; n += 2) {
      brush.line(points[n - 2], points[n - 1], points[n], points[n + 1], erase);
    }
  }

  read() {
    const width = SIDE * FINER;
    const { data } = this.context.getImageData(0, 0, width, width);
    this.bytes = new Uint8Array(SIDE * SIDE);
    for (let place = 0; place < this.bytes.length; place++) {
      const corner = Math.floor(place / SIDE) * FINER * width + (place % SIDE) * FINER;
      let sum = 0;
      for (let n = 0; n < FINER * FINER; n++) sum += data[4 * (corner + Math.floor(n / FINER) * width + (n % FINER))];
      const mean = Math.round(sum / (FINER * FINER));
      this.bytes[place] = mean < FAINT ? 0 : mean;
    }
  }

  /** @returns {string} the bytes in base64, row by row */
  base64() {
    let text = '';
    for (const byte of this.bytes) text += String.fromCharCode(byte);
    return btoa(text);
  }
}
