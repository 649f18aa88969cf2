/** One mounted ledger. What is lit is what the pointer is over, or else the piece that has the focus. */

import { unpack } from '../packing.js';
import { Axes } from './axes.js';
import { FRAME as PICTURES, Pictures } from './pictures.js';
import { FRAME as STACK, Stack } from './stack.js';
import { fillValues } from './values.js';
import { piece, title, unit } from './words.js';

const MANY = 8; // axes, which then have the whole width
const HINT = 'Point at a piece, a pixel or an axis. A click on a KL or on its axis marks that dimension.';

const FRAME = `
  <p class="title"></p>
  <div class="whole">
    <div class="stack">${STACK}<p class="unit"></p></div>
    <p class="said" aria-hidden="true"></p>
    <div class="about">
      <div class="seen" data-about="reconstruction">${PICTURES}</div>
      <table class="values" data-about="reconstruction" hidden></table>
      <div class="latent"><ul class="axes" aria-label="Latent axes"></ul><p class="axes-key"></p></div>
    </div>
  </div>
  <output class="spoken" aria-live="polite"></output>`;

export class Ledger {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'ledger';
    this.root.setAttribute('role', 'group');
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    this.part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    /** @type {Uint8Array|null} */
    this.bytes = null;
    /** @type {import('./words.js').Account|null} */
    this.account = null;
    this.hovered = ''; // "reconstruction", a latent dimension, or nothing
    this.focused = '';
    this.dimension = 0; // the marked one
    this.told = 0; // the one that Python knows of, or soon will
    this.times = 0; // how often one was chosen
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.stack = new Stack(this.part('.stack'), (about) => this.choose(about));
    this.axes = new Axes(this.part('.axes'), this.part('.axes-key'), (about) => this.choose(about));
    this.pictures = new Pictures(this.part('.seen'), (words) => this.say(words));
    this.listen();
    this.fit = () => {
      this.stack.fit();
      this.pictures.resize();
    };
    this.resizing = new ResizeObserver(this.fit);
    this.resizing.observe(this.root);
    window.addEventListener('resize', this.fit); // the browser's zoom changes the ratio, not always the size
  }

  listen() {
    const aboutOf = (/** @type {Event} */ { target }) =>
      /** @type {HTMLElement|null} */ (/** @type {Element} */ (target).closest('[data-about]'))?.dataset.about ?? '';
    this.root.addEventListener('pointerover', (event) => this.light({ hovered: aboutOf(event) }));
    this.root.addEventListener('pointerleave', () => this.light({ hovered: '' }));
    this.root.addEventListener('focusin', (event) => {
      const target = /** @type {Element} */ (event.target);
      // A mouse's click leaves the focus behind, and nothing should stay lit by it.
      if (!target.matches(':focus-visible')) return;
      this.light({ focused: aboutOf(event) });
      if (target.closest('.pieces')) this.say(this.words());
    });
    this.root.addEventListener('focusout', () => this.light({ focused: '' }));
    this.root.addEventListener('click', (event) => {
      if (/** @type {PointerEvent} */ (event).pointerType !== 'touch') return;
      this.light({ hovered: '', focused: aboutOf(event) }); // a finger has left already
    });
  }

  get lit() {
    return this.hovered || this.focused;
  }

  /** @param {Uint8Array} bytes made by `pack_ledger` */
  receive(bytes) {
    if (bytes === this.bytes) return;
    const first = !this.bytes;
    this.bytes = bytes;
    const { header, arrays } = unpack(bytes);
    const [terms, gaussians, x, mean, map] = /** @type {any[]} */ (arrays);
    const kl = Array.from(terms.subarray(1), Number);
    this.account = {
      label: header.label,
      name: header.name,
      error: header.error,
      cost: -terms[0],
      kl,
      mean: Array.from(gaussians.subarray(0, kl.length), Number),
      std: Array.from(gaussians.subarray(kl.length), Number),
    };
    if (first) this.times = header.heard;
    // What Python says of an older choice than ours would take the mark back.
    if (header.heard >= this.times) this.dimension = this.told = header.dimension;
    this.dimension = Math.min(this.dimension, kl.length - 1);
    const words = title(this.account);
    this.root.setAttribute('aria-label', words);
    this.part('.title').textContent = words;
    this.part('.unit').textContent = unit(this.account);
    this.part('.whole').hidden = ![this.account.cost, ...kl].every(Number.isFinite);
    this.part('.seen').hidden = !header.pictures;
    this.part('.values').hidden = header.pictures;
    this.part('.about').classList.toggle('many', kl.length > MANY);
    if (header.pictures) this.pictures.receive(this.account, header.shape, { x, mean, map });
    else fillValues(this.part('.values'), this.account, { x, mean, map }, header.most_values);
    this.mark();
  }

  /** Show the pieces and the axes, the chosen dimension marked. */
  mark() {
    if (!this.account) return;
    this.stack.show(this.account, this.dimension);
    this.axes.show(this.account, this.dimension);
    this.light({});
  }

  /** @param {{hovered?: string, focused?: string}} change of what is lit */
  light({ hovered = this.hovered, focused = this.focused }) {
    Object.assign(this, { hovered, focused });
    const { lit } = this;
    this.root.classList.toggle('lighting', lit !== '');
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll('[data-about]'))) {
      part.classList.toggle('lit', part.dataset.about === lit);
    }
    this.stack.point(lit);
    this.part('.said').textContent = lit ? this.words() : HINT;
  }

  /** @returns {string} what is lit, in words */
  words() {
    return this.account && this.lit ? piece(this.account, this.lit) : '';
  }

  /** A piece or an axis was pressed. @param {string} about */
  choose(about) {
    if (about === 'reconstruction') return;
    this.dimension = Number(about);
    this.mark();
    if (this.dimension === this.told) return;
    this.told = this.dimension;
    this.setStateValue('dimension', { index: this.dimension, times: ++this.times });
  }

  /** @param {string} words */
  say(words) {
    this.part('.spoken').textContent = words;
  }

  /** The theme may be another. */
  dress() {
    this.pictures.dress();
  }

  destroy() {
    this.resizing.disconnect();
    window.removeEventListener('resize', this.fit);
    this.pictures.destroy();
    this.root.remove();
  }
}
