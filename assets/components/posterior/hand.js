/** The ellipse in the hand: where it stands, and how handles and keys move it. */

import { covarianceOf, dragged, halfAxes, nudged } from '../pad/ellipse.js';
import { Z_LIMIT } from '../pad/plane.js';

/** @typedef {import('../pad/ellipse.js').Shape} Shape */
/** @typedef {import('./gaussian.js').Gaussian} Gaussian */
/** @typedef {"centre"|"first"|"second"} Handle */

const SHORTEST = 1e-4; // half-axes at 1 σ, prior σ
const LONGEST = 3;
const UPRIGHT = 1e-12; // a correlation that is the angle's rounding
const TURN = 0.05; // radians of a key
const GROW = 0.05; // share of an axis

/** @param {Gaussian} q @returns {Shape} */
export const shapeOf = ({ mean, cov }) => ({ centre: [...mean], ...halfAxes(cov) });

/** @param {Shape} shape @returns {Gaussian} */
export function gaussianOf(shape) {
  const [aa, ab, bb] = covarianceOf(shape);
  return { mean: [...shape.centre], cov: [aa, Math.abs(ab) < UPRIGHT * Math.sqrt(aa * bb) ? 0 : ab, bb] };
}

/** @param {Gaussian} q @returns {boolean} whether Python would take it */
export function allowed({ mean, cov }) {
  const { axes } = halfAxes(cov);
  return mean.every((value) => Math.abs(value) <= Z_LIMIT) && axes.every((axis) => axis >= SHORTEST && axis <= LONGEST);
}

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.max(low, Math.min(high, value));

/** @param {Shape} shape @returns {Shape} within the limits */
function limited({ centre, axes, angle }) {
  return {
    centre: [within(centre[0], -Z_LIMIT, Z_LIMIT), within(centre[1], -Z_LIMIT, Z_LIMIT)],
    axes: [within(axes[0], SHORTEST, LONGEST), within(axes[1], SHORTEST, LONGEST)],
    angle,
  };
}

/**
 * Drag a handle. Where an axis is too short on the screen, its handle stands further out by `ratio`, and moves it by less.
 *
 * @param {Shape} shape
 * @param {Handle} handle
 * @param {[number, number]} to where the handle now is
 * @param {number} ratio the axis' length over the handle's distance
 * @returns {Shape}
 */
export function pulled(shape, handle, [a, b], ratio) {
  if (handle === 'centre') return limited(dragged(shape, handle, [a, b]));
  const [x, y] = shape.centre;
  return limited(dragged(shape, handle, [x + (a - x) * ratio, y + (b - y) * ratio]));
}

/**
 * Move a handle by a key: the centre by a step, an axis by a share of its length, the angle by a few degrees.
 *
 * @param {Shape} shape
 * @param {Handle} handle
 * @param {string} key
 * @param {number} step of the centre, prior σ
 * @param {number} times so many steps at once
 * @returns {Shape|null} null for another key
 */
export function pushed(shape, handle, key, step, times) {
  const sideways = key === 'ArrowLeft' || key === 'ArrowRight';
  const size = handle === 'centre' ? step : sideways ? TURN : GROW * shape.axes[handle === 'first' ? 0 : 1];
  const moved = nudged(shape, handle, key, times * size);
  return moved && limited(moved);
}
