/** What the colours on the map mean, in words and numbers, under its layers. */

import { legendOf } from './arrows.js';

/** @type {(value: number) => string} */
const short = (value) => Number(value.toPrecision(2)).toString().replace('-', '−');

/**
 * @param {HTMLElement} host
 * @param {import('./pad.js').Pad} pad
 */
export function writeLegend(host, { points, layers, fields, plane, settings }) {
  const lines = [];
  const rest = plane.latentDim > 2 ? ', over all values of the other dimensions' : '';
  if (layers.on.has('density') && fields.range('density')) {
    const [, high] = /** @type {[number, number]} */ (fields.range('density'));
    lines.push(`<span class="bar density"></span>q(z)${rest}: 0 to ${short(high)} per σ${plane.flat ? '' : '²'}`);
  }
  if (layers.on.has('holes')) lines.push(`<span class="bar holes"></span>hole: q(z) below 5 % of p(z)${rest}`);
  if (layers.on.has('stretch') && fields.range('stretch')) {
    const [low, high] = /** @type {[number, number]} */ (fields.range('stretch'));
    lines.push(`<span class="bar stretch"></span>log stretch: ${short(low)} to ${short(high)}`);
  }
  if (layers.on.has('forces')) lines.push(...legendOf(settings.arrows, plane));
  const { data } = points;
  const classes = layers.on.has('points') && data?.class_names ? data.class_names : [];
  const chips = classes.map((/** @type {string} */ name, /** @type {number} */ label) => {
    const chip = document.createElement('span');
    chip.className = 'chip';
    chip.textContent = name;
    chip.style.setProperty('--chip', data.class_colours[label]);
    return chip;
  });
  const key = lines.join() + chips.map((/** @type {HTMLElement} */ chip) => chip.textContent + chip.style.cssText).join();
  if (host.dataset.key === key) return;
  host.dataset.key = key;
  host.innerHTML = lines.map((line) => `<span class="line">${line}</span>`).join('');
  host.append(...chips);
}
