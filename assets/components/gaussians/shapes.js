/** The two ellipses in the hand: how handles and keys move them, within which limits, and the VAE's case. */

import { covarianceOf, dragged, halfAxes } from '../pad/ellipse.js';

/**
 * @typedef {import('../pad/ellipse.js').Shape} Shape
 * @typedef {import('../posterior/gaussian.js').Gaussian} Gaussian
 * @typedef {"centre"|"first"|"second"} Handle
 */

export const REACH = 4; // of the plane, to each side
const SHORTEST = 0.02; // half-axes at 1 σ
const LONGEST = 3;
const STEP = 0.05; // of a key: a centre, a half-axis
const TURN = Math.PI / 36; // of a key: five degrees
const FAR = 5; // with Shift
const UPRIGHT = 1e-12; // a covariance that is the angle's rounding

/** @type {Shape} */
export const PRIOR = { centre: [0, 0], axes: [1, 1], angle: 0 };

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.max(low, Math.min(high, value));

/** @param {Shape} shape @returns {Shape} within the limits, its angle within half a turn */
function limited({ centre, axes, angle }) {
  return {
    centre: [within(centre[0], -REACH, REACH), within(centre[1], -REACH, REACH)],
    axes: [within(axes[0], SHORTEST, LONGEST), within(axes[1], SHORTEST, LONGEST)],
    angle: angle - Math.PI * Math.round(angle / Math.PI),
  };
}

/** @param {Gaussian} given @returns {Shape} the first axis is the one that lies flatter */
export function shapeOf({ mean, cov }) {
  return flat({ centre: [...mean], ...halfAxes(cov) });
}

/** @param {Shape} shape @returns {Shape} the same ellipse, its first axis the flatter one */
function flat({ centre, axes: [first, second], angle }) {
  const steep = Math.abs(Math.sin(angle)) > Math.SQRT1_2 + 1e-9;
  return limited({ centre, axes: steep ? [second, first] : [first, second], angle: steep ? angle - Math.PI / 2 : angle });
}

/** @param {Shape} shape @returns {Shape} axis-parallel: as flat as it can be turned */
export const upright = (shape) => ({ ...flat(shape), angle: 0 });

/** @param {Shape} shape @returns {Gaussian} */
export function gaussianOf(shape) {
  const [aa, ab, bb] = covarianceOf(shape);
  return { mean: [...shape.centre], cov: [aa, Math.abs(ab) < UPRIGHT * Math.sqrt(aa * bb) ? 0 : ab, bb] };
}

/**
 * Drag a handle. Where an axis is too short on the screen, its handle stands further out, and moves it by less.
 *
 * @param {Shape} shape
 * @param {Handle} handle
 * @param {[number, number]} to where the handle now is
 * @param {number} ratio the axis' length over the handle's distance
 * @param {boolean} straight whether it has to stay axis-parallel
 * @returns {Shape}
 */
export function pulled(shape, handle, [a, b], ratio, straight) {
  if (handle === 'centre') return limited(dragged(shape, handle, [a, b]));
  const [x, y] = shape.centre;
  const to = /** @type {[number, number]} */ ([x + (a - x) * ratio, y + (b - y) * ratio]);
  if (straight && handle === 'first') return limited({ ...shape, axes: [Math.abs(to[0] - x), shape.axes[1]] });
  return limited(dragged(shape, handle, to));
}

/**
 * Move a handle by a key: arrows move a centre; at an end, up and down lengthen, left and right turn.
 *
 * @param {Shape} shape
 * @param {Handle} handle
 * @param {string} key
 * @param {boolean} far
 * @param {boolean} straight
 * @returns {Shape|null} null for another key
 */
export function pushed(shape, handle, key, far, straight) {
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] ?? [0, 0];
  if (!x && !y) return null;
  const times = far ? FAR : 1;
  const step = STEP * times;
  if (handle === 'centre') {
    return limited({ ...shape, centre: [near(shape.centre[0] + x * step), near(shape.centre[1] + y * step)] });
  }
  if (x) return straight ? shape : limited({ ...shape, angle: shape.angle - x * TURN * times });
  const axes = /** @type {[number, number]} */ ([...shape.axes]);
  const which = handle === 'first' ? 0 : 1;
  axes[which] = near(axes[which] + y * step);
  return limited({ ...shape, axes });
}

/** @param {number} value @returns {number} without what many steps of 0.05 add up to */
const near = (value) => Math.round(value * 1e6) / 1e6;
