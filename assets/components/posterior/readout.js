/** The numbers beside the map: the hand's sum, the gauge from its ELBO up to log p(x), the others' ELBOs. */

import { about, digits } from './words.js';

/** @typedef {import('./joint.js').Measured} Measured */
/** @typedef {import('./posterior.js').Given} Given */

const MUCH_BEYOND = 1e-4; // share of q
const MARGIN = 1.06;
const LEAST = 1; // nats that the gauge shows at least

/** @param {string} style */
function sample(style) {
  return `<svg class="sample" data-style="${style}" viewBox="0 0 28 10" aria-hidden="true"><path d="M1 5H27"/></svg>`;
}

export class Readout {
  /**
   * @param {HTMLElement} root
   * @param {(id: string) => void} take put the hand onto one of the others
   */
  constructor(root, take) {
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.part = part;
    this.cells = Object.fromEntries(['reconstruction', 'kl', 'elbo', 'gap', 'log-likelihood'].map(
      (name) => [name, part(`.sum .${name} td`)]));
    this.rows = part('.known tbody');
    this.rows.onclick = (event) => {
      const id = /** @type {HTMLElement} */ (event.target).closest('button')?.dataset.id;
      if (id) take(id);
    };
    this.lack = part('.lack');
    this.mark = part('.track .at');
    this.widest = LEAST;
  }

  /** @param {Given[]} gaussians @param {number} logLikelihood */
  receive(gaussians, logLikelihood) {
    this.cells['log-likelihood'].textContent = digits(logLikelihood);
    this.rows.replaceChildren(...gaussians.map(({ id, label, style, elbo }) => {
      const row = document.createElement('tr');
      row.dataset.ellipse = id;
      row.innerHTML = `<th scope="row"><button type="button" title="Put your q there">${sample(style)}<span></span></button></th><td></td><td></td>`;
      const button = /** @type {HTMLButtonElement} */ (row.querySelector('button'));
      button.dataset.id = id;
      /** @type {HTMLElement} */ (button.querySelector('span')).textContent = label;
      row.cells[1].textContent = digits(elbo);
      row.cells[2].textContent = digits(logLikelihood - elbo);
      return row;
    }));
    this.widest = Math.max(LEAST, ...gaussians.map(({ elbo }) => MARGIN * (logLikelihood - elbo)));
    this.part('.ends .from').textContent = `${digits(logLikelihood - this.widest)} nats`;
    this.part('.given-ticks').replaceChildren(...gaussians.map(({ id, elbo }) => {
      const tick = document.createElement('i');
      tick.dataset.ellipse = id;
      tick.style.left = `${this.percent(logLikelihood - elbo)}%`;
      return tick;
    }));
  }

  /** @param {number} gap @returns {number} its place on the gauge, from the left */
  percent(gap) {
    return 100 * (1 - Math.max(0, Math.min(1, gap / this.widest)));
  }

  /** @param {Measured} measured */
  show({ reconstruction, kl, elbo, gap, beyond }) {
    this.cells.reconstruction.textContent = about(reconstruction);
    this.cells.kl.textContent = digits(kl);
    this.cells.elbo.textContent = about(elbo);
    this.cells.gap.textContent = about(gap);
    const at = this.percent(gap);
    this.lack.style.left = `${at}%`;
    this.mark.style.left = `${at}%`;
    this.mark.classList.toggle('off', gap > this.widest);
    this.part('.beyond').hidden = beyond < MUCH_BEYOND;
  }
}
