/** The board: what it looks like, the stroke that is being drawn, and its buttons. */

import { Brush, radius } from './brush.js';
import { Ink } from './ink.js';
import { Keys, WORDS } from './keys.js';
import { Pointers } from './pointers.js';

const FRAME = `
  <div class="square" tabindex="0" role="application">
    <canvas aria-hidden="true"></canvas>
    <div class="hint" aria-hidden="true"><b></b><span>arrows move · Space pen down, up<br>E eraser · Backspace undo</span></div>
    <div class="ring" hidden></div>
  </div>
  <div class="buttons">
    <button type="button" class="eraser" aria-pressed="false">Eraser</button>
    <button type="button" class="undo" aria-disabled="true">Undo</button>
    <button type="button" class="clear" aria-disabled="true">Clear</button>
  </div>
  <output class="spoken" aria-live="polite"></output>`;

/** @type {(count: number) => string} */
const strokes = (count) => `${count || 'no'} ${count === 1 ? 'stroke' : 'strokes'}`;

/** One mounted board. */
export class Board {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'draw';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.square = /** @type {HTMLElement} */ (find('.square'));
    this.canvas = /** @type {HTMLCanvasElement} */ (find('canvas'));
    this.circle = /** @type {HTMLElement} */ (find('.ring'));
    this.spoken = /** @type {HTMLElement} */ (find('.spoken'));
    this.hint = /** @type {HTMLElement} */ (find('.hint b'));
    this.buttons = { eraser: find('.eraser'), undo: find('.undo'), clear: find('.clear') };
    this.buttons.eraser.onclick = () => this.choose(!this.erasing);
    this.buttons.undo.onclick = () => this.undo();
    this.buttons.clear.onclick = () => this.clear();

    this.ink = new Ink();
    this.erasing = false;
    /** @type {import('./ink.js').Stroke|null} */
    this.stroke = null;
    /** @type {() => void} */
    this.tell = () => {};
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    /** @type {Brush|null} */
    this.brush = null;
    this.keys = new Keys(this);
    this.pointers = new Pointers(this.square, {
      begin: (x, y, erase) => {
        this.keys.lift();
        this.begin(x, y, erase || this.erasing);
      },
      move: (x, y) => this.move(x, y),
      end: () => this.end(),
      hover: (x, y) => this.ring([x, y]),
      leave: () => this.ring(null),
    });
    this.fit = () => this.resize();
    this.resizing = new ResizeObserver(this.fit);
    this.resizing.observe(this.square);
    window.addEventListener('resize', this.fit); // the browser's zoom changes the ratio, not the size
  }

  /** @param {string} label */
  name(label) {
    this.square.setAttribute('aria-label', `${label}. ${WORDS}`);
    this.hint.textContent = label;
  }

  /** As many canvas pixels as the screen has there. */
  resize() {
    const side = Math.round(this.square.clientWidth * (window.devicePixelRatio || 1));
    if (!side || (this.brush && side === this.canvas.width)) return;
    this.canvas.width = this.canvas.height = side;
    this.brush = new Brush(this.context);
    this.paint();
  }

  paint() {
    if (this.brush) this.ink.repaint(this.brush);
    if (this.brush && this.stroke) this.ink.draw(this.stroke, this.brush);
    const { empty, acts } = this.ink;
    this.root.classList.toggle('drawn', !empty || this.stroke !== null);
    this.buttons.undo.setAttribute('aria-disabled', String(!acts.length));
    this.buttons.clear.setAttribute('aria-disabled', String(empty));
  }

  /** @param {number} x @param {number} y @param {boolean} erase @returns {boolean} false: another one is being drawn */
  begin(x, y, erase) {
    if (this.stroke) return false;
    this.resize();
    this.stroke = { erase, points: [x, y] };
    this.root.classList.add('drawn');
    this.root.classList.toggle('down', true);
    this.brush?.line(x, y, x, y, erase);
    return true;
  }

  /** @param {number} x @param {number} y */
  move(x, y) {
    if (!this.stroke) return;
    const { points, erase } = this.stroke;
    const [x0, y0] = points.slice(-2);
    if (x === x0 && y === y0) return;
    points.push(x, y);
    this.brush?.line(x0, y0, x, y, erase);
  }

  end() {
    const { stroke } = this;
    if (!stroke) return;
    this.stroke = null;
    this.root.classList.remove('down');
    const changed = this.ink.add(stroke);
    this.paint();
    const done = stroke.erase ? 'Erased' : 'Drawn';
    this.say(changed ? `${done}, ${this.count()}` : 'Nothing changed');
    if (changed) this.tell();
  }

  count() {
    return this.ink.empty ? 'the board is empty' : strokes(this.ink.strokes.length);
  }

  /** @param {boolean} erasing */
  choose(erasing) {
    this.keys.lift();
    this.erasing = erasing;
    this.root.classList.toggle('erasing', erasing);
    this.buttons.eraser.setAttribute('aria-pressed', String(erasing));
    this.say(erasing ? 'Eraser' : 'Pen');
  }

  undo() {
    this.keys.lift();
    if (!this.ink.undo()) {
      this.say('Nothing to undo');
      return;
    }
    this.changed(`Undone, ${this.count()}`);
  }

  clear() {
    this.keys.lift();
    if (this.ink.empty) this.say('The board is empty');
    else if (this.ink.add('clear')) this.changed('Cleared');
  }

  /** @param {string} words */
  changed(words) {
    this.paint();
    this.say(words);
    this.tell();
  }

  /** Put another drawing on the board, or none, without telling. @param {import('./ink.js').Act[]} acts */
  replace(acts) {
    this.pointers.drop();
    this.keys.down = false;
    this.stroke = null;
    this.root.classList.remove('down');
    this.ink.restore(acts);
    this.paint();
  }

  /**
   * Show how wide the brush is, and where.
   *
   * @param {[number, number]|null} place in sides of the board; null: nowhere
   * @param {boolean} keyboard
   */
  ring(place, keyboard = false) {
    this.circle.hidden = !place;
    this.root.classList.toggle('by-keys', Boolean(place) && keyboard);
    if (!place) return;
    const [x, y] = place.map((side) => `${100 * side}%`);
    this.circle.style.left = x;
    this.circle.style.top = y;
    this.circle.style.width = `${200 * radius(this.erasing)}%`;
  }

  /** @param {string} words */
  say(words) {
    this.spoken.textContent = words;
  }

  destroy() {
    this.tell = () => {};
    this.keys.destroy();
    this.resizing.disconnect();
    window.removeEventListener('resize', this.fit);
    this.root.remove();
  }
}
