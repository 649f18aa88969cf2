/** Moves a playhead there and back, twelve frames a second; one step at a time for who asked for less motion. */

import { following } from './reel.js';

const FRAME_MS = 1000 / 12;

export class Player {
  /** @param {() => void} changed the frame, or whether it plays */
  constructor(changed) {
    this.changed = changed;
    this.frame = 0;
    this.count = 1;
    this.forward = true;
    this.playing = false;
    this.once = false;
    this.request = 0;
    this.last = 0;
    this.calm = window.matchMedia('(prefers-reduced-motion: reduce)');
    this.hidden = () => { if (document.hidden) this.pause(); };
    this.asked = () => this.pause();
    document.addEventListener('visibilitychange', this.hidden);
    this.calm.addEventListener('change', this.asked);
  }

  /** A walk of another length: the playhead stays where it is, if it can. @param {number} count */
  resize(count) {
    this.count = count;
    this.frame = Math.min(this.frame, count - 1);
  }

  /** @param {number} frame by a hand, which also stops it */
  go(frame) {
    this.stop();
    this.frame = frame;
    this.changed();
  }

  /** What the button does. */
  press() {
    if (this.calm.matches) this.step();
    else if (this.playing) this.pause();
    else this.play();
  }

  /** @param {{once?: boolean}} [how] once: there and back, and no further */
  play({ once = false } = {}) {
    if (this.playing || this.calm.matches || document.hidden || this.count < 2) return;
    this.playing = true;
    this.once = once;
    this.last = performance.now();
    this.request = requestAnimationFrame((now) => this.tick(now));
    this.changed();
  }

  stop() {
    cancelAnimationFrame(this.request);
    this.playing = false;
  }

  pause() {
    this.stop();
    this.changed();
  }

  step() {
    [this.frame, this.forward] = following(this.frame, this.forward, this.count);
    this.changed();
  }

  /** @param {number} now */
  tick(now) {
    this.request = requestAnimationFrame((next) => this.tick(next));
    if (now - this.last < FRAME_MS) return;
    this.last = Math.max(this.last + FRAME_MS, now - FRAME_MS); // what was missed is not made up for
    if (this.once && this.frame === 1 && !this.forward) this.stop(); // one more step, and it is back
    this.step();
  }

  destroy() {
    this.stop();
    document.removeEventListener('visibilitychange', this.hidden);
    this.calm.removeEventListener('change', this.asked);
  }
}
