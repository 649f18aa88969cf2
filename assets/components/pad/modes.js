/** What a press and a key mean: exploring moves z; walking moves, adds and removes pins. */

import { Pins, corners } from './pins.js';

/** @typedef {import('./pad.js').Pad} Pad */
/** @typedef {import('./gestures.js').Drag} Drag */

/** z follows the hand; a click on a point takes its code. */
export class Explore {
  /** @param {Pad} pad */
  constructor(pad) {
    this.pad = pad;
    /** @type {number|null} */
    this.row = null; // the point that z was taken from
    this.moves = 0;
    this.begun = false;
    this.told = '';
    this.given = 'null';
  }

  /** @param {any} settings */
  adopt({ z, start }) {
    if (start && !this.begun) this.pad.sliders.set(start);
    this.begun = true;
    const given = JSON.stringify(z);
    if (z && given !== this.given && !this.pad.held) {
      this.row = null;
      this.pad.sliders.set(z);
      this.told = JSON.stringify([this.rounded(), null]);
    }
    this.given = given;
  }

  /** Whatever moves z takes it away from the point that was picked. */
  moved() {
    this.row = null;
  }

  /** @param {number} x @param {number} y @param {Element} _target @returns {Drag} */
  press(x, y, _target) {
    const { pad, row } = this;
    const before = Float64Array.from(pad.sliders.z);
    pad.moveTo(x, y);
    return {
      move: (toX, toY) => pad.moveTo(toX, toY),
      undo: () => {
        pad.sliders.set(before);
        this.row = row;
        pad.leave();
      },
      end: (toX, toY, still) => {
        const found = still ? pad.pointAt(toX, toY) : -1;
        if (found >= 0) this.pick(found);
        this.tell();
      },
    };
  }

  /** @param {number} n a point */
  pick(n) {
    this.pad.sliders.set(this.pad.points.mean(n));
    this.row = n;
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  key({ key }) {
    if (key !== 'Enter') return false;
    const [x, y] = this.pad.cursorAt();
    const found = this.pad.points.nearest(this.pad.plane, x, y, Infinity);
    if (found >= 0) this.pick(found);
    return found >= 0;
  }

  rounded() {
    return Array.from(this.pad.sliders.z, (value) => Math.round(value * 1e4) / 1e4);
  }

  tell() {
    const z = this.rounded();
    const text = JSON.stringify([z, this.row]);
    if (text === this.told) return;
    this.told = text;
    this.moves++;
    this.pad.setStateValue('position', { z, row: this.row, moves: this.moves });
    this.pad.speak();
  }
}

/** Pins follow the hand; a click beside them adds one; with the pencil a drag draws them all anew. */
export class Walk {
  /** @param {Pad} pad */
  constructor(pad) {
    this.pad = pad;
    this.pins = new Pins(12);
    this.given = '';
    this.told = '';
    this.sketching = false;
    /** @type {ArrayLike<number>[]|null} the path under the pencil */
    this.sketched = null;
  }

  /** @param {any} settings */
  adopt({ pins, most_pins: most }) {
    this.pins.most = most;
    const given = JSON.stringify(pins);
    if (pins && given !== this.given && !this.pad.held) {
      this.pins.set(pins);
      this.told = JSON.stringify(this.pins.told());
      this.select(this.pins.selected);
    }
    this.given = given;
  }

  /** @param {number} index */
  select(index) {
    this.pins.selected = index;
    if (this.pins.current) this.pad.sliders.set(this.pins.current);
    this.pad.drawWalk();
  }

  /** The sliders have moved: they are the selected pin's. */
  moved() {
    this.pins.current?.set(this.pad.sliders.z);
    this.pad.drawWalk();
  }

  /**
   * @param {{style: string, z: number[][]}[]} found by Python for the pins that it heard of last
   * @returns {{style: string, z: ArrayLike<number>[], old?: boolean}[]} as they are to be drawn now
   */
  paths(found) {
    if (this.sketched) return [{ style: 'sketch', z: this.sketched }];
    const old = JSON.stringify(this.pins.told()) !== this.told;
    return found.map((path) => (path.style === 'straight' ? { ...path, z: this.pins.list } : { ...path, old }));
  }

  /** @param {number} x @param {number} y @param {Element} target @returns {Drag|null} */
  press(x, y, target) {
    const pin = target.closest('[data-pin]');
    if (pin) return this.dragPin(Number(/** @type {SVGElement} */ (pin).dataset.pin));
    return this.sketching ? this.sketch(x, y) : this.addOrPan(x, y);
  }

  /** @param {number} index @returns {Drag} */
  dragPin(index) {
    this.select(index);
    return { move: (x, y) => this.pad.moveTo(x, y), end: () => this.tell() };
  }

  /** A click adds a pin; a hand that moves takes the map along. @param {number} x0 @param {number} y0 @returns {Drag} */
  addOrPan(x0, y0) {
    let [x, y] = [x0, y0];
    return {
      move: (toX, toY) => {
        this.pad.pan(toX - x, toY - y);
        [x, y] = [toX, toY];
      },
      end: (toX, toY, still) => {
        if (!still) return;
        const found = this.pad.pointAt(toX, toY);
        const [a, b] = this.pad.plane.at(toX, toY);
        this.add(found >= 0 ? this.pad.points.mean(found) : this.pad.plane.move(this.pad.sliders.z, a, b));
      },
    };
  }

  /** @param {ArrayLike<number>} z */
  add(z) {
    if (this.pins.add(z)) this.select(this.pins.selected);
    else this.pad.say(`A walk has at most ${this.pins.most} pins.`);
    this.tell();
  }

  /** @param {number} index */
  remove(index) {
    if (this.pins.remove(index)) this.select(this.pins.selected);
    else this.pad.say('A walk has at least two pins.');
    this.tell();
  }

  /** @param {number} x @param {number} y @returns {Drag} */
  sketch(x, y) {
    const { plane } = this.pad;
    const across = Float64Array.from(this.pad.sliders.z);
    /** @type {[number, number][]} */
    const path = [plane.at(x, y)];
    return {
      move: (toX, toY) => {
        path.push(plane.at(toX, toY));
        this.sketched = path.map(([a, b]) => plane.move(across, a, b));
        this.pad.drawWalk();
      },
      end: (_x, _y, still) => {
        this.sketched = null;
        this.pad.drawWalk();
        if (still || path.length < 2) return;
        this.pins.set(corners(path, this.pins.most).map(([a, b]) => Array.from(plane.move(across, a, b))));
        this.select(this.pins.list.length - 1);
        this.tell();
      },
    };
  }

  /** @param {KeyboardEvent} event @returns {boolean} */
  key({ key, target }) {
    const pin = /** @type {SVGElement} */ (target)?.dataset?.pin;
    if (pin !== undefined && Number(pin) !== this.pins.selected) this.select(Number(pin));
    if (pin !== undefined && (key === 'Delete' || key === 'Backspace')) {
      this.remove(Number(pin));
      return true;
    }
    if (key === 'Enter') {
      this.add(this.pad.sliders.z.map((value, j) => value + 0.4 * this.pad.plane.u[j]));
      return true;
    }
    return false;
  }

  tell() {
    const pins = this.pins.told();
    const text = JSON.stringify(pins);
    if (text === this.told) return;
    this.told = text;
    this.pad.setStateValue('pins', pins);
    this.pad.speak();
  }
}
