/** A grid of images on one canvas: crisp at any size, painted over in place when the images change. */

import { fit, paint, place } from './grid.js';
import { unpack } from '../packing.js';

const CAPTION = 18; // CSS pixels
const LABELS_BESIDE = 420; // CSS pixels from which row labels have room at the left

/** One mounted grid. */
class ImageGrid {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'images';
    this.root.innerHTML =
      '<div class="legend"></div><div class="labels" aria-hidden="true"></div>' +
      '<div class="sheet"><canvas role="img"></canvas><div class="captions" aria-hidden="true"></div>' +
      '<div class="picks"></div></div>';
    parent.append(this.root);
    const find = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.legend = /** @type {HTMLElement} */ (find('.legend'));
    this.labels = /** @type {HTMLElement} */ (find('.labels'));
    this.captions = /** @type {HTMLElement} */ (find('.captions'));
    this.picks = /** @type {HTMLElement} */ (find('.picks'));
    this.sheet = /** @type {HTMLElement} */ (find('.sheet'));
    this.canvas = /** @type {HTMLCanvasElement} */ (find('canvas'));
    /** @type {Uint8Array|null} */
    this.bytes = null;
    /** @type {any} */
    this.header = null;
    this.pixels = new Uint8Array(0);
    this.layout = '';
    this.times = 0; // how often an image was picked
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.resizing = new ResizeObserver(() => this.draw());
    this.resizing.observe(this.root);
  }

  /** @param {Uint8Array} bytes made by `pack_images` */
  receive(bytes) {
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    const { header, arrays } = unpack(bytes);
    this.header = header;
    this.pixels = /** @type {Uint8Array} */ (arrays[0]);
    this.canvas.setAttribute('aria-label', header.alt);
  }

  draw() {
    if (!this.header || !this.root.clientWidth) return;
    const { count, columns, shape, captions, row_labels: names, picks } = this.header;
    const beside = Boolean(names) && this.root.clientWidth >= LABELS_BESIDE;
    this.root.classList.toggle('beside', beside);
    const given = { count, columns, shape };
    const grid = fit({
      ...given,
      available: this.sheet.clientWidth,
      caption: captions ? CAPTION : 0,
      ratio: window.devicePixelRatio || 1,
    });
    paint(this.canvas, this.pixels, given, grid);
    const layout = JSON.stringify([grid, captions, names, beside, picks, this.header.picked]);
    if (layout === this.layout) return; // only the pixels are new
    this.layout = layout;
    this.canvas.style.width = `${grid.width * grid.scale}px`;
    this.canvas.style.height = `${grid.height * grid.scale}px`;
    this.legend.textContent = names && !beside ? names.join(' over ') : '';
    this.write(this.labels, beside ? this.rowLabels(grid, names) : []);
    this.write(this.captions, (captions ?? []).map((/** @type {string} */ text, /** @type {number} */ n) => {
      const corner = place(grid, shape, columns, n);
      const box = { left: corner.x, top: corner.y + shape[1], width: shape[2] };
      return { text, left: box.left * grid.scale, top: box.top * grid.scale, width: box.width * grid.scale };
    }));
    this.offer(picks ?? [], grid);
  }

  /**
   * Lay a button over each image that can be picked; where the number stays the focus does too.
   *
   * @param {string[]} names
   * @param {import('./grid.js').Grid} grid
   */
  offer(names, grid) {
    const { picks } = this;
    while (picks.childElementCount > names.length) picks.lastElementChild?.remove();
    while (picks.childElementCount < names.length) {
      const button = document.createElement('button');
      const n = picks.childElementCount;
      button.type = 'button';
      button.addEventListener('click', () => this.setStateValue('picked', { image: n, times: ++this.times }));
      picks.append(button);
    }
    const { shape, columns, picked } = this.header;
    names.forEach((name, n) => {
      const corner = place(grid, shape, columns, n);
      const button = /** @type {HTMLButtonElement} */ (picks.children[n]);
      button.setAttribute('aria-label', name);
      button.setAttribute('aria-pressed', String(n === picked));
      button.style.cssText = `left:${corner.x * grid.scale}px;top:${corner.y * grid.scale}px;` +
        `width:${shape[2] * grid.scale}px;height:${shape[1] * grid.scale}px`;
    });
  }

  /**
   * @param {import('./grid.js').Grid} grid
   * @param {string[]} names
   */
  rowLabels(grid, names) {
    const lines = [];
    for (let row = 0; row < grid.rows * grid.bands; row++) {
      const middle = (row * grid.line + this.header.shape[1] / 2) * grid.scale;
      lines.push({ text: names[row % grid.rows] ?? '', left: 0, top: middle, width: 0 });
    }
    return lines;
  }

  /**
   * @param {HTMLElement} host
   * @param {{text: string, left: number, top: number, width: number}[]} lines in CSS pixels
   */
  write(host, lines) {
    host.replaceChildren(...lines.map(({ text, left, top, width }) => {
      const span = document.createElement('span');
      span.textContent = text;
      span.style.cssText = `left:${left}px;top:${top}px;` + (width ? `width:${width}px` : '');
      return span;
    }));
  }

  destroy() {
    this.resizing.disconnect();
    this.root.remove();
  }
}

/** @type {WeakMap<object, ImageGrid>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot,
 *   setStateValue: (name: string, value: any) => void}} mount
 */
export default function images({ data, parentElement, setStateValue }) {
  const grid = MOUNTED.get(parentElement) ?? new ImageGrid(parentElement);
  MOUNTED.set(parentElement, grid);
  grid.setStateValue = setStateValue;
  if (data) grid.receive(data);
  grid.draw();
  return () => {
    grid.destroy();
    MOUNTED.delete(parentElement);
  };
}
