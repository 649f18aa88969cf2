/** The pad's ground: pictures of the whole plane, asked of a worker one at a time, drawn where they belong meanwhile. */

import { HOLE_BELOW, priorDensity } from './mixture.js';

const CELLS = { density: 140, stretch: 48 };
const MOST_IMAGES = 20; // a side
const HATCH = 5; // cells from stripe to stripe
const AT_REST_MS = 500; // after the first drawing the worker is started, so that the first picture need not wait for it

/**
 * @typedef {object} Wanted
 * @property {Set<string>} layers
 * @property {import('../decoder/decoder.js').Decoder|null} decoder
 * @property {any} points
 * @property {import('./plane.js').Plane} plane
 * @property {ArrayLike<number>} z
 */

/** @type {(layers: Set<string>) => string[]} what has to be computed for them */
const kindsOf = (layers) => [
  ...(layers.has('density') || layers.has('holes') ? ['density'] : []),
  ...['stretch', 'manifold'].filter((kind) => layers.has(kind)),
];

/** The pictures that there are, and the one that is being made. */
export class Fields {
  /** @param {() => void} changed called when a picture has come */
  constructor(changed) {
    this.changed = changed;
    /** @type {Worker|null} */
    this.worker = null;
    /** @type {Map<string, any>} by kind */
    this.pictures = new Map();
    /** @type {Map<string, string>} what each was made of */
    this.madeOf = new Map();
    this.early = 0;
    this.busy = '';
    this.asked = 0;
    /** @type {Record<string, number>} milliseconds from asking to having, by kind */
    this.took = {};
    this.sent = { decoder: '', points: '' };
    /** @type {Wanted|null} */
    this.wanted = null;
    /** @type {Map<string, HTMLCanvasElement>} */
    this.painted = new Map();
  }

  /** @param {Wanted} wanted the newest; what is not ready yet is asked for, one after the other */
  want(wanted) {
    this.wanted = wanted;
    this.early ||= window.setTimeout(() => { this.worker ??= this.start(); }, AT_REST_MS);
    this.ask();
  }

  ask() {
    const { wanted } = this;
    if (!wanted || this.busy) return;
    for (const kind of kindsOf(wanted.layers)) {
      const source = kind === 'density' ? wanted.points : wanted.decoder;
      if (!source || (kind === 'manifold' && source.header.view !== 'image')) continue;
      const size = kind === 'manifold' ? imagesASide(wanted.plane, source.header.image_shape) : CELLS[kind];
      const view = { ...wanted.plane.view(), z: kind === 'density' ? [] : across(wanted.plane, wanted.z) };
      const key = kind === 'density' ? source.key : source.header.key;
      const made = JSON.stringify([key, size, view]);
      if (this.madeOf.get(kind) === made) continue;
      this.madeOf.set(kind, made);
      this.post(kind, source, key, view, size);
      return;
    }
  }

  /** @param {string} kind @param {any} source @param {string} key @param {any} view @param {number} size */
  post(kind, source, key, view, size) {
    this.worker ??= this.start();
    const role = kind === 'density' ? 'points' : 'decoder';
    const fresh = this.sent[role] !== key;
    this.sent[role] = key;
    const content = role === 'decoder' ? source.bytes : plainPoints(source);
    this.busy = kind;
    this.asked = performance.now();
    this.worker.postMessage({ kind, view, size, ...(fresh ? { [role]: content } : {}) });
  }

  start() {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }) => {
      this.took[data.kind] = performance.now() - this.asked;
      this.busy = '';
      this.pictures.set(data.kind, data);
      this.painted.delete(data.kind);
      if (data.kind === 'density') this.painted.delete('holes');
      this.changed();
      this.ask();
    };
    return worker;
  }

  /** Paint anew at the next drawing: the theme has changed. */
  repaint() {
    this.painted.clear();
  }

  /**
   * Draw the layers that are on, each where its view lies on the plane now.
   *
   * @param {CanvasRenderingContext2D} context scaled to CSS pixels
   * @param {import('./plane.js').Plane} plane
   * @param {Set<string>} layers
   * @param {import('./look.js').Look} look
   */
  draw(context, plane, layers, look) {
    for (const layer of ['manifold', 'stretch', 'density', 'holes']) {
      const picture = this.pictures.get(layer === 'holes' ? 'density' : layer);
      if (!layers.has(layer) || !picture || !sameDirections(picture.view, plane)) continue;
      let canvas = this.painted.get(layer);
      if (!canvas) this.painted.set(layer, canvas = paint(layer, picture, plane.flat, look));
      const { centre, reach } = picture.view;
      const side = 2 * reach * plane.scale;
      context.imageSmoothingEnabled = false;
      context.drawImage(canvas, plane.x(centre[0] - reach), plane.y(centre[1] + reach), side, side);
    }
    context.imageSmoothingEnabled = true; // the codes' discs stand between screen pixels
  }

  /**
   * The smallest and the largest finite value of a picture, for its legend.
   *
   * @param {string} kind
   * @returns {[number, number]|null}
   */
  range(kind) {
    const values = this.pictures.get(kind)?.values;
    return values ? finiteRange(values) : null;
  }

  destroy() {
    clearTimeout(this.early);
    this.worker?.terminate();
  }
}

/** @type {(values: Float64Array) => [number, number]} */
function finiteRange(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

/**
 * How many images fit side by side, each pixel of an image on the same whole number of screen pixels.
 *
 * @param {import('./plane.js').Plane} plane
 * @param {number[]} shape C, H, W
 * @returns {number}
 */
function imagesASide(plane, [, height, width]) {
  const screen = plane.size * (window.devicePixelRatio || 1);
  const side = Math.max(height, width);
  let scale = 1;
  while (screen / (side * scale) > MOST_IMAGES + 0.5) scale++;
  return Math.max(1, Math.round(screen / (side * scale)));
}

/** What z is across the plane, which pictures of the decoder depend on: 0 on the plane itself. */
function across(/** @type {import('./plane.js').Plane} */ plane, /** @type {ArrayLike<number>} */ z) {
  const [a, b] = plane.of(z);
  return Array.from(z, (value, j) => Number((value - a * plane.u[j] - b * plane.v[j]).toFixed(3)) || 0);
}

/** @type {(points: any) => any} */
const plainPoints = ({ key, count, latent_dim, means, stds }) => ({ key, count, latent_dim, means, stds });

/** @type {(view: {u: number[], v: number[]}, plane: import('./plane.js').Plane) => boolean} */
const sameDirections = (view, plane) =>
  view.u.length === plane.latentDim && view.u.every((entry, j) => entry === plane.u[j] && view.v[j] === plane.v[j]);

/** @type {(layer: string, picture: any, flat: boolean, look: import('./look.js').Look) => HTMLCanvasElement} */
function paint(layer, picture, flat, look) {
  const canvas = document.createElement('canvas');
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (layer === 'manifold') {
    canvas.width = picture.width;
    canvas.height = picture.height;
    context.putImageData(new ImageData(picture.pixels, picture.width, picture.height), 0, 0);
    return canvas;
  }
  const { values, size, view } = picture;
  canvas.width = canvas.height = size;
  const [low, high] = finiteRange(values);
  const colour = layer === 'density' ? look.markRgb : look.textRgb;
  const image = context.createImageData(size, size);
  for (let n = 0; n < values.length; n++) {
    image.data.set(colour, 4 * n);
    image.data[4 * n + 3] = 255 * (layer === 'holes'
      ? hatched(n, size) * holeOpacity(values[n], place(n, size, view), flat)
      : opacity(layer, values[n], low, high));
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** @type {(layer: string, value: number, low: number, high: number) => number} */
function opacity(layer, value, low, high) {
  if (layer === 'density') return high > 0 ? 0.95 * Math.sqrt(value / high) : 0;
  return Number.isFinite(value) && high > low ? (0.75 * (value - low)) / (high - low) : 0;
}

/** Stripes from lower left to upper right. @type {(n: number, size: number) => number} */
const hatched = (n, size) => ((Math.floor(n / size) + (n % size)) % HATCH < 2 ? 1 : 0);

/** The place of a cell's middle. @type {(n: number, size: number, view: {centre: number[], reach: number}) => number[]} */
const place = (n, size, { centre, reach }) => [
  centre[0] + reach * ((2 * (n % size) + 1) / size - 1),
  centre[1] + reach * (1 - (2 * Math.floor(n / size) + 1) / size),
];

/** Darker where the prior has more mass to lose. @type {(q: number, at: number[], flat: boolean) => number} */
function holeOpacity(q, [a, b], flat) {
  const prior = priorDensity(a, b, flat);
  return q < HOLE_BELOW * prior ? Math.min(1, 1.1 * Math.sqrt(prior / priorDensity(0, 0, flat))) : 0;
}
