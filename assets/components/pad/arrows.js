/** Arrows on the pad: what pulls at a code, along the shown plane. One scale for all, whatever the window and the plane. */

import { nameOf } from './frame.js';
import { element, refill } from './marks.js';

/** @typedef {import('./plane.js').Plane} Plane */
/** @typedef {{start: number[], vector: number[], style: string, label: string}} Arrow vector: nats per prior σ */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box CSS pixels */

const LONGEST = 1 / 3; // of the map's side
const HEAD = 9; // CSS pixels
const WIDTH = 2.25;
const LETTER = 6.1; // CSS pixels of a letter, about
const LINE = 14;
const TOOLS = { width: 40, height: 132 }; // CSS pixels of the buttons at the upper right
const MEANS = { reconstruction: 'reconstruction pulls', kl: '−KL pulls', residual: 'what stays of both' };
const ASIDE = /** @type {Record<string, number>} */ ({ reconstruction: -9, kl: 9, residual: 0 }); // CSS pixels in one dimension

/** @type {(vector: ArrayLike<number>) => number} */
const length = (vector) => Math.hypot(...Array.from(vector));

/** @type {(value: number) => string} */
const short = (value) => Number(value.toPrecision(3)).toString().replace('-', '−');

/** @type {(value: number) => string} */
const signed = (value) => (value > 0 ? `+${short(value)}` : short(value));

/**
 * CSS pixels of one nat per σ: the longest arrow, in all latent dimensions, is a third of the map.
 *
 * @param {Arrow[]} arrows
 * @param {Plane} plane
 */
export function scaleOf(arrows, plane) {
  const longest = Math.max(0, ...arrows.map(({ vector }) => length(vector)));
  return longest > 0 ? (LONGEST * plane.size) / longest : 0;
}

/** @param {Arrow} arrow @returns {string} it in words, with all components */
export function words({ vector, style, label }) {
  const each = vector.map((value, j) => `${nameOf(j)} ${signed(value)}`).join(', ');
  return `${label || MEANS[/** @type {keyof typeof MEANS} */ (style)]}: ${short(length(vector))} nats per σ; ${each}`;
}

/**
 * @param {SVGElement} group
 * @param {Plane} plane
 * @param {Arrow[]} arrows
 */
export function drawArrows(group, plane, arrows) {
  const scale = scaleOf(arrows, plane);
  const drawn = arrows.map((arrow) => {
    const [a, b] = plane.of(arrow.start);
    const [along, up] = plane.of(arrow.vector);
    const from = [plane.x(a), plane.y(b) + (plane.flat ? ASIDE[arrow.style] : 0)];
    return { arrow, from, to: [from[0] + along * scale, from[1] - up * scale] };
  });
  // Short ones lie on long ones, which often point the same way.
  drawn.sort((one, other) => reach(other) - reach(one));
  const { width, height } = TOOLS;
  const taken = [{ left: plane.size - width, top: 0, right: plane.size, bottom: height }];
  const shafts = drawn.flatMap(({ from, to }) => pointsOn(from, to));
  refill(group, drawn.map(({ arrow, from, to }) => {
    const place = arrow.label ? room(arrow.label, from, to, plane.size, taken, shafts) : null;
    if (place) taken.push(place);
    return element(
      'g',
      { class: 'arrow', 'data-style': arrow.style, role: 'img', 'aria-label': words(arrow) },
      element('title', {}, words(arrow)),
      element('path', { class: 'halo', d: outline(from, to) }),
      element('path', { class: 'shaft', d: outline(from, to) }),
      element('circle', { cx: from[0], cy: from[1], r: WIDTH }),
      ...(place ? [element('text', { x: (place.left + place.right) / 2, y: place.bottom - 3.5 }, arrow.label)] : []),
    );
  }));
}

/** @type {(drawn: {from: number[], to: number[]}) => number} */
const reach = ({ from, to }) => Math.hypot(to[0] - from[0], to[1] - from[1]);

/** The filled outline of an arrow; a head as long as there is room for. @type {(from: number[], to: number[]) => string} */
function outline(from, to) {
  const far = reach({ from, to });
  if (far < 0.5) return '';
  const [ux, uy] = [(to[0] - from[0]) / far, (to[1] - from[1]) / far];
  const head = Math.min(HEAD, far);
  const half = Math.min(WIDTH / 2, head / 4);
  const corner = (/** @type {number} */ on, /** @type {number} */ aside) =>
    `${(from[0] + on * ux - aside * uy).toFixed(2)} ${(from[1] + on * uy + aside * ux).toFixed(2)}`;
  const neck = far - head;
  return `M${[
    corner(0, half), corner(neck, half), corner(neck, head / 2), corner(far, 0),
    corner(neck, -head / 2), corner(neck, -half), corner(0, -half),
  ].join('L')}Z`;
}

/** Points on a shaft. @type {(from: number[], to: number[]) => number[][]} */
function pointsOn(from, to) {
  const count = Math.max(1, Math.ceil(reach({ from, to }) / 5));
  return Array.from({ length: count + 1 }, (_, n) => from.map((start, k) => start + ((to[k] - start) * n) / count));
}

/**
 * Room for a label beside an arrow's tip, or beside its middle, where nothing else is.
 *
 * @param {string} label
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} size of the map
 * @param {Box[]} taken
 * @param {number[][]} shafts points that are drawn on
 * @returns {Box|null}
 */
function room(label, from, to, size, taken, shafts) {
  const far = Math.max(1e-9, reach({ from, to }));
  const [ux, uy] = far > 1e-6 ? [(to[0] - from[0]) / far, (to[1] - from[1]) / far] : [0, -1];
  const [half, tall] = [(LETTER * label.length) / 2, LINE / 2];
  const beside = (/** @type {number[]} */ [x, y], /** @type {number} */ dx, /** @type {number} */ dy, farther = 0) => {
    const off = HEAD / 2 + 2 + farther + Math.abs(dx) * half + Math.abs(dy) * tall;
    const [cx, cy] = [x + dx * off, y + dy * off];
    return { left: cx - half, top: cy - tall, right: cx + half, bottom: cy + tall };
  };
  const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  const places = [
    beside(to, ux, uy), beside(to, -uy, ux), beside(to, uy, -ux), beside(middle, -uy, ux), beside(middle, uy, -ux),
    beside(to, ux, uy, LINE), beside(to, -uy, ux, LINE), beside(to, uy, -ux, LINE),
  ];
  return places.find((box) => isInside(box, size)
    && !taken.some((other) => overlap(box, other))
    && !shafts.some(([x, y]) => x > box.left && x < box.right && y > box.top && y < box.bottom)) ?? null;
}

/** @type {(box: Box, size: number) => boolean} */
const isInside = ({ left, top, right, bottom }, size) => left > 0 && top > 0 && right < size && bottom < size;

/** @type {(one: Box, other: Box) => boolean} */
const overlap = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/**
 * What the legend says: the scale as a bar of a round number, and what each colour means.
 *
 * @param {Arrow[]} arrows
 * @param {Plane} plane
 * @returns {string[]} lines of HTML
 */
export function legendOf(arrows, plane) {
  const scale = scaleOf(arrows, plane);
  if (!scale) return [];
  const longest = (LONGEST * plane.size) / scale;
  const power = 10 ** Math.floor(Math.log10(longest / 2));
  const round = [5, 2, 1].map((factor) => factor * power).find((size) => size <= longest / 2) ?? power;
  const bar = (round * scale).toFixed(1);
  const chips = Object.entries(MEANS).filter(([style]) => arrows.some((arrow) => arrow.style === style))
    .map(([style, meaning]) => `<span class="force" data-style="${style}">${meaning}</span>`);
  const ruler = `<svg class="ruler" width="${bar}" height="8" aria-hidden="true"><path d="M0.5 1V7M0 4H${bar}M${Number(bar) - 0.5} 1V7"/></svg>`;
  return [`${ruler}${short(round)} nats per σ ${chips.join(' ')}`];
}
