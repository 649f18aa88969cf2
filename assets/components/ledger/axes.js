/** One row for each latent axis: the prior and q as curves, and q in figures. */

import { nameOf } from '../pad/frame.js';
import { element } from '../pad/marks.js';
import { figure, nats } from './words.js';

const LEAST_REACH = 3.5; // prior σ, to either side
const MOST_REACH = 12;
const TAIL = 4; // σ of a curve that are drawn
const STEPS = 48;
const [WIDTH, HEIGHT] = [100, 20];

export class Axes {
  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} key
   * @param {(about: string) => void} pressed an axis
   */
  constructor(host, key, pressed) {
    this.host = host;
    this.key = key;
    host.onclick = (event) => {
      const row = /** @type {HTMLElement} */ (event.target).closest('li');
      if (row) pressed(row.dataset.about ?? '');
    };
  }

  /** @param {import('./words.js').Account} account @param {number} dimension that is marked */
  show({ mean, std, kl }, dimension) {
    const farthest = Math.max(...mean.map((centre, j) => Math.abs(centre) + 3 * std[j]).filter(Number.isFinite), 0);
    const reach = Math.min(MOST_REACH, Math.max(LEAST_REACH, Math.ceil(farthest)));
    const highest = Math.max(...kl, 1e-9);
    while (this.host.childElementCount > kl.length) this.host.lastElementChild?.remove();
    while (this.host.childElementCount < kl.length) this.host.append(row(this.host.childElementCount));
    kl.forEach((value, j) => {
      const item = /** @type {HTMLElement} */ (this.host.children[j]);
      const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (item.querySelector(selector));
      item.classList.toggle('chosen', j === dimension);
      part('.prior').setAttribute('d', curve(0, 1, reach));
      part('.q').setAttribute('d', curve(mean[j], std[j], reach));
      part('.centre').setAttribute('d', `M${across(mean[j], reach)} ${HEIGHT}V0`);
      part('.mean').textContent = figure(mean[j]);
      part('.std').textContent = figure(std[j]);
      part('.nats').textContent = nats(value, 2);
      part('.share').style.width = `${(100 * Math.max(0, value)) / highest}%`;
    });
    this.key.textContent = `prior N(0, 1) dashed, q(z|x) full, from −${reach} to ${reach} σ, each as high as the row`;
  }
}

/** @param {number} j */
function row(j) {
  const item = document.createElement('li');
  item.dataset.about = String(j);
  item.innerHTML = `
    <b>${nameOf(j)}</b>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true"></svg>
    <span class="of-q"><i>μ</i> <span class="mean"></span> <i>σ</i> <span class="std"></span></span>
    <span class="kl"><i>KL</i> <span class="nats"></span><i class="share" aria-hidden="true"></i></span>`;
  item.querySelector('svg')?.append(
    element('path', { class: 'prior' }), element('path', { class: 'q' }), element('path', { class: 'centre' }));
  return item;
}

/** @type {(z: number, reach: number) => string} */
const across = (z, reach) => ((WIDTH * (z + reach)) / (2 * reach)).toFixed(2);

/** A Gaussian's density over the row, scaled to the row's height. @type {(mean: number, std: number, reach: number) => string} */
function curve(mean, std, reach) {
  if (![mean, std].every(Number.isFinite)) return '';
  const points = Array.from({ length: STEPS + 1 }, (_, n) => {
    const deviation = TAIL * ((2 * n) / STEPS - 1);
    // N(z; μ, σ²) / N(μ; μ, σ²) = exp(-((z - μ)/σ)²/2)
    const height = Math.exp(-(deviation ** 2) / 2);
    return `${across(mean + std * deviation, reach)} ${(HEIGHT - 1 - (HEIGHT - 2) * height).toFixed(2)}`;
  });
  return `M${points.join('L')}`;
}
