/** What a pad says to the others on its link, and hears of them. */

import { meet } from './meet.js';
import { Walk } from './modes.js';

/** A pad's place on a link; on none until it joins. */
export class Link {
  /** @param {import('./pad.js').Pad} pad */
  constructor(pad) {
    this.pad = pad;
    this.name = '';
    this.following = false;
    /** @type {(() => void)[]} */
    this.ends = [];
  }

  /** @param {string|null} name */
  join(name) {
    if ((name ?? '') === this.name) return;
    this.leave();
    this.name = name ?? '';
    if (!name) return;
    const { pad } = this;
    this.ends = [
      meet(name).hear('z', (z) => this.follow(z), this),
      meet(name).hear('heads', (heads) => pad.marks.drawHeads(pad.plane, (pad.heads = heads)), this),
    ];
  }

  leave() {
    for (const end of this.ends) end();
    this.ends = [];
  }

  /** @param {number[]} z of another pad */
  follow(z) {
    const { sliders, mode } = this.pad;
    if (z.length !== sliders.z.length || mode instanceof Walk) return;
    this.following = true;
    sliders.set(z);
    this.following = false;
  }

  /** @param {Float64Array} z */
  sayZ(z) {
    if (!this.following) this.say('z', Array.from(z));
  }

  /** @param {string} topic @param {any} value */
  say(topic, value) {
    if (this.name) meet(this.name).say(topic, value, this);
  }
}
