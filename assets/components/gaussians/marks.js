/** Both ellipses on the plane at 1 and 2 σ, to scale, each with three handles. */

import { signed } from '../decoder/sliders.js';
import { element, refill } from '../pad/marks.js';
import { handlePlaces } from '../posterior/ellipses.js';

/**
 * @typedef {import('../pad/plane.js').Plane} Plane
 * @typedef {import('../pad/ellipse.js').Shape} Shape
 * @typedef {import('./shapes.js').Handle} Handle
 */

const TOUCH = 16; // radius of what a finger can take
const ROOMY = 14; // CSS pixels: only so wide an ellipse is filled

/** @param {Plane} plane @param {Shape} shape @param {number} sigmas @param {string} kind */
function outline(plane, { centre, axes, angle }, sigmas, kind) {
  const turn = `translate(${plane.x(centre[0])} ${plane.y(centre[1])}) rotate(${(-angle * 180) / Math.PI})`;
  return element('ellipse', {
    rx: sigmas * axes[0] * plane.scale, ry: sigmas * axes[1] * plane.scale, transform: turn, class: kind,
  });
}

export class BothMarks {
  /** @param {SVGElement} svg */
  constructor(svg) {
    const group = (/** @type {string} */ name) => /** @type {SVGElement} */ (
      svg.appendChild(element('g', { class: `one ${name}`, 'data-gaussian': name })));
    this.groups = { p: group('p'), q: group('q') };
  }

  /**
   * @param {'q'|'p'} which
   * @param {Plane} plane
   * @param {Shape} shape
   * @param {boolean} held it can't be moved
   * @param {boolean} straight it can't be turned
   */
  draw(which, plane, shape, held, straight) {
    const group = this.groups[which];
    group.dataset.centre = shape.centre.join(' ');
    group.dataset.axes = shape.axes.join(' ');
    group.dataset.angle = String(shape.angle);
    const places = handlePlaces(plane, shape);
    const [x, y] = [places.centre.x, places.centre.y];
    const wide = Math.min(...shape.axes) * plane.scale > ROOMY;
    refill(group, [
      outline(plane, shape, 2, 'outer'),
      outline(plane, shape, 1, wide ? 'inner' : 'inner hollow'),
      ...(held ? [element('circle', { class: 'dot', cx: x, cy: y, r: 3 })] : handles(which, places, shape, straight)),
      element('text', { class: 'tag', x: x + (which === 'q' ? -9 : 9), y: y + (which === 'q' ? -9 : 18) }, which),
    ]);
  }
}

/**
 * @param {string} which
 * @param {ReturnType<typeof handlePlaces>} places
 * @param {Shape} shape
 * @param {boolean} straight
 */
function handles(which, places, shape, straight) {
  const degrees = Math.round((shape.angle * 180) / Math.PI);
  const [first, second] = shape.axes.map((length) => length.toFixed(2));
  const turned = straight ? '' : `, at ${String(degrees).replace('-', '−')}°`;
  /** @type {[Handle, string, string, number][]} */
  const says = [
    ['first', 'first half-axis', `${first}${turned}`, shape.axes[0]],
    ['second', 'second half-axis', second, shape.axes[1]],
    ['centre', 'centre', `at ${signed(shape.centre[0])}, ${signed(shape.centre[1])}`, shape.centre[0]],
  ];
  const { centre } = places;
  return [
    ...says.slice(0, 2).map(([handle]) => element('line', {
      class: places[handle].ratio < 1 ? 'arm far' : 'arm', x1: centre.x, y1: centre.y, x2: places[handle].x, y2: places[handle].y,
    })),
    ...says.flatMap(([handle, name, value, now]) => {
      const at = { cx: places[handle].x, cy: places[handle].y };
      return [
        element('circle', { class: 'touch', ...at, r: TOUCH, 'data-handle': handle, 'data-of': which }),
        element('circle', {
          class: `handle ${handle}`,
          ...at,
          r: handle === 'centre' ? 6 : 5,
          tabindex: 0,
          role: 'slider',
          'data-handle': handle,
          'data-of': which,
          'data-name': `${which} ${handle}`,
          'aria-label': `${which}: ${name}`,
          'aria-valuenow': now.toFixed(3),
          'aria-valuetext': value,
        }),
      ];
    }),
  ];
}
