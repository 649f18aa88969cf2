/** One mounted instrument. Both Gaussians are shapes; the marks and the terms follow them once a frame. */

import { onPoint } from '../formula/pointing.js';
import { Gestures } from '../pad/gestures.js';
import { Marks } from '../pad/marks.js';
import { Plane } from '../pad/plane.js';
import { handlePlaces } from '../posterior/ellipses.js';
import { FRAME } from './frame.js';
import { terms, total } from './kl.js';
import { BothMarks } from './marks.js';
import { Readout, digits } from './readout.js';
import { PRIOR, REACH, gaussianOf, pulled, pushed, shapeOf, upright } from './shapes.js';

/**
 * @typedef {import('../pad/ellipse.js').Shape} Shape
 * @typedef {import('../posterior/gaussian.js').Gaussian} Gaussian
 * @typedef {{q: Gaussian, p: Gaussian, vae: boolean}} Told
 * @typedef {{name: string, now: Told, presets: (Told & {label: string})[]}} Message
 * @typedef {'q'|'p'} Which
 */

const LARGEST = 430; // CSS pixels
const SETTLE_MS = 250; // a held key is one change
const WORDS = 'Tab leads to the handles: arrows move a centre; at the end of a half-axis, up and down lengthen it, '
  + 'left and right turn both; Shift takes larger steps.';

export class Gaussians {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'pad gaussians';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.part = part;
    this.map = /** @type {HTMLElement} */ (part('.map'));
    this.plane = new Plane(2);
    this.plane.reach = REACH;
    /** @type {Record<Which, Shape>|null} */
    this.shapes = null;
    this.vae = false;
    this.frame = 0;
    this.timer = 0;
    this.stale = true; // the axes
    /** @type {Message|null} */
    this.message = null;
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.marks = new Marks(part('.marks'));
    this.both = new BothMarks(part('.marks'));
    this.readout = new Readout(this.root);
    this.gestures = new Gestures(this.map, {
      hover: () => {},
      leave: () => {},
      press: (x, y, target) => this.press(x, y, target),
      pan: () => {},
      zoom: () => {},
      moved: () => this.paint(),
    });
    this.map.onkeydown = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !this.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    part('.vae').onclick = () => this.setCase(!this.vae);
    part('.presets').onclick = (/** @type {Event} */ event) => {
      const place = /** @type {HTMLElement} */ (event.target).closest('button')?.dataset.place;
      if (place !== undefined && this.message) this.take(this.message.presets[Number(place)]);
    };
    this.deaf = onPoint((word) => this.readout.point(word));
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(part('.chart'));
  }

  /** @param {Message} message */
  receive(message) {
    const first = !this.message;
    const drawn = JSON.stringify(message.presets.map(({ label }) => label));
    this.message = message;
    this.map.setAttribute('aria-label', `${message.name}. ${WORDS}`);
    if (drawn !== this.drawn) {
      this.drawn = drawn;
      this.part('.presets').replaceChildren(...message.presets.map(({ label }, place) => {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = label;
        button.dataset.place = String(place);
        return button;
      }));
    }
    if (first) this.put(message.now);
    this.paintSoon();
  }

  // ---- both Gaussians ----------------------------------------------------------------------------------

  /** @param {Told} told */
  put({ q, p, vae }) {
    this.shapes = { q: shapeOf(q), p: shapeOf(p) };
    this.mark(vae);
    this.paintSoon();
  }

  /** @param {Told} told a button's */
  take(told) {
    this.put(told);
    this.paint();
    this.tell();
  }

  /** @param {boolean} on */
  mark(on) {
    this.vae = on;
    this.part('.vae').setAttribute('aria-pressed', String(on));
  }

  /** @param {boolean} on */
  setCase(on) {
    if (!this.shapes) return;
    if (on) this.shapes = { q: upright(this.shapes.q), p: PRIOR };
    this.mark(on);
    this.paint();
    this.tell();
  }

  /** @param {Which} which @param {Shape} shape */
  hold(which, shape) {
    if (!this.shapes) return;
    this.shapes = { ...this.shapes, [which]: shape };
    this.paintSoon();
  }

  /** @param {number} x @param {number} y @param {Element} target @returns {import('../pad/gestures.js').Drag|null} */
  press(x, y, target) {
    const { handle, of } = /** @type {any} */ (target.closest('[data-handle]'))?.dataset ?? {};
    if (!handle || !this.shapes) return null;
    const which = /** @type {Which} */ (of);
    const before = this.shapes[which];
    const place = handlePlaces(this.plane, before)[/** @type {import('./shapes.js').Handle} */ (handle)];
    const [dx, dy] = [place.x - x, place.y - y];
    /** @type {any} */ (this.map.querySelector(`.${which} .handle.${handle}`))?.focus({ preventScroll: true });
    return {
      move: (toX, toY) => this.hold(which, pulled(
        this.shapes?.[which] ?? before, handle, this.plane.at(toX + dx, toY + dy), place.ratio, this.vae,
      )),
      end: (_x, _y, still) => {
        if (still) this.hold(which, before);
        else this.tell();
      },
      undo: () => this.hold(which, before),
    };
  }

  /** Keys settle when they rest. @param {KeyboardEvent} event @returns {boolean} whether it means something here */
  key({ key, shiftKey, target }) {
    const { handle, of } = /** @type {HTMLElement} */ (target).dataset;
    const which = /** @type {Which} */ (of);
    const shape = handle && this.shapes?.[which];
    const moved = shape && pushed(shape, /** @type {any} */ (handle), key, shiftKey, this.vae);
    if (!moved) return false;
    this.hold(which, moved);
    this.paint();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tell(), SETTLE_MS);
    return true;
  }

  /** @returns {{q: Gaussian, p: Gaussian}|null} */
  now() {
    return this.shapes && { q: gaussianOf(this.shapes.q), p: gaussianOf(this.shapes.p) };
  }

  /** Python hears where they stand, and so does who cannot see it. */
  tell() {
    clearTimeout(this.timer);
    this.timer = 0;
    const now = this.now();
    if (!now) return;
    const [forth, back] = [total(terms(now.q, now.p)), total(terms(now.p, now.q))];
    this.part('.spoken').textContent = `KL of q from p ${digits(forth)} nats, of p from q ${digits(back)} nats.`;
    const short = (/** @type {number[]} */ values) => values.map((value) => Number(value.toPrecision(12)));
    const told = (/** @type {Gaussian} */ { mean, cov }) => ({ mean: short(mean), cov: short(cov) });
    this.setStateValue('gaussians', { q: told(now.q), p: told(now.p), vae: this.vae });
  }

  // ---- painting ----------------------------------------------------------------------------------------

  /** The plane is as wide as there is room for. */
  fit() {
    const size = Math.min(LARGEST, this.part('.chart').clientWidth - 2);
    if (size <= 0 || size === this.plane.size) return;
    this.plane.size = size;
    this.root.style.setProperty('--size', `${size}px`);
    this.stale = true;
    this.paintSoon();
  }

  paintSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { shapes, plane } = this;
    const now = this.now();
    if (!shapes || !now || plane.size < 2) return;
    if (this.stale) this.marks.drawAxes(plane, ['z₁', 'z₂']);
    this.stale = false;
    this.both.draw('p', plane, shapes.p, this.vae, false);
    this.both.draw('q', plane, shapes.q, false, this.vae);
    this.readout.show({ forth: terms(now.q, now.p), back: terms(now.p, now.q) });
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.deaf();
    this.resizing.disconnect();
    this.gestures.destroy();
    this.root.remove();
  }
}
