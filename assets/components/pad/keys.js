/** The keyboard on the map: arrows move z, page keys move it further, Home and End jump, + and − zoom. */

const STEP = 0.05; // prior σ
const FAR = 0.5;
const SETTLE_MS = 250; // a held key is one change

const MOVES = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 1], PageDown: [0, -1],
});

/** Keys on the map, and on what can be focused there. */
export class Keys {
  /** @param {import('./pad.js').Pad} pad */
  constructor(pad) {
    this.pad = pad;
    this.timer = 0;
    this.words = 'Arrow keys move z, with Shift or page keys further; Home goes to the origin, End to the image, ' +
      'Enter to the nearest code; plus and minus zoom, 0 shows the whole.';
    pad.map.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (this.press(event)) event.preventDefault();
    });
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it means something here */
  press(event) {
    const { pad } = this;
    const target = /** @type {SVGElement|HTMLElement} */ (event.target);
    if (target.closest('button')) return false;
    const far = event.shiftKey || event.key.startsWith('Page');
    const step = far ? FAR : STEP;
    if (target.dataset.handle) return this.ellipse(target, event.key, step);
    if (pad.mode?.key(event)) {
      this.settle();
      return true;
    }
    const move = MOVES[event.key];
    if (move) return this.move(move[0] * step, move[1] * step);
    return this.jump(event.key) || this.view(event.key);
  }

  /** @param {number} da @param {number} db */
  move(da, db) {
    const { pad } = this;
    const [a, b] = pad.plane.of(pad.sliders.z);
    pad.sliders.set(pad.plane.move(pad.sliders.z, a + da, b + db));
    this.settle();
    return true;
  }

  /** @param {string} key */
  jump(key) {
    const { sliders, settings } = this.pad;
    const target = key === 'Home' ? sliders.z.map(() => 0) : key === 'End' ? settings.image?.mean : null;
    if (!target) return false;
    sliders.set(target);
    this.settle();
    return true;
  }

  /** @param {string} key */
  view(key) {
    if (key === '+' || key === '=') this.pad.zoom(0.8);
    else if (key === '-' || key === '−') this.pad.zoom(1.25);
    else if (key === '0') this.pad.home();
    else return false;
    return true;
  }

  /** @param {SVGElement|HTMLElement} handle @param {string} key @param {number} step */
  ellipse(handle, key, step) {
    const id = /** @type {SVGElement} */ (handle.closest('[data-ellipse]')).dataset.ellipse ?? '';
    if (!this.pad.ellipses.nudge(id, handle.dataset.handle, key, step)) return false;
    this.pad.drawEllipses(id);
    this.settle(() => this.pad.setStateValue('ellipse', this.pad.ellipses.told(id)));
    return true;
  }

  settle(tell = () => this.pad.mode?.tell()) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(tell, SETTLE_MS);
  }
}
