/** Where the frames of a walk stand on a strip, and where a playhead goes next. Numbers only, nothing of the page. */

const SMALLEST = 40; // CSS pixels that a frame should at least be wide, before some are left out
const LARGEST = 84;
const EDGE = 8; // CSS pixels left and right of a chart, where a playhead has room

/**
 * @typedef {object} Reel sizes in CSS pixels, but for the gap
 * @property {number[]} shown the frames that stand on the strip: every step-th
 * @property {number} step
 * @property {number} scale CSS pixels per image pixel; a whole number of screen pixels
 * @property {number} gap between frames, image pixels
 * @property {number} pitch from a shown frame to the next
 * @property {number} cell width of a frame
 * @property {number} width of the whole strip
 */

/** @type {(a: number, b: number) => number} */
const commonDivisor = (a, b) => (b ? commonDivisor(b, a % b) : a);

/** @type {(count: number, step: number) => number[]} */
const every = (count, step) => Array.from({ length: Math.floor((count - 1) / step) + 1 }, (_, n) => n * step);

/**
 * The steps that may be taken from one shown frame to the next, best first: all frames; then steps that leave no pin
 * out; then any.
 *
 * @param {number} count of frames
 * @param {number[]} stops the frames that are pins
 */
function steps(count, stops) {
  const leg = stops.reduce(commonDivisor, 0) || count - 1;
  const any = Array.from({ length: Math.max(1, count - 1) }, (_, n) => n + 1);
  return [...any.filter((step) => leg % step === 0), ...any];
}

/**
 * Fit frames into a width, each image pixel a whole number of screen pixels. Where they would be too small, every
 * k-th stands there, k as small as can be.
 *
 * @param {{count: number, stops: number[], imageWidth: number, available: number, ratio: number}} given
 *   ratio: screen pixels per CSS pixel
 * @returns {Reel}
 */
export function fitFrames({ count, stops, imageWidth, available, ratio }) {
  const gap = Math.max(1, Math.round(imageWidth / 14));
  const screen = Math.floor(available * ratio);
  const scaleFor = (/** @type {number} */ n) => Math.floor(screen / (n * (imageWidth + gap) - gap));
  const smallest = Math.ceil((Math.min(SMALLEST, available) * ratio) / imageWidth);
  const largest = Math.max(1, Math.floor((LARGEST * ratio) / imageWidth));
  const step = steps(count, stops).find((s) => scaleFor(every(count, s).length) >= smallest) ?? Math.max(1, count - 1);
  const shown = every(count, step);
  const scale = Math.max(1, Math.min(scaleFor(shown.length), largest)) / ratio;
  return {
    shown,
    step,
    scale,
    gap,
    pitch: (imageWidth + gap) * scale,
    cell: imageWidth * scale,
    width: (shown.length * (imageWidth + gap) - gap) * scale,
  };
}

/**
 * Where the data are no images, a strip is a chart against the frame, and all frames are on it.
 *
 * @param {{count: number, available: number}} given
 * @returns {Reel}
 */
export function fitChart({ count, available }) {
  const pitch = (available - 2 * EDGE) / Math.max(1, count - 1);
  return { shown: every(count, 1), step: 1, scale: 1, gap: 0, pitch, cell: 2 * EDGE, width: available };
}

/** @type {(reel: Reel, frame: number) => number} where a frame's middle is, CSS pixels from the strip's left */
export const placeOf = (reel, frame) => reel.cell / 2 + (frame / reel.step) * reel.pitch;

/** @type {(reel: Reel, x: number, count: number) => number} the frame nearest to a place */
export const frameAt = (reel, x, count) =>
  Math.max(0, Math.min(count - 1, Math.round(((x - reel.cell / 2) / reel.pitch) * reel.step)));

/**
 * There and back again.
 *
 * @param {number} frame
 * @param {boolean} forward
 * @param {number} count
 * @returns {[number, boolean]} the next frame, and the way that led to it
 */
export function following(frame, forward, count) {
  if (count < 2) return [0, true];
  const onward = frame >= count - 1 ? false : frame <= 0 ? true : forward;
  return [frame + (onward ? 1 : -1), onward];
}

/**
 * What a key does to the playhead.
 *
 * @param {string} key
 * @param {number} frame
 * @param {number} count
 * @param {number[]} stops
 * @returns {number|null} null: nothing
 */
export function keyed(key, frame, count, stops) {
  const last = count - 1;
  const to = {
    ArrowRight: frame + 1,
    ArrowUp: frame + 1,
    ArrowLeft: frame - 1,
    ArrowDown: frame - 1,
    PageUp: stops.find((stop) => stop > frame) ?? last,
    PageDown: stops.findLast((stop) => stop < frame) ?? 0,
    Home: 0,
    End: last,
  }[key];
  return to === undefined ? null : Math.max(0, Math.min(last, to));
}

/**
 * A playhead's place in words.
 *
 * @param {number} frame from 0
 * @param {number} count
 * @param {number[]} stops
 */
export function inWords(frame, count, stops) {
  const pin = stops.indexOf(frame);
  return `frame ${frame + 1} of ${count}${pin < 0 ? '' : `, pin ${pin + 1}`}`;
}
