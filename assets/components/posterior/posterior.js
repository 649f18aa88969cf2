/** One mounted instrument. The hand's ellipse is a shape; the marks and the numbers follow it once a frame. */

import { unpack } from '../packing.js';
import { Gestures } from '../pad/gestures.js';
import { lookOf } from '../pad/look.js';
import { Marks } from '../pad/marks.js';
import { Plane } from '../pad/plane.js';
import { EllipseMarks, handlePlaces } from './ellipses.js';
import { Climb } from './fit.js';
import { FRAME } from './frame.js';
import { allowed, gaussianOf, pulled, shapeOf } from './hand.js';
import { paintHeat } from './heat.js';
import { LogJoint } from './joint.js';
import { WORDS, press } from './keys.js';
import { Readout } from './readout.js';
import { Run } from './run.js';
import { follow, show } from './windows.js';
import { spoken, verdict } from './words.js';

/** @typedef {import('./gaussian.js').Gaussian} Gaussian */
/** @typedef {import('../pad/ellipse.js').Shape} Shape */
/** @typedef {Gaussian & {id: string, label: string, style: string, elbo: number}} Given */

const LARGEST = 460; // CSS pixels
const MOST_PIXELS = 360; // of the heat map, which is smooth
const SETTLE_MS = 300; // a held key is one change

export class Posterior {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'pad posterior';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.part = part;
    this.map = /** @type {HTMLElement} */ (part('.map'));
    this.ground = /** @type {HTMLCanvasElement} */ (part('.ground'));
    this.plane = new Plane(2);
    /** @type {import('./windows.js').Name} */
    this.window = 'both';
    this.moved = 0; // how often Python has heard
    this.frame = 0;
    this.timer = 0;
    this.stale = { map: true, hand: true };
    /** @type {Uint8Array|null} */
    this.bytes = null;
    /** @type {LogJoint|null} */
    this.joint = null;
    /** @type {Given[]} */
    this.gaussians = [];
    /** @type {"diagonal"|"full"} */
    this.family = 'diagonal';
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.marks = new Marks(part('.marks'));
    this.ellipses = new EllipseMarks(part('.marks'));
    this.readout = new Readout(this.root, (id) => this.take(id));
    this.run = new Run({
      moved: (q) => this.put(q),
      ended: (climb, stopped) => this.ended(climb, stopped),
    });
    this.gestures = new Gestures(this.map, {
      hover: () => {},
      leave: () => {},
      press: (x, y, target) => this.press(x, y, target),
      pan: (dx, dy) => this.look(() => this.plane.pan(dx, dy)),
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      moved: () => this.paint(),
    });
    this.listen();
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(part('.chart'));
  }

  listen() {
    const { part } = this;
    part('.in').onclick = () => this.zoom(0.7);
    part('.out').onclick = () => this.zoom(1 / 0.7);
    part('.home').onclick = () => this.open(this.window);
    part('.climb').onclick = () => this.climb();
    part('.back').onclick = () => this.take('encoder');
    this.map.ondblclick = (event) => {
      const target = /** @type {Element} */ (event.composedPath()[0]);
      if (!target.closest('[data-handle], button')) this.open(this.window);
    };
    this.map.onkeydown = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (press(this, event)) event.preventDefault();
    };
    for (const button of this.root.querySelectorAll('[data-window]')) {
      /** @type {HTMLElement} */ (button).onclick = () => this.open(/** @type {any} */ (button).dataset.window);
    }
    for (const button of this.root.querySelectorAll('[data-family]')) {
      /** @type {HTMLElement} */ (button).onclick = () => this.choose(/** @type {any} */ (button).dataset.family);
    }
  }

  /** @param {Uint8Array} bytes made by `pack_posterior` */
  receive(bytes) {
    if (this.bytes?.length === bytes.length && this.bytes.every((byte, n) => byte === bytes[n])) return;
    this.bytes = bytes.slice();
    const { header, arrays } = unpack(this.bytes);
    this.joint = new LogJoint(header.log_likelihood, header.fine, arrays[0], header.coarse, arrays[1]);
    this.gaussians = header.gaussians;
    this.start = /** @type {Gaussian} */ (header.hand);
    this.map.setAttribute('aria-label', `${header.name}. ${WORDS}`);
    this.readout.receive(this.gaussians, header.log_likelihood);
    if (header.home !== this.home) { // another image or model
      this.home = header.home;
      this.run.destroy();
      this.part('.climb').textContent = 'Fit q';
      clearTimeout(this.timer);
      this.moved = 0;
      this.say('');
      this.hold(shapeOf(this.start));
      this.open(this.window);
    }
    this.redraw();
  }

  /** @param {string} id @returns {Gaussian|undefined} the encoder's is where the hand began, if it was not given */
  known(id) {
    return this.gaussians.find((given) => given.id === id) ?? (id === 'encoder' ? this.start : undefined);
  }

  // ---- the hand's ellipse ------------------------------------------------------------------------------

  /** @param {Shape} shape */
  hold(shape) {
    this.shape = shape;
    this.stale.hand = true;
    this.paintSoon();
  }

  /** @param {Gaussian} q where no hand has put it: the window follows */
  put(q) {
    this.hold(shapeOf(q));
    if (follow(this.plane, q)) this.look(() => {});
  }

  /** Keys settle when they rest. @param {Shape} shape */
  nudge(shape) {
    this.halt();
    this.say('');
    this.hold(shape);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.tell(), SETTLE_MS);
  }

  /** @param {string} id put the hand onto a Gaussian that is known */
  take(id) {
    const q = this.known(id);
    if (!q) return;
    this.halt();
    this.say('');
    this.put(q);
    this.tell();
  }

  /** @param {number} x @param {number} y @param {Element} target @returns {import('../pad/gestures.js').Drag|null} */
  press(x, y, target) {
    this.halt();
    const handle = /** @type {any} */ (target.closest('[data-handle]'))?.dataset.handle;
    if (!handle || !this.shape) return null;
    const before = this.shape;
    const place = handlePlaces(this.plane, before)[/** @type {import('./hand.js').Handle} */ (handle)];
    const [dx, dy] = [place.x - x, place.y - y];
    /** @type {any} */ (this.map.querySelector(`.handle.${handle}`))?.focus({ preventScroll: true });
    this.say('');
    return {
      move: (toX, toY) => this.hold(pulled(this.shape ?? before, handle, this.plane.at(toX + dx, toY + dy), place.ratio)),
      end: (_x, _y, still) => {
        if (still) this.hold(before);
        else this.tell();
      },
      undo: () => this.hold(before),
    };
  }

  /** Python hears where it stands, and so does who cannot see it. */
  tell() {
    clearTimeout(this.timer);
    const measured = this.measure();
    if (!this.shape || !measured || !this.joint) return;
    this.moved += 1;
    const short = (/** @type {number} */ value) => Number(value.toPrecision(10));
    const { mean, cov } = gaussianOf(this.shape);
    this.speak(spoken(measured, this.joint.logLikelihood));
    this.setStateValue('hand', { home: this.home, mean: mean.map(short), cov: cov.map(short), moved: this.moved });
  }

  measure() {
    return this.shape && this.joint ? this.joint.measure(gaussianOf(this.shape)) : null;
  }

  // ---- a fit -------------------------------------------------------------------------------------------

  /** @param {"diagonal"|"full"} family */
  choose(family) {
    this.halt();
    this.family = family;
    this.tick('[data-family]', family);
  }

  climb() {
    if (this.run.going) {
      this.run.stop();
      return;
    }
    if (!this.shape || !this.joint) return;
    clearTimeout(this.timer);
    this.say('');
    this.part('.climb').textContent = 'Stop';
    this.run.start(new Climb(this.joint, gaussianOf(this.shape), this.family, allowed));
  }

  /** A hand stops a climb. */
  halt() {
    this.run.stop();
  }

  /** @param {Climb} climb @param {boolean} stopped */
  ended(climb, stopped) {
    this.part('.climb').textContent = 'Fit q';
    if (!climb.now || !this.joint) return;
    const best = this.gaussians.find((given) => given.id === climb.family);
    const least = best ? this.joint.logLikelihood - best.elbo : null;
    this.tell();
    if (stopped) return;
    this.say(verdict(climb.family, climb.now.gap, least, climb.ended));
    this.speak(`${this.part('.verdict').textContent} ${this.part('.spoken').textContent}`);
  }

  // ---- the window --------------------------------------------------------------------------------------

  /** @param {import('./windows.js').Name} name */
  open(name) {
    this.window = name;
    this.tick('[data-window]', name);
    const qs = [this.known('encoder'), this.shape && gaussianOf(this.shape)].filter((q) => q !== undefined);
    const { joint } = this;
    if (joint) this.look(() => show(this.plane, name, joint.bulk, qs));
  }

  /** @param {() => void} change of the window */
  look(change) {
    change();
    this.stale.map = true;
    this.paintSoon();
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  zoom(factor, x, y) {
    this.look(() => this.plane.zoom(factor, x, y));
  }

  // ---- painting ----------------------------------------------------------------------------------------

  /** The map is as wide as there is room for. */
  fit() {
    const size = Math.min(LARGEST, this.part('.chart').clientWidth - 2);
    if (size <= 0 || size === this.plane.size) return;
    this.plane.size = size;
    this.root.style.setProperty('--size', `${size}px`);
    this.ground.width = this.ground.height = Math.min(MOST_PIXELS, Math.round(size * (window.devicePixelRatio || 1)));
    this.redraw();
  }

  redraw() {
    this.stale.map = this.stale.hand = true;
    this.paintSoon();
  }

  paintSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    const { joint, shape, plane } = this;
    if (!joint || !shape || plane.size < 2) return;
    const { map, hand } = this.stale;
    this.stale = { map: false, hand: false };
    if (map) {
      this.colours ??= lookOf(this.root);
      paintHeat(this.ground, joint, plane, this.colours.markRgb);
      this.marks.drawAxes(plane, ['z₁', 'z₂']);
      this.marks.drawRings(plane, true);
      this.ellipses.drawGiven(plane, this.gaussians, joint.posterior);
    }
    if (map || hand) this.ellipses.drawHand(plane, shape);
    const measured = hand && this.measure();
    if (measured) this.readout.show(measured);
  }

  /** The theme may be another. */
  dress() {
    this.colours = undefined;
    this.redraw();
  }

  /** @param {string} words */
  say(words) {
    this.part('.verdict').textContent = words;
  }

  /** @param {string} words */
  speak(words) {
    this.part('.spoken').textContent = words;
  }

  /** @param {string} group @param {string} chosen */
  tick(group, chosen) {
    for (const button of this.root.querySelectorAll(group)) {
      button.setAttribute('aria-pressed', String(Object.values(/** @type {HTMLElement} */ (button).dataset).includes(chosen)));
    }
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.run.destroy();
    this.resizing.disconnect();
    this.gestures.destroy();
    this.root.remove();
  }
}
