/** Frames of a walk on canvases: images side by side, or, where x is a point, curves on axes. */

import { paint } from '../images/grid.js';
import { placeOf } from './reel.js';

/** @typedef {import('../decoder/decoder.js').Decoder} Decoder */
/** @typedef {import('./reel.js').Reel} Reel */
/** @typedef {{text: string, style: string, ground: string, font: string}} Colours */

const MARGIN = 18; // CSS pixels around the axes of a plane

/**
 * @param {Decoder} decoder
 * @param {number[][]} codes
 * @returns {Float32Array} the means, one after the other
 */
export function decodeAll(decoder, codes) {
  const means = new Float32Array(codes.length * decoder.outputSize);
  codes.forEach((z, n) => means.set(decoder.decode(z), n * decoder.outputSize));
  return means;
}

/**
 * Images side by side, one canvas pixel for each of theirs; CSS enlarges them by a whole number of screen pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} means of the shown frames
 * @param {number[]} shape C, H, W
 * @param {Reel} reel
 */
export function paintFrames(canvas, means, shape, reel) {
  const [, height, width] = shape;
  const count = reel.shown.length;
  const levels = Uint8ClampedArray.from(means, (value) => value * 255); // rounded and clamped by the array
  const grid = {
    columns: count, bands: 1, rows: 1, gap: reel.gap, line: height, height, scale: reel.scale,
    width: count * (width + reel.gap) - reel.gap,
  };
  paint(canvas, new Uint8Array(levels.buffer), { count, columns: count, shape }, grid);
  canvas.style.width = `${grid.width * grid.scale}px`;
  canvas.style.height = `${height * grid.scale}px`;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width CSS pixels
 * @param {number} height
 */
function cleared(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.lineJoin = 'round';
  return context;
}

/**
 * Each coordinate of x against the frame: x₁ solid, x₂ dashed.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} means of all frames
 * @param {number} size numbers in an x: one or two
 * @param {Reel} reel
 * @param {number} reach half-height of the axis
 * @param {Colours} colours
 */
export function paintTraces(canvas, means, size, reel, reach, colours) {
  const height = 72;
  const context = cleared(canvas, reel.width, height);
  const up = (/** @type {number} */ x) => height / 2 - (x / reach) * (height / 2 - 6);
  ground(context, colours);
  for (const tick of [-reach, 0, reach]) line(context, [[0, up(tick)], [reel.width, up(tick)]]);
  context.globalAlpha = 0.75;
  context.fillText(numeral(reach), 2, up(reach) + 12);
  context.fillText(numeral(-reach), 2, up(-reach) - 4);
  context.globalAlpha = 1;
  context.strokeStyle = colours.style;
  context.lineWidth = 2;
  for (let d = 0; d < size; d++) {
    context.setLineDash(d ? [5, 4] : []);
    line(context, reel.shown.map((frame) => [placeOf(reel, frame), up(means[frame * size + d])]));
  }
}

/**
 * The whole walk among decoded draws from the prior, and where the playhead is on it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} side CSS pixels
 * @param {{means: Float32Array, size: number, frame: number, cloud: Float32Array, reach: number}} what
 * @param {Colours} colours
 */
export function paintPlace(canvas, side, { means, size, frame, cloud, reach }, colours) {
  const flat = size === 1;
  const height = flat ? 56 : side;
  const context = cleared(canvas, side, height);
  const across = (/** @type {number} */ x) => side / 2 + (x / reach) * (side / 2 - MARGIN);
  const up = (/** @type {number} */ y) => (flat ? height / 2 : side / 2 - (y / reach) * (side / 2 - MARGIN));
  const at = (/** @type {ArrayLike<number>} */ xs, /** @type {number} */ n) =>
    /** @type {[number, number]} */ ([across(xs[n * size]), up(flat ? 0 : xs[n * size + 1])]);
  ground(context, colours);
  const [low, high] = [across(-reach), across(reach)];
  line(context, [[low, up(0)], [high, up(0)]]);
  if (!flat) line(context, [[across(0), up(-reach)], [across(0), up(reach)]]);
  context.globalAlpha = 0.75;
  context.textAlign = 'center';
  context.fillText(numeral(-reach), low, up(0) + 16);
  context.fillText(numeral(reach), high, up(0) + 16);
  if (!flat) context.fillText(numeral(reach), across(0), up(reach) - 4);
  context.globalAlpha = 0.3;
  for (let n = 0; n * size < cloud.length; n++) {
    const [x, y] = at(cloud, n);
    if (flat) line(context, [[x, y - 12], [x, y - 4]]);
    else dot(context, x, y, 1.25);
  }
  context.globalAlpha = 1;
  context.strokeStyle = colours.style;
  context.lineWidth = 2;
  line(context, Array.from({ length: means.length / size }, (_, n) => at(means, n)));
  const [x, y] = at(means, frame);
  context.fillStyle = colours.ground;
  dot(context, x, y, 7);
  context.fillStyle = colours.style;
  dot(context, x, y, 5);
}

/** @type {(context: CanvasRenderingContext2D, colours: Colours) => void} thin lines and small figures */
function ground(context, { text, font }) {
  context.strokeStyle = context.fillStyle = text;
  context.font = `11px ${font}`;
  context.lineWidth = 1;
  context.globalAlpha = 0.2;
}

/** @type {(value: number) => string} */
const numeral = (value) => String(value).replace('-', '−');

/** @type {(context: CanvasRenderingContext2D, corners: [number, number][]) => void} */
function line(context, corners) {
  context.beginPath();
  for (const [x, y] of corners) context.lineTo(x, y);
  context.stroke();
}

/** @type {(context: CanvasRenderingContext2D, x: number, y: number, radius: number) => void} */
function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
