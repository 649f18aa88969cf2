/** Gaussians on the map at 1 and 2 σ, to scale; the one in the hand has three handles. */

import { signed } from '../decoder/sliders.js';
import { halfAxes } from '../pad/ellipse.js';
import { element, refill } from '../pad/marks.js';

/** @typedef {import('../pad/plane.js').Plane} Plane */
/** @typedef {import('../pad/ellipse.js').Shape} Shape */
/** @typedef {import('./hand.js').Handle} Handle */

const NEAREST = 30; // CSS pixels of a handle from the centre
const TOUCH = 14; // radius of what a finger can take
const SMALL = 5; // CSS pixels: a needle below it has a ring around it
const AROUND = 11;
const ROOMY = 14;

/** @param {Plane} plane @param {Shape} shape @param {number} sigmas @param {string} kind */
function outline(plane, { centre, axes, angle }, sigmas, kind) {
  const turn = `translate(${plane.x(centre[0])} ${plane.y(centre[1])}) rotate(${(-angle * 180) / Math.PI})`;
  return element('ellipse', {
    rx: sigmas * axes[0] * plane.scale, ry: sigmas * axes[1] * plane.scale, transform: turn, class: kind,
  });
}

/** @param {Plane} plane @param {Shape} shape */
function outlines(plane, shape) {
  const wide = Math.min(...shape.axes) * plane.scale > ROOMY; // else a halo would hide the density
  return [
    ...(wide ? [outline(plane, shape, 2, 'halo'), outline(plane, shape, 1, 'halo')] : []),
    outline(plane, shape, 2, 'outer'), outline(plane, shape, 1, 'inner'),
  ];
}

/** @param {Shape} shape */
const told = ({ centre, axes, angle }) => ({
  'data-centre': centre.join(' '), 'data-axes': axes.join(' '), 'data-angle': angle,
});

/**
 * Where the handles are on the map, and how long an axis is against the distance of its handle.
 *
 * @param {Plane} plane
 * @param {Shape} shape
 * @returns {Record<Handle, {x: number, y: number, ratio: number}>}
 */
export function handlePlaces(plane, { centre, axes, angle }) {
  const [x, y] = [plane.x(centre[0]), plane.y(centre[1])];
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const end = (/** @type {number} */ axis, /** @type {number} */ dx, /** @type {number} */ dy) => {
    const length = axis * plane.scale;
    const far = Math.max(NEAREST, length);
    return { x: x + dx * far, y: y - dy * far, ratio: length / far };
  };
  return { centre: { x, y, ratio: 1 }, first: end(axes[0], c, s), second: end(axes[1], -s, c) };
}

/** The groups that these need, above the pad's own. */
export class EllipseMarks {
  /** @param {SVGElement} svg */
  constructor(svg) {
    this.given = svg.appendChild(element('g', { class: 'given' }));
    this.hand = svg.appendChild(element('g', { class: 'hand ellipse', 'data-ellipse': 'hand' }));
  }

  /**
   * @param {Plane} plane
   * @param {import('./posterior.js').Given[]} gaussians
   * @param {import('./gaussian.js').Gaussian} posterior
   */
  drawGiven(plane, gaussians, posterior) {
    const { axes } = halfAxes(posterior.cov);
    const needle = 2 * axes[0] * plane.scale < SMALL
      ? [element('circle', { class: 'needle', cx: plane.x(posterior.mean[0]), cy: plane.y(posterior.mean[1]), r: AROUND },
        element('title', {}, 'Here p(z|x) is'))]
      : [];
    refill(this.given, [...needle, ...gaussians.map(({ id, label, style, mean, cov }) => {
      const shape = { centre: mean, ...halfAxes(cov) };
      return element(
        'g',
        { class: 'ellipse', 'data-ellipse': id, 'data-style': style, ...told(shape) },
        element('title', {}, label),
        ...outlines(plane, shape),
        element('circle', { class: 'mean', cx: plane.x(mean[0]), cy: plane.y(mean[1]), r: Math.min(...shape.axes) * plane.scale > ROOMY ? 3 : 2 }),
      );
    })]);
  }

  /** @param {Plane} plane @param {Shape} shape */
  drawHand(plane, shape) {
    for (const [name, value] of Object.entries(told(shape))) this.hand.setAttribute(name, String(value));
    const places = handlePlaces(plane, shape);
    const [first, second] = shape.axes.map((length) => length.toPrecision(2));
    const degrees = Math.round((shape.angle * 180) / Math.PI);
    /** @type {[Handle, string, string, number][]} */
    const says = [
      ['first', 'first half-axis', `${first} σ, at ${degrees}°`, shape.axes[0]],
      ['second', 'second half-axis', `${second} σ`, shape.axes[1]],
      ['centre', 'centre', `at ${signed(shape.centre[0])}, ${signed(shape.centre[1])}`, shape.centre[0]],
    ];
    const { centre } = places;
    refill(this.hand, [
      ...outlines(plane, shape),
      ...says.slice(0, 2).filter(([handle]) => places[handle].ratio < 1).map(([handle]) => element('line', {
        class: 'arm', x1: centre.x, y1: centre.y, x2: places[handle].x, y2: places[handle].y,
      })),
      ...says.flatMap(([handle, name, value, now]) => {
        const at = { cx: places[handle].x, cy: places[handle].y };
        return [
          element('circle', { class: 'touch', ...at, r: TOUCH, 'data-handle': handle }),
          element('circle', {
            class: `handle ${handle}`,
            ...at,
            r: handle === 'centre' ? 6 : 5,
            tabindex: 0,
            role: 'slider',
            'data-handle': handle,
            'data-name': `hand ${handle}`,
            'aria-label': `Your q: ${name}`,
            'aria-valuenow': now.toFixed(3),
            'aria-valuetext': value,
          }),
        ];
      }),
    ]);
  }
}
