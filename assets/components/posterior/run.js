/** A climb that one can watch: ten steps a second, or at once for those who want no motion. */

import { Climb } from './fit.js';

/** @typedef {import('./gaussian.js').Gaussian} Gaussian */

const STEP_MS = 100;

export class Run {
  /**
   * @param {object} hooks
   * @param {(q: Gaussian) => void} hooks.moved
   * @param {(climb: Climb, stopped: boolean) => void} hooks.ended
   */
  constructor({ moved, ended }) {
    this.moved = moved;
    this.ended = ended;
    /** @type {Climb|null} */
    this.climb = null;
    this.timer = 0;
  }

  get going() {
    return this.climb !== null;
  }

  /** @param {Climb} climb */
  start(climb) {
    this.climb = climb;
    this.moved(climb.q); // a diagonal one straightens first
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      while (climb.advance());
      this.moved(climb.q);
      this.end(false);
    } else this.timer = window.setInterval(() => this.step(), STEP_MS);
  }

  step() {
    if (!this.climb) return;
    if (this.climb.advance()) this.moved(this.climb.q);
    else this.end(false);
  }

  stop() {
    if (this.climb) this.end(true);
  }

  /** @param {boolean} stopped by a hand */
  end(stopped) {
    clearInterval(this.timer);
    const climb = /** @type {Climb} */ (this.climb);
    this.climb = null;
    this.ended(climb, stopped);
  }

  destroy() {
    clearInterval(this.timer);
    this.climb = null;
  }
}
