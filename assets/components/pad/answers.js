/** What the decoders answer: one large screen for each, and a small one that rides beside the pointer. */

import { find } from '../carrier/registry.js';
import { axisReach, crispSize, paintImage, paintPoint, priorCloud } from '../decoder/screen.js';
import { signed } from '../decoder/sliders.js';

/** @typedef {import('../decoder/decoder.js').Decoder} Decoder */

const RIDER = 84; // CSS pixels, about

/** One decoder's screen. */
export class Answer {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.root = document.createElement('figure');
    this.root.className = 'stage';
    this.root.innerHTML =
      '<div class="screen"><canvas role="img"></canvas></div><figcaption>mean of p(x|z)</figcaption>';
    host.append(this.root);
    this.screen = /** @type {HTMLElement} */ (this.root.querySelector('.screen'));
    this.canvas = /** @type {HTMLCanvasElement} */ (this.root.querySelector('canvas'));
    this.caption = /** @type {HTMLElement} */ (this.root.querySelector('figcaption'));
    /** @type {Decoder|null} */
    this.decoder = null;
    this.cloud = new Float32Array(0);
    this.reach = 0;
    this.room = 0; // CSS pixels; 0: to be looked up. Asking in each frame would cost a layout.
    new ResizeObserver(() => { this.room = 0; }).observe(this.screen);
  }

  /** @param {Decoder} decoder @param {string} label */
  adopt(decoder, label) {
    this.caption.textContent = label || 'mean of p(x|z)';
    if (decoder === this.decoder) return;
    this.decoder = decoder;
    this.screen.classList.toggle('line', decoder.header.view === 'line');
    if (decoder.header.view === 'image') return;
    this.cloud = priorCloud(decoder);
    this.reach = axisReach(this.cloud, this.reach);
  }

  /**
   * @param {ArrayLike<number>} z
   * @param {() => import('./look.js').Look} look asked for only where points are drawn
   */
  paint(z, look) {
    const { decoder } = this;
    if (!decoder) return;
    const mean = decoder.decode(z);
    this.room ||= this.screen.clientWidth;
    const { view, image_shape: shape } = decoder.header;
    if (view === 'image') {
      const size = crispSize(this.room, shape);
      setSize(this.canvas, size.width, size.height);
      paintImage(this.canvas, mean, shape);
    } else {
      setSize(this.canvas, Math.min(280, this.room), 0);
      paintPoint(this.canvas, mean, this.cloud, this.reach, look());
    }
  }
}

/** The screens of all decoders, side by side. */
export class Answers {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.host = host;
    /** @type {Answer[]} */
    this.list = [];
  }

  /** The first one's decoder: the map is its. @returns {Decoder|null} */
  get decoder() {
    return this.list[0]?.decoder ?? null;
  }

  /**
   * @param {{key: string, label: string}[]} wanted
   * @param {number} size of z
   * @returns {boolean} whether all are here that decode such a z; else the weights are on their way
   */
  take(wanted, size) {
    while (this.list.length > wanted.length) this.list.pop()?.root.remove();
    while (this.list.length < wanted.length) this.list.push(new Answer(this.host));
    this.host.classList.toggle('several', wanted.length > 1);
    for (const answer of this.list) answer.room = 0;
    wanted.forEach(({ key, label }, n) => {
      const decoder = find('decoder', key);
      if (decoder?.latentDim === size) this.list[n].adopt(decoder, label);
    });
    return this.list.every(({ decoder }) => decoder?.latentDim === size);
  }

  /**
   * @param {ArrayLike<number>} z
   * @param {() => import('./look.js').Look} look
   * @param {import('./meter.js').Meter} meter
   */
  paint(z, look, meter) {
    for (const answer of this.list) {
      const began = performance.now();
      answer.paint(z, look);
      meter.decoded(performance.now() - began);
      if (!answer.canvas.hasAttribute('aria-label')) this.describe(z);
    }
  }

  /** @param {ArrayLike<number>} z @returns {string} z in words */
  describe(z) {
    const more = z.length > 8 ? ', …' : '';
    const words = `z = (${Array.from(z).slice(0, 8).map(signed).join(', ')}${more})`;
    for (const { canvas } of this.list) canvas.setAttribute('aria-label', `Decoded x, the mean of p(x|z), at ${words}`);
    return words;
  }
}

/** The small screen beside the pointer: the first decoder's answer, or the image of the point under it. */
export class Rider {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.canvas = /** @type {HTMLCanvasElement} */ (root.querySelector('canvas'));
    this.words = /** @type {HTMLElement} */ (root.querySelector('span'));
  }

  hide() {
    this.root.hidden = true;
  }

  /**
   * @param {number} x of the pointer on the pad, CSS pixels
   * @param {number} y
   * @param {number} size of the pad
   * @param {{mean: Float32Array, shape: number[]}|null} image null where there is none to show
   * @param {string} words
   */
  show(x, y, size, image, words) {
    this.root.hidden = false;
    this.canvas.hidden = !image;
    if (image) {
      const fit = crispSize(RIDER, image.shape);
      setSize(this.canvas, fit.width, fit.height);
      paintImage(this.canvas, image.mean, image.shape);
    }
    if (this.words.textContent !== words) this.words.textContent = words;
    const [right, below] = [x < size - 130, y < size - 140];
    this.root.style.transform =
      `translate(${right ? x + 16 : x - 16}px, ${below ? y + 16 : y - 16}px) ` +
      `translate(${right ? 0 : -100}%, ${below ? 0 : -100}%)`;
  }
}

/** Write a size only where it has changed. @type {(canvas: HTMLCanvasElement, width: number, height: number) => void} */
function setSize(canvas, width, height) {
  const [w, h] = [`${width}px`, height ? `${height}px` : 'auto'];
  if (canvas.style.width !== w) canvas.style.width = w;
  if (canvas.style.height !== h) canvas.style.height = h;
}
