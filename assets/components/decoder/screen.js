/** What the decoder's answer looks like: an image, or a point of the plane or of a line. */

const SIZE = 280; // of points' canvases, in CSS pixels
const LINE_HEIGHT = 84; // where x is one number
const MARGIN = 34;
const CLOUD = 300; // draws from the prior that show where x can be at all

/**
 * A small generator with a seed (mulberry32), so that the cloud of draws is the same each time.
 *
 * @param {number} seed
 * @returns {() => number} uniform draws from (0, 1)
 */
function uniforms(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4294967296;
  };
}

/**
 * Draw from N(0, 1) by Box and Muller.
 *
 * @param {() => number} uniform draws from (0, 1), 0 excluded
 * @returns {number}
 */
export function normal(uniform) {
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/**
 * Paint a mean in [0, 1] at one canvas pixel per image pixel; CSS enlarges it by a whole number of screen pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} mean (C * H * W)
 * @param {number[]} shape C, H, W
 */
export function paintImage(canvas, mean, [channels, height, width]) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const pixels = context.createImageData(width, height);
  const plane = width * height;
  for (let p = 0; p < plane; p++) {
    for (let c = 0; c < 3; c++) {
      pixels.data[4 * p + c] = mean[(channels === 3 ? c * plane : 0) + p] * 255; // rounded and clamped by the array
    }
    pixels.data[4 * p + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
}

/**
 * The largest size at which each image pixel covers the same whole number of screen pixels.
 *
 * @param {number} available CSS pixels
 * @param {number[]} shape C, H, W
 * @returns {{width: number, height: number}} in CSS pixels
 */
export function crispSize(available, [, height, width]) {
  const ratio = window.devicePixelRatio || 1;
  const scale = Math.max(1, Math.floor((available * ratio) / Math.max(width, height))) / ratio;
  return { width: width * scale, height: height * scale };
}

/**
 * Decode the same draws from the prior each time.
 *
 * @param {import('./decoder.js').Decoder} decoder
 * @returns {Float32Array} CLOUD points, one after the other
 */
export function priorCloud(decoder) {
  const uniform = uniforms(1);
  const points = new Float32Array(CLOUD * decoder.outputSize);
  const z = new Float64Array(decoder.latentDim);
  for (let n = 0; n < CLOUD; n++) {
    for (let j = 0; j < z.length; j++) z[j] = normal(uniform);
    points.set(decoder.decode(z), n * decoder.outputSize);
  }
  return points;
}

/**
 * The half-width of the axes: the smallest of 1, 2, 5, 10, ... around all points, and never less than before.
 *
 * @param {ArrayLike<number>} points
 * @param {number} before
 * @returns {number}
 */
export function axisReach(points, before) {
  let largest = 0;
  for (let i = 0; i < points.length; i++) largest = Math.max(largest, Math.abs(points[i]));
  const power = 10 ** Math.floor(Math.log10(Math.max(largest, 1)));
  const reach = [1, 2, 3, 5, 10].map((factor) => factor * power).find((limit) => limit >= largest);
  return Math.max(before, Math.min(reach ?? before, 1000));
}

/**
 * Paint a decoded point among decoded draws from the prior, on axes with numbers.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} mean one or two numbers
 * @param {Float32Array} cloud
 * @param {number} reach half-width of the axes
 * @param {{text: string, mark: string, ground: string, font: string}} colours
 */
export function paintPoint(canvas, mean, cloud, reach, colours) {
  const ratio = window.devicePixelRatio || 1;
  const flat = mean.length === 1;
  const height = flat ? LINE_HEIGHT : SIZE;
  if (canvas.width !== SIZE * ratio || canvas.height !== height * ratio) {
    canvas.width = SIZE * ratio;
    canvas.height = height * ratio;
  }
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, SIZE, height);
  const middle = SIZE / 2;
  const across = (/** @type {number} */ x) => middle + (x / reach) * (middle - MARGIN);
  const up = (/** @type {number} */ y) => (flat ? height / 2 : middle - (y / reach) * (middle - MARGIN));

  context.strokeStyle = context.fillStyle = colours.text;
  context.font = `11px ${colours.font}`;
  context.lineWidth = 1;
  context.globalAlpha = 0.25;
  for (const tick of [-reach, 0, reach]) {
    line(context, across(tick), flat ? up(0) - 5 : MARGIN, across(tick), flat ? up(0) + 5 : SIZE - MARGIN);
    if (!flat || tick === 0) line(context, MARGIN, up(tick), SIZE - MARGIN, up(tick));
  }
  context.globalAlpha = 0.75;
  context.textAlign = 'center';
  const below = flat ? up(0) + 20 : SIZE - MARGIN + 16;
  for (const tick of [-reach, 0, reach]) context.fillText(sign(tick), across(tick), below);
  context.fillText(flat ? 'x' : 'x₁', middle, below + 14);
  if (!flat) {
    context.textAlign = 'right';
    for (const tick of [-reach, 0, reach]) context.fillText(sign(tick), MARGIN - 6, up(tick) + 4);
    context.fillText('x₂', MARGIN - 6, (up(0) + up(reach)) / 2 + 4);
  }
  context.globalAlpha = 0.3;
  for (let n = 0; n < cloud.length; n += mean.length) {
    if (flat) line(context, across(cloud[n]), up(0) - 12, across(cloud[n]), up(0) - 2);
    else dot(context, across(cloud[n]), up(cloud[n + 1]), 1.5);
  }
  context.globalAlpha = 1;
  context.fillStyle = colours.ground;
  dot(context, across(mean[0]), up(mean[1]), 8);
  context.fillStyle = colours.mark;
  dot(context, across(mean[0]), up(mean[1]), 6);
}

/** @type {(value: number) => string} */
const sign = (value) => String(value).replace('-', '−');

/** @type {(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number) => void} */
function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** @type {(context: CanvasRenderingContext2D, x: number, y: number, radius: number) => void} */
function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}
