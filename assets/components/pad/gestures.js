/** Pointers on the map, in CSS pixels of the map: hovering, dragging, panning, pinching, wheel. Nothing of latent space. */

const STILL = 4; // CSS pixels that a click may tremble

/**
 * @typedef {object} Drag what a press begins
 * @property {(x: number, y: number) => void} move
 * @property {(x: number, y: number, still: boolean) => void} end still: it was a click
 * @property {() => void} [undo] the press was the first of two fingers
 */

/**
 * @typedef {object} Hooks
 * @property {(x: number, y: number) => void} hover
 * @property {() => void} leave
 * @property {(x: number, y: number, target: Element) => Drag|null} press null: the hand takes hold of the map
 * @property {(dx: number, dy: number) => void} pan
 * @property {(factor: number, x: number, y: number) => void} zoom
 * @property {(began: number) => void} moved after each of these, once a frame: the time stamp of the newest event
 */

/** Events are gathered, and answered once a frame. */
export class Gestures {
  /**
   * @param {HTMLElement} map
   * @param {Hooks} hooks
   */
  constructor(map, hooks) {
    this.map = map;
    this.hooks = hooks;
    /** @type {Map<number, {x: number, y: number}>} */
    this.pointers = new Map();
    /** @type {Drag|null} */
    this.drag = null;
    this.panning = false;
    this.handTool = false; // a press takes hold of the map
    this.start = { x: 0, y: 0 };
    this.still = true;
    /** @type {{x: number, y: number, at: number}|null} */
    this.pending = null;
    this.frame = 0;
    map.addEventListener('pointerdown', (event) => this.down(event));
    map.addEventListener('pointermove', (event) => this.move(event));
    map.addEventListener('pointerup', (event) => this.up(event));
    map.addEventListener('pointercancel', (event) => this.up(event));
    map.addEventListener('pointerleave', () => { if (!this.pointers.size) this.forget(); });
    map.addEventListener('contextmenu', (event) => { if (this.panning) event.preventDefault(); });
    map.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  get held() {
    return this.pointers.size > 0;
  }

  /** @param {{clientX: number, clientY: number}} event */
  place({ clientX, clientY }) {
    const box = this.map.getBoundingClientRect();
    return { x: clientX - box.left - this.map.clientLeft, y: clientY - box.top - this.map.clientTop };
  }

  /** @param {PointerEvent} event */
  down(event) {
    const target = /** @type {Element} */ (event.composedPath()[0]);
    if (target.closest('button')) return;
    this.map.setPointerCapture(event.pointerId);
    const at = this.place(event);
    this.pointers.set(event.pointerId, at);
    if (this.pointers.size > 1) { // a second finger: from now on they move the map, and the first press was none
      if (this.still && this.drag?.undo) {
        this.drag.undo();
        this.drag = null;
      }
      this.still = false;
      this.drop(at);
      this.panning = true;
      return;
    }
    this.start = at;
    this.still = true;
    this.panning = event.button !== 0 || event.shiftKey || this.handTool;
    if (!this.panning) this.drag = this.hooks.press(at.x, at.y, target);
    this.panning ||= !this.drag;
    this.hooks.moved(event.timeStamp);
  }

  /** @param {PointerEvent} event */
  move(event) {
    const at = this.place(event);
    const before = this.pointers.get(event.pointerId);
    if (before && this.panning) this.panOrPinch(event.pointerId, before, at);
    if (before) this.pointers.set(event.pointerId, at);
    if (Math.hypot(at.x - this.start.x, at.y - this.start.y) > STILL) this.still = false;
    this.pending = { ...at, at: event.timeStamp };
    if (!this.frame) this.frame = requestAnimationFrame(() => this.answer());
  }

  /** @param {number} id @param {{x: number, y: number}} before @param {{x: number, y: number}} at */
  panOrPinch(id, before, at) {
    const other = [...this.pointers].find(([pointer]) => pointer !== id)?.[1];
    if (!other) {
      this.hooks.pan(at.x - before.x, at.y - before.y);
      return;
    }
    this.hooks.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
    const apart = Math.hypot(at.x - other.x, at.y - other.y);
    const was = Math.hypot(before.x - other.x, before.y - other.y);
    if (apart > 1 && was > 1) this.hooks.zoom(was / apart, (at.x + other.x) / 2, (at.y + other.y) / 2);
  }

  /** Once a frame, whatever the number of events. */
  answer() {
    this.frame = 0;
    const { pending } = this;
    if (!pending) return;
    this.pending = null;
    if (this.drag) this.drag.move(pending.x, pending.y);
    else if (!this.held) this.hooks.hover(pending.x, pending.y);
    this.hooks.moved(pending.at);
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const at = this.place(event);
    if (event.type === 'pointercancel') this.still = false; // no click
    if (this.drag && !this.still && event.type !== 'pointercancel') this.drag.move(at.x, at.y); // that one has no place
    this.pending = null;
    this.drop(at);
    if (!this.pointers.size) this.panning = false;
    this.hooks.moved(event.timeStamp);
    if (event.pointerType === 'touch') this.forget();
  }

  /** @param {{x: number, y: number}} at */
  drop(at) {
    const { drag } = this;
    this.drag = null;
    drag?.end(at.x, at.y, this.still);
  }

  forget() {
    this.pending = null;
    this.hooks.leave();
  }

  /** @param {WheelEvent} event a plain wheel scrolls the page, unless the map has the focus */
  wheel(event) {
    const root = /** @type {Document|ShadowRoot} */ (this.map.getRootNode());
    if (!event.ctrlKey && !event.metaKey && root.activeElement !== this.map) return;
    event.preventDefault();
    const { x, y } = this.place(event);
    this.hooks.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004), x, y);
    this.hooks.moved(event.timeStamp);
  }

  destroy() {
    cancelAnimationFrame(this.frame);
  }
}
