/** What a pad says to the others on its link, and hears of them. */

import { SameImage } from './follow.js';
import { meet } from './meet.js';
import { Walk } from './modes.js';

/** A pad's place on a link; on none until it joins. */
export class Link {
  /** @param {import('./pad.js').Pad} pad */
  constructor(pad) {
    this.pad = pad;
    this.name = '';
    this.topic = 'z'; // what pads follow each other by: 'z' or 'image'
    this.following = false;
    this.adopting = false;
    this.images = new SameImage(pad);
    /** @type {(() => void)[]} */
    this.ends = [];
  }

  /** @param {string|null} name @param {'z'|'image'} topic */
  join(name, topic) {
    if ((name ?? '') === this.name && topic === this.topic) return;
    this.leave();
    this.name = name ?? '';
    this.topic = topic;
    const { pad } = this;
    this.images = new SameImage(pad);
    if (!name) return;
    this.ends = [
      meet(name).hear(topic, (said) => this.follow(said), this),
      meet(name).hear('heads', (heads) => pad.marks.drawHeads(pad.plane, (pad.heads = heads)), this),
    ];
  }

  leave() {
    for (const end of this.ends) end();
    this.ends = [];
  }

  /** @param {any} said z of another pad, or the image that it is at */
  follow(said) {
    this.led(() => (this.topic === 'image' ? this.images.take(said) : this.followZ(said)));
    this.pad.paint(); // in the frame in which the hand's own pad is painted, and not in the next one
  }

  /** @param {number[]} z of another pad */
  followZ(z) {
    const { sliders, mode } = this.pad;
    if (z.length === sliders.z.length && !(mode instanceof Walk)) sliders.set(z);
  }

  /** The points may be new. */
  renew() {
    if (this.topic === 'image') this.led(() => this.images.renew());
  }

  /** Move z without telling those who led here. @param {() => void} move */
  led(move) {
    this.following = true;
    move();
    this.following = false;
  }

  /** Take what Python sets, which may be a z for each model: by image it leads nobody. @param {() => void} adopt */
  adopt(adopt) {
    this.adopting = true;
    adopt();
    this.adopting = false;
  }

  /** @param {Float64Array} z */
  sayZ(z) {
    if (this.following) return;
    if (this.topic === 'image') this.images.moved(!this.adopting);
    else this.say('z', Array.from(z));
  }

  /** Once a frame. */
  sayImage() {
    const row = this.topic === 'image' && this.name ? this.images.told() : null;
    if (row !== null) this.say('image', row);
  }

  /** @param {string} topic @param {any} value */
  say(topic, value) {
    if (this.name) meet(this.name).say(topic, value, this);
  }
}
