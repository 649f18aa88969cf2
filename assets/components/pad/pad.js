/** One mounted pad. z is the sliders'; the map, the marks and the answers follow it once a frame. */

import { find, listen } from '../carrier/registry.js';
import { Sliders, signed } from '../decoder/sliders.js';
import { Answer, Rider } from './answers.js';
import { listenToButtons } from './buttons.js';
import { Ellipses } from './ellipses.js';
import { Fields } from './fields.js';
import { FRAME, PlaneChoice } from './frame.js';
import { Gestures } from './gestures.js';
import { Keys } from './keys.js';
import { Layers } from './layers.js';
import { lookOf } from './look.js';
import { Marks } from './marks.js';
import { meet } from './meet.js';
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
    /** @type {Answer[]} */
    this.answers = [];
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
    /** @type {(() => void)[]} */
    this.unlink = [];
    this.link = '';
  }

  get held() {
    return this.gestures.held || this.sliders.held;
  }

  /** @param {Settings} settings */
  receive(settings) {
    this.settings = settings;
    this.mode ??= settings.mode === 'walk' ? new Walk(this) : new Explore(this);
    this.root.classList.toggle('walking', this.mode instanceof Walk);
    if (settings.link !== this.link) this.join(settings.link);
    this.update();
  }

  /** @param {string|null} name */
  join(name) {
    for (const end of this.unlink) end();
    this.link = name ?? '';
    if (!name) return;
    const place = meet(name);
    this.unlink = [
      place.hear('z', (z) => this.follow(z), this),
      place.hear('heads', (heads) => this.marks.drawHeads(this.plane, (this.heads = heads)), this),
    ];
  }

  /** Follow another pad of this link. @param {number[]} z */
  follow(z) {
    if (z.length !== this.sliders.z.length || this.mode instanceof Walk) return;
    this.following = true;
    this.sliders.set(z);
    this.following = false;
  }

  /** Follow Python's settings and the newest parcels. What a hand has moved stays where it is. */
  update() {
    const { settings } = this;
    if (!settings || !this.takeDecoders()) return;
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
      manifold: this.answers[0].decoder?.header.view === 'image',
    });
    this.part('.snap').hidden = !settings.image || this.mode instanceof Walk;
    this.map.setAttribute('aria-label', `${settings.name}. ${this.keys.words}`);
    this.ellipses.set(settings.ellipses, this.held);
    this.mode?.adopt(settings);
    this.turn();
  }

  /** @returns {boolean} whether there is something that decodes */
  takeDecoders() {
    const { decoders, latent_dim: size } = /** @type {Settings} */ (this.settings);
    const found = decoders.map(({ key }) => find('decoder', key));
    while (this.answers.length > decoders.length) this.answers.pop()?.root.remove();
    while (this.answers.length < decoders.length) this.answers.push(new Answer(this.part('.answers')));
    found.forEach((decoder, n) => {
      if (decoder?.latentDim === size) this.answers[n].adopt(decoder, decoders[n].label);
    });
    this.part('.answers').classList.toggle('several', decoders.length > 1);
    return this.answers.every(({ decoder }) => decoder?.latentDim === size); // else the weights are on their way
  }

  /** The plane may be another. */
  turn() {
    this.choice.apply(this.plane, this.settings.principal);
    const points = this.settings.points && find('points', this.settings.points);
    if (points?.latent_dim === this.plane.latentDim) this.points.project(points, this.plane);
    this.redraw();
  }

  /** z has moved, by whatever hand. */
  moved() {
    this.mode?.moved();
    if (this.link && !this.following && this.mode instanceof Explore) {
      meet(this.link).say('z', Array.from(this.sliders.z), this);
    }
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
    if (changed && this.link) meet(this.link).say('ellipse', this.ellipses.told(changed), this);
  }

  drawPins() {
    if (this.mode instanceof Walk) this.marks.drawPins(this.plane, this.mode.pins.list, this.mode.pins.selected);
    const drawn = this.mode instanceof Walk ? this.mode.pins.selected + 1 : 0;
    this.part('.remove').textContent = `Remove pin ${drawn}`;
  }

  /** @param {number[][]|null} path a walk that is being drawn */
  drawSketch(path) {
    this.marks.drawPaths(this.plane, path ? [{ style: 'sketch', z: path }] : this.settings.paths);
  }

  /** @param {number} dx @param {number} dy */
  pan(dx, dy) {
    this.plane.pan(dx, dy);
    this.stale.map = true;
  }

  /** Show the prior. */
  home() {
    this.plane.home();
    this.redraw();
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
    if (!this.settings || !this.answers[0]?.decoder) return;
    const { map, answers, cursor } = this.stale;
    this.stale = { map: false, answers: false, cursor: false };
    if (map) paintMap(this);
    if (map || cursor) this.marks.drawCursor(this.plane, this.mode instanceof Walk ? null : this.sliders.z);
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

  describe() {
    const z = Array.from(this.sliders.z.subarray(0, 8), signed).join(', ');
    const more = this.sliders.z.length > 8 ? ', …' : '';
    const words = `z = (${z}${more})`;
    for (const { canvas } of this.answers) canvas.setAttribute('aria-label', `Decoded x, the mean of p(x|z), at ${words}`);
    return words;
  }

  /** Say aloud where z has settled. */
  speak() {
    this.say(this.describe());
  }

  /** @param {string} words */
  say(words) {
    this.part('.spoken').textContent = words;
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.deaf();
    for (const end of this.unlink) end();
    this.resizing.disconnect();
    this.gestures.destroy();
    this.sliders.destroy();
    this.fields.destroy();
    this.meter.destroy();
    this.root.remove();
  }
}
