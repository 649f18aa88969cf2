/** The ellipse of a Gaussian on the plane: from covariance to half-axes and back, its outline, and dragging it. */

/**
 * @typedef {object} Shape
 * @property {[number, number]} centre prior σ
 * @property {[number, number]} axes half-axes at 1 σ, prior σ
 * @property {number} angle of the first axis, radians from the horizontal, anticlockwise
 */

const SMALLEST = 1e-3;

/**
 * @param {[number, number, number]} covariance variance across, covariance, variance up
 * @returns {{axes: [number, number], angle: number}} half-axes of the 1 σ ellipse, the longer one first
 */
export function halfAxes([aa, ab, bb]) {
  const middle = (aa + bb) / 2;
  const spread = Math.hypot((aa - bb) / 2, ab);
  const angle = spread === 0 ? 0 : 0.5 * Math.atan2(2 * ab, aa - bb);
  return { axes: [Math.sqrt(middle + spread), Math.sqrt(Math.max(0, middle - spread))], angle };
}

/**
 * @param {Shape} shape
 * @returns {[number, number, number]} variance across, covariance, variance up
 */
export function covarianceOf({ axes: [first, second], angle }) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [
    (first * c) ** 2 + (second * s) ** 2,
    c * s * (first ** 2 - second ** 2),
    (first * s) ** 2 + (second * c) ** 2,
  ];
}

/**
 * Where the handles of an ellipse are: its centre, and the end of each half-axis.
 *
 * @param {Shape} shape
 * @returns {{centre: number[], first: number[], second: number[]}}
 */
export function handles({ centre: [x, y], axes: [first, second], angle }) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return { centre: [x, y], first: [x + first * c, y + first * s], second: [x - second * s, y + second * c] };
}

/**
 * Drag a handle to a place: the centre moves the ellipse; the first end sets length and angle, the second its length.
 *
 * @param {Shape} shape
 * @param {"centre"|"first"|"second"} handle
 * @param {[number, number]} to
 * @returns {Shape}
 */
export function dragged(shape, handle, to) {
  if (handle === 'centre') return { ...shape, centre: to };
  const [dx, dy] = [to[0] - shape.centre[0], to[1] - shape.centre[1]];
  if (handle === 'first') {
    const length = Math.hypot(dx, dy);
    return {
      ...shape,
      axes: [Math.max(SMALLEST, length), shape.axes[1]],
      angle: length > 0 ? Math.atan2(dy, dx) : shape.angle,
    };
  }
  const along = -dx * Math.sin(shape.angle) + dy * Math.cos(shape.angle);
  return { ...shape, axes: [shape.axes[0], Math.max(SMALLEST, Math.abs(along))] };
}

/**
 * Move a handle by keys: arrows move the centre; at an end, left and right turn the ellipse, up and down lengthen it.
 *
 * @param {Shape} shape
 * @param {"centre"|"first"|"second"} handle
 * @param {string} key
 * @param {number} step prior σ
 * @returns {Shape|null} null for another key
 */
export function nudged(shape, handle, key, step) {
  const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] ?? [0, 0];
  if (!x && !y) return null;
  if (handle === 'centre') return { ...shape, centre: [shape.centre[0] + x * step, shape.centre[1] + y * step] };
  if (x) return { ...shape, angle: shape.angle - x * step };
  const axes = /** @type {[number, number]} */ ([...shape.axes]);
  const which = handle === 'first' ? 0 : 1;
  axes[which] = Math.max(SMALLEST, axes[which] + y * step);
  return { ...shape, axes };
}
