/** One mounted pad. z is the sliders'; the map, the marks and the answers follow it once a frame. */

import { find, listen } from '../carrier/registry.js';
import { Sliders } from '../decoder/sliders.js';
import { Answers, Rider } from './answers.js';
import { listenToButtons } from './buttons.js';
import { Cursor } from './cursor.js';
import { Ellipses } from './ellipses.js';
import { Fields } from './fields.js';
import { FRAME, PlaneChoice } from './frame.js';
import { Gestures } from './gestures.js';
import { Keys } from './keys.js';
import { Layers } from './layers.js';
import { Link } from './link.js';
import { lookOf } from './look.js';
import { Marks } from './marks.js';
import { Meter } from './meter.js';
import { Explore, Walk } from './modes.js';
import { askFields, paintAnswers, paintMap } from './picture.js';
import { Plane } from './plane.js';
import { Points } from './points.js';

const LARGEST = 560; // CSS pixels
const STEP = 56; // sides are multiples of it: images of 28 and of 8 pixels then cover whole screen pixels

/** @typedef {any} Settings what Python sends at each run (pages/components/pad.py, pad_settings); small. */

export class Pad {
  /** @param {HTMLElement | ShadowRoot} parent */
  constructor(parent) {
    this.root = document.createElement('div');
    this.root.className = 'pad';
    this.root.innerHTML = FRAME;
    parent.append(this.root);
    const part = (/** @type {string} */ selector) => /** @type {any} */ (this.root.querySelector(selector));
    this.part = part;
    this.map = /** @type {HTMLElement} */ (part('.map'));
    this.ground = /** @type {HTMLCanvasElement} */ (part('.ground'));
    /** @type {Settings|null} */
    this.settings = null;
    this.plane = new Plane(1);
    this.points = new Points();
    this.ellipses = new Ellipses();
    this.answers = new Answers(part('.answers'));
    /** @type {Float64Array|Float32Array|null} */
    this.hovered = null; // the code under the pointer, while nothing is dragged
    /** @type {{style: string, z: number[]}[]} playheads of films on this link */
    this.heads = [];
    this.stale = { map: true, answers: true, cursor: true };
    this.frame = 0;
    /** @type {Explore|Walk|null} */
    this.mode = null;
    /** @type {(name: string, value: any) => void} */
    this.setStateValue = () => {};
    this.meter = new Meter(part('.meter'));
    this.marks = new Marks(part('.marks'));
    this.cursor = new Cursor(part('.cursor'));
    this.rider = new Rider(part('.rider'));
    this.fields = new Fields(() => this.redraw());
    this.layers = new Layers(part('.layers'), () => this.redraw());
    this.choice = new PlaneChoice(this.root, () => this.turn());
    this.sliders = new Sliders(part('.rows'), { moved: () => this.moved(), settled: () => this.mode?.tell() });
    this.keys = new Keys(this);
    this.gestures = new Gestures(this.map, {
      hover: (x, y) => this.hover(x, y),
      leave: () => this.leave(),
      press: (x, y, target) => this.press(x, y, target),
      pan: (dx, dy) => this.pan(dx, dy),
      zoom: (factor, x, y) => this.zoom(factor, x, y),
      moved: (began) => {
        this.paint();
        this.meter.frame(began);
      },
    });
    listenToButtons(this);
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(part('.chart'));
    this.deaf = listen(() => this.update());
    this.link = new Link(this);
  }

  get held() {
    return this.gestures.held || this.sliders.held;
  }

  /** @param {Settings} settings */
  receive(settings) {
    this.settings = settings;
    this.mode ??= settings.mode === 'walk' ? new Walk(this) : new Explore(this);
    this.root.classList.toggle('walking', this.mode instanceof Walk);
    this.link.join(settings.link, settings.follow);
    this.update();
  }

  /** Follow Python's settings and the newest parcels. What a hand has moved stays where it is. */
  update() {
    const { settings } = this;
    if (!settings || !this.answers.take(settings.decoders, settings.latent_dim)) return;
    const { latent_dim: size, kl_per_dimension: kl } = settings;
    if (this.plane.latentDim !== size) {
      this.plane = new Plane(size);
      this.fit();
    }
    this.sliders.build(size, settings.spread);
    this.sliders.showKl(kl, settings.unused);
    this.part('.kl-legend').hidden = !kl;
    this.choice.offer(size, kl);
    this.layers.begin(settings.layers);
    this.layers.allow({
      points: Boolean(settings.points),
      density: Boolean(settings.points),
      holes: Boolean(settings.points),
      ellipses: settings.ellipses.length > 0,
      forces: settings.arrows.length > 0,
      manifold: this.answers.decoder?.header.view === 'image',
    });
    this.part('.snap').hidden = !settings.image || this.mode instanceof Walk;
    this.map.setAttribute('aria-label', `${settings.name}. ${this.keys.words}`);
    this.ellipses.set(settings.ellipses, this.held);
    this.link.adopt(() => this.mode?.adopt(settings));
    this.turn();
  }

  /** The plane may be another. */
  turn() {
    this.choice.apply(this.plane, this.settings.principal);
    const points = this.settings.points && find('points', this.settings.points);
    if (points?.latent_dim === this.plane.latentDim) this.points.project(points, this.plane);
    this.link.renew();
    this.settle();
    this.redraw();
  }

  /** z has moved, by whatever hand. */
  moved() {
    this.mode?.moved();
    if (this.mode instanceof Explore) this.link.sayZ(this.sliders.z);
    this.stale.answers = this.stale.cursor = true;
    this.paintSoon();
  }

  /** @param {number} x @param {number} y CSS pixels of the map */
  moveTo(x, y) {
    const [a, b] = this.plane.at(x, y);
    this.hovered = null;
    this.sliders.set(this.plane.move(this.sliders.z, a, b));
    this.ride(x, y, -1);
  }

  /** @param {ArrayLike<number>} z */
  jump(z) {
    if (this.mode instanceof Walk) this.mode.add(z);
    else this.sliders.set(z);
    this.mode?.tell();
  }

  /** @param {number} x @param {number} y @returns {number} the point there, or -1 */
  pointAt(x, y) {
    return this.layers.on.has('points') ? this.points.nearest(this.plane, x, y) : -1;
  }

  /** @returns {[number, number]} where z stands on the map */
  cursorAt() {
    const [a, b] = this.plane.of(this.sliders.z);
    return [this.plane.x(a), this.plane.y(b)];
  }

  /** @param {number} x @param {number} y */
  hover(x, y) {
    const n = this.pointAt(x, y);
    const [a, b] = this.plane.at(x, y);
    this.hovered = n >= 0 ? this.points.mean(n) : this.plane.move(this.sliders.z, a, b);
    this.stale.answers = true;
    this.ride(x, y, n);
  }

  leave() {
    this.riding = null;
    if (!this.hovered && this.rider.root.hidden) return;
    this.hovered = null;
    this.rider.hide();
    this.stale.answers = true;
    this.paintSoon();
  }

  /** @param {number} x @param {number} y @param {number} point */
  ride(x, y, point) {
    /** @type {{x: number, y: number, point: number}|null} */
    this.riding = { x, y, point };
  }

  /** @param {number} x @param {number} y @param {Element} target @returns {import('./gestures.js').Drag|null} */
  press(x, y, target) {
    const handle = /** @type {SVGElement|null} */ (target.closest('[data-handle]'));
    const id = /** @type {SVGElement|null} */ (target.closest('[data-ellipse]'))?.dataset.ellipse;
    if (!handle || !id) return this.mode?.press(x, y, target) ?? null;
    return {
      move: (toX, toY) => {
        if (this.ellipses.drag(id, handle.dataset.handle, this.plane.at(toX, toY))) this.drawEllipses(id);
      },
      end: () => this.setStateValue('ellipse', this.ellipses.told(id)),
    };
  }

  /** @param {string} changed the one that a hand moves: others on this link hear of it */
  drawEllipses(changed = '') {
    const on = this.layers.on.has('ellipses');
    this.marks.drawEllipses(this.plane, this.ellipses.shapes(this.plane).filter((e) => on || e.draggable));
    if (changed) this.link.say('ellipse', this.ellipses.told(changed));
  }

  /** The walk as its pins stand: the straight line follows them at once, the others when Python has found them. */
  drawWalk() {
    if (!(this.mode instanceof Walk)) return;
    const { pins } = this.mode;
    this.marks.drawPaths(this.plane, this.mode.paths(this.settings.paths));
    this.marks.drawPins(this.plane, pins.list, pins.selected);
    this.part('.remove').textContent = `Remove pin ${pins.selected + 1}`;
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.plane.pan(dx, dy);
    this.stale.map = true;
  }

  /** Show the prior and almost all points. */
  home() {
    this.plane.least = this.points.extent();
    this.plane.home();
    this.redraw();
  }

  /** Show another plane or another model whole; new codes of the same model leave the window as it is. */
  settle() {
    const shown = `${this.plane.u} ${this.plane.v} ${this.settings.home}`;
    if (shown === this.shown || !this.points.data) return;
    this.shown = shown;
    this.home();
  }

  /** @param {number} factor @param {number} [x] @param {number} [y] */
  zoom(factor, x, y) {
    this.plane.zoom(factor, x, y);
    this.redraw();
  }

  /** The map is as wide as there is room for, in whole screen pixels of an image's pixel. */
  fit() {
    const room = Math.min(LARGEST, this.part('.chart').clientWidth);
    const size = room >= STEP ? Math.floor(room / STEP) * STEP : room;
    if (!size) return;
    const ratio = window.devicePixelRatio || 1;
    this.plane.size = size;
    this.root.style.setProperty('--size', `${size}px`);
    this.ground.width = this.ground.height = Math.round(size * ratio);
    this.redraw();
  }

  redraw() {
    this.stale.map = this.stale.answers = this.stale.cursor = true;
    this.paintSoon();
  }

  paintSoon() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.paint());
  }

  paint() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (!this.settings || !this.answers.decoder) return;
    this.link.sayImage();
    const { map, answers, cursor } = this.stale;
    this.stale = { map: false, answers: false, cursor: false };
    if (map) paintMap(this);
    if (map || cursor) this.cursor.draw(this.plane, this.mode instanceof Walk ? null : this.sliders.z);
    if (map || cursor) askFields(this);
    if (answers) paintAnswers(this);
  }

  /** What canvases are drawn with. */
  colours() {
    return (this.look ??= lookOf(this.root));
  }

  /** The theme may be another. */
  dress() {
    this.look = undefined;
    this.fields.repaint();
  }

  /** Say aloud where z has settled. */
  speak() {
    this.say(this.answers.describe(this.sliders.z));
  }

  /** @param {string} words */
  say(words) {
    this.part('.spoken').textContent = words;
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.deaf();
    this.link.leave();
    this.resizing.disconnect();
    this.gestures.destroy();
    this.sliders.destroy();
    this.fields.destroy();
    this.meter.destroy();
    this.root.remove();
  }
}
