/** The picture of one run and what is said of it. */

import { crispSize } from '../decoder/screen.js';
import { paint } from '../images/grid.js';

/** @typedef {import('./runs.js').Run} Run */
/** @typedef {{shape: number[], pixels: Uint8Array}} Pictures as a carrier brings them, one after the other */

const LARGEST = 320; // CSS pixels

const FRAME = `
  <p class="about"></p>
  <figure><canvas role="img"></canvas><figcaption><b></b><span></span></figcaption></figure>
  <p class="note">Click a run to choose it; click it again to make it the current model. Enter on the slider does too.</p>
  <output class="spoken" aria-live="polite"></output>`;

let panels = 0; // on this page, of which each has a name for its note

export class Panel {
  /** @param {HTMLElement} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'panel';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.canvas = /** @type {HTMLCanvasElement} */ (part('canvas'));
    this.label = /** @type {HTMLElement} */ (part('b'));
    this.words = /** @type {HTMLElement} */ (part('figcaption span'));
    this.subject = /** @type {HTMLElement} */ (part('.about'));
    this.spoken = /** @type {HTMLElement} */ (part('.spoken'));
    this.noteId = part('.note').id = `lab-plane-note-${++panels}`;
    this.about = '';
    /** @type {Pictures|null} */
    this.pictures = null;
    /** @type {string[]} whose they are */
    this.owners = [];
    this.painted = -1;
    this.fit = () => this.resize();
    this.resizing = new ResizeObserver(this.fit);
    this.resizing.observe(this.root);
    window.addEventListener('resize', this.fit); // the browser's zoom changes the ratio, not always the size
  }

  /** @param {Pictures} pictures @param {string[]} owners the id of the run of each */
  take(pictures, owners) {
    this.owners = owners;
    if (pictures !== this.pictures) this.painted = -1;
    this.pictures = pictures;
    this.resize();
  }

  /** @param {Run|undefined} run */
  show(run) {
    this.label.textContent = run?.label ?? '';
    this.words.textContent = run?.words ?? '';
    this.subject.textContent = this.about;
    this.canvas.setAttribute('aria-label', `${run?.label}: ${this.about}`);
    const place = run ? this.owners.indexOf(run.run) : -1;
    this.canvas.style.visibility = place < 0 ? 'hidden' : '';
    if (place >= 0 && place !== this.painted) this.paint(place);
  }

  /** One canvas pixel for each of the picture's; CSS enlarges it. @param {number} place */
  paint(place) {
    this.painted = place;
    const { shape, pixels } = /** @type {Pictures} */ (this.pictures);
    const [channels, height, width] = shape;
    const size = channels * height * width;
    const alone = { columns: 1, bands: 1, rows: 1, gap: 0, line: height, width, height, scale: 1 };
    paint(this.canvas, pixels.subarray(place * size, (place + 1) * size), { count: 1, columns: 1, shape }, alone);
  }

  /** Each pixel of the picture covers the same whole number of screen pixels. */
  resize() {
    const room = Math.min(LARGEST, this.root.clientWidth);
    if (room <= 0 || !this.pictures) return;
    const { width, height } = crispSize(room, this.pictures.shape);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  /** Say aloud what the ring is around. @param {Run|undefined} run */
  speak(run) {
    this.spoken.textContent = run ? `${run.label}: ${run.words}` : '';
  }

  destroy() {
    this.resizing.disconnect();
    window.removeEventListener('resize', this.fit);
  }
}
