/** Everything on the pad that is a line: axes, rings, ellipses, walks, pins and playheads. One SVG, to scale. */

import { signed } from '../decoder/sliders.js';
import { halfAxes, handles } from './ellipse.js';
import { ticks } from './plane.js';

/** @typedef {import('./plane.js').Plane} Plane */
/** @typedef {import('./ellipse.js').Shape} Shape */

const SVG = 'http://www.w3.org/2000/svg';
const LEAST = 5; // CSS pixels: the height of what has none, in one dimension

/** @type {(name: string, attributes: Record<string, any>, ...children: (Node|string)[]) => SVGElement} */
export function element(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/** @type {(parent: Element, children: Node[]) => void} what has the focus keeps it */
export function refill(parent, children) {
  const focused = /** @type {any} */ (parent.getRootNode()).activeElement?.dataset?.name;
  parent.replaceChildren(...children);
  if (focused) /** @type {any} */ (parent.querySelector(`[data-name="${focused}"]`))?.focus({ preventScroll: true });
}

/** The groups of the drawing, from the ground up. */
export class Marks {
  /** @param {SVGElement} svg */
  constructor(svg) {
    this.svg = svg;
    const group = (/** @type {string} */ name) => svg.appendChild(element('g', { class: name }));
    this.axes = group('axes');
    this.rings = group('rings');
    this.paths = group('paths');
    this.ellipses = group('ellipses');
    this.arrows = group('arrows');
    this.dots = group('dots');
    this.heads = group('heads');
    this.pins = group('pins');
  }

  /**
   * @param {Plane} plane
   * @param {[string, string]} names of the axes
   */
  drawAxes(plane, names) {
    const { size, centre, reach } = plane;
    this.svg.setAttribute('viewBox', `0 0 ${size} ${size}`);
    const across = ticks(centre[0] - reach, centre[0] + reach, 7);
    const up = plane.flat ? [] : ticks(centre[1] - reach, centre[1] + reach, 7);
    const digits = Math.max(0, -Math.floor(Math.log10(reach / 3)));
    const words = (/** @type {number} */ value) => value.toFixed(digits).replace('-', '−').replace(/^−(0(\.0*)?)$/, '$1');
    const inside = (/** @type {number} */ place) => place > 26 && place < size - 40;
    refill(this.axes, [
      ...across.map((a) => element('line', { x1: plane.x(a), x2: plane.x(a), y1: 0, y2: size, class: a ? '' : 'zero' })),
      ...up.map((b) => element('line', { y1: plane.y(b), y2: plane.y(b), x1: 0, x2: size, class: b ? '' : 'zero' })),
      ...across.filter((a) => inside(plane.x(a))).map((a) => element('text', { x: plane.x(a), y: size - 6, class: 'across' }, words(a))),
      ...up.filter((b) => inside(size - plane.y(b))).map((b) => element('text', { x: 5, y: plane.y(b) + 4 }, words(b))),
      element('text', { x: size - 6, y: size - 6, class: 'name across-name' }, `${names[0]} →`),
      ...(plane.flat ? [] : [element('text', { x: 5, y: 15, class: 'name' }, `${names[1]} ↑`)]),
    ]);
  }

  /** @param {Plane} plane @param {boolean} on the prior at 1 and 2 σ: any two orthonormal directions cut it in circles */
  drawRings(plane, on) {
    const [x, y] = [plane.x(0), plane.y(0)];
    refill(this.rings, !on ? [] : [1, 2].flatMap((radius) => {
      const name = element(
        'text',
        { x: plane.x(radius * 0.7071) + 3, y: plane.y(radius * 0.7071) - 3 },
        radius > 1 ? `${radius} σ` : 'prior 1 σ',
      );
      const line = plane.flat
        ? element('path', { d: [-1, 1].map((side) => `M${plane.x(side * radius)} 0V${plane.size}`).join('') })
        : element('circle', { cx: x, cy: y, r: radius * plane.scale });
      line.classList.add(radius > 1 ? 'outer' : 'inner');
      return [line, name];
    }));
  }

  /**
   * @param {Plane} plane
   * @param {{id: string, label: string, draggable: boolean, shape: Shape}[]} ellipses
   */
  drawEllipses(plane, ellipses) {
    refill(this.ellipses, ellipses.map(({ id, label, draggable, shape }) => {
      const [x, y] = [plane.x(shape.centre[0]), plane.y(shape.centre[1])];
      const turn = `translate(${x} ${y}) rotate(${(-shape.angle * 180) / Math.PI})`;
      const round = (/** @type {number} */ sigmas) => element('ellipse', {
        rx: sigmas * shape.axes[0] * plane.scale,
        ry: Math.max(plane.flat ? LEAST * sigmas : 0, sigmas * shape.axes[1] * plane.scale),
        transform: turn,
        class: sigmas > 1 ? 'outer' : 'inner',
      });
      return element(
        'g',
        {
          class: draggable ? 'ellipse draggable' : 'ellipse',
          'data-ellipse': id,
          'data-centre': shape.centre.join(' '),
          'data-axes': shape.axes.join(' '),
          'data-angle': shape.angle,
        },
        element('title', {}, label),
        round(2),
        round(1),
        ...(draggable ? this.handlesOf(plane, id, label, shape) : [element('circle', { class: 'mean', cx: x, cy: y, r: 3.5 })]),
      );
    }));
  }

  /** @type {(plane: Plane, id: string, label: string, shape: Shape) => SVGElement[]} */
  handlesOf(plane, id, label, shape) {
    const at = handles(shape);
    const [first, second] = shape.axes.map((length) => length.toFixed(2));
    const degrees = Math.round((shape.angle * 180) / Math.PI);
    const says = {
      centre: ['centre', `at ${signed(at.centre[0])}, ${signed(at.centre[1])}`, shape.centre[0]],
      first: ['first half-axis', `${first} σ, at ${degrees}°`, shape.axes[0]],
      second: ['second half-axis', `${second} σ`, shape.axes[1]],
    };
    return Object.entries(says).map(([handle, [name, value, now]]) => {
      const [a, b] = at[/** @type {keyof typeof at} */ (handle)];
      return element('circle', {
        class: `handle ${handle}`,
        cx: plane.x(a),
        cy: plane.y(b),
        r: handle === 'centre' ? 6 : 5,
        tabindex: 0,
        role: 'slider',
        'data-handle': handle,
        'data-name': `${id} ${handle}`,
        'aria-label': `${label}: ${name}`,
        'aria-valuenow': Number(now).toFixed(3),
        'aria-valuetext': value,
      });
    });
  }

  /** @param {Plane} plane @param {{style: string, z: ArrayLike<number>[], old?: boolean}[]} paths */
  drawPaths(plane, paths) {
    refill(this.paths, paths.map(({ style, z, old }) => {
      const corners = z.map((point) => {
        const [a, b] = plane.of(point);
        return `${plane.x(a).toFixed(1)} ${plane.y(b).toFixed(1)}`;
      });
      return element('path', { class: old ? 'walk old' : 'walk', 'data-style': style, d: corners.length ? `M${corners.join('L')}` : '' },
        element('title', {}, style));
    }));
  }

  /** @param {Plane} plane @param {ArrayLike<number>[]} pins @param {number} selected */
  drawPins(plane, pins, selected) {
    refill(this.pins, pins.map((z, index) => {
      const [a, b] = plane.of(z);
      return element(
        'g',
        {
          class: index === selected ? 'pin selected' : 'pin',
          transform: `translate(${plane.x(a)} ${plane.y(b)})`,
          tabindex: 0,
          role: 'slider',
          'data-pin': index,
          'data-name': `pin ${index}`,
          'aria-label': `Pin ${index + 1} of ${pins.length}: arrows move it, Delete removes it`,
          'aria-valuenow': a.toFixed(2),
          'aria-valuetext': `${signed(a)}, ${signed(b)}`,
        },
        element('circle', { r: 10 }),
        element('text', { y: 4 }, String(index + 1)),
      );
    }));
  }

  /** Draws of z = μ + σ ε. @param {Plane} plane @param {number[][]} codes */
  drawDots(plane, codes) {
    refill(this.dots, codes.map((z) => {
      const [a, b] = plane.of(z);
      return element('circle', { cx: plane.x(a), cy: plane.y(b), r: 3.5 });
    }));
  }

  /** @param {Plane} plane @param {{style: string, z: number[]}[]} heads */
  drawHeads(plane, heads) {
    refill(this.heads, heads.map(({ style, z }) => {
      const [a, b] = plane.of(z);
      return element('circle', { cx: plane.x(a), cy: plane.y(b), r: 6, 'data-style': style });
    }));
  }
}

/**
 * The ellipse of an independent Gaussian as the plane sees it.
 *
 * @param {Plane} plane
 * @param {ArrayLike<number>} mean
 * @param {ArrayLike<number>} std
 * @returns {Shape}
 */
export function shapeOf(plane, mean, std) {
  return { centre: plane.of(mean), ...halfAxes(plane.covariance(std)) };
}
