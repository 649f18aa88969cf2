/** Mouse, finger and pen on the board, in sides of the board. One of them draws at a time. */

const PEN_ERASER = 32; // the bit of the pen's other end in PointerEvent.buttons

/**
 * @typedef {object} Hooks
 * @property {(x: number, y: number, erase: boolean) => void} begin erase: with the pen's eraser end
 * @property {(x: number, y: number) => void} move
 * @property {() => void} end
 * @property {(x: number, y: number) => void} hover
 * @property {() => void} leave
 */

export class Pointers {
  /** @param {HTMLElement} board @param {Hooks} hooks */
  constructor(board, hooks) {
    this.board = board;
    this.hooks = hooks;
    /** @type {number|null} */
    this.drawing = null;
    board.addEventListener('pointerdown', (event) => this.down(event));
    board.addEventListener('pointermove', (event) => this.move(event));
    board.addEventListener('pointerup', (event) => this.up(event));
    board.addEventListener('pointercancel', (event) => this.up(event));
    board.addEventListener('lostpointercapture', (event) => this.up(event));
    board.addEventListener('pointerleave', () => hooks.leave());
  }

  /** @param {{clientX: number, clientY: number}} event @returns {[number, number]} */
  place({ clientX, clientY }) {
    const box = this.board.getBoundingClientRect();
    const { clientLeft, clientTop, clientWidth, clientHeight } = this.board;
    return [(clientX - box.left - clientLeft) / clientWidth, (clientY - box.top - clientTop) / clientHeight];
  }

  /** @param {PointerEvent} event */
  down(event) {
    const erase = (event.buttons & PEN_ERASER) !== 0;
    if (this.drawing !== null || (event.button !== 0 && !erase)) return;
    this.drawing = event.pointerId;
    this.board.setPointerCapture(event.pointerId);
    this.hooks.begin(...this.place(event), erase);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerId === this.drawing) {
      const between = event.getCoalescedEvents?.() ?? [];
      for (const one of between.length ? between : [event]) this.hooks.move(...this.place(one));
    }
    if (event.pointerType !== 'touch' && (this.drawing === null || event.pointerId === this.drawing)) {
      this.hooks.hover(...this.place(event));
    }
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (event.pointerId !== this.drawing) return;
    if (event.type === 'pointerup') this.hooks.move(...this.place(event));
    this.drawing = null;
    this.hooks.end();
  }

  /** Take no more points of the stroke that is being drawn. */
  drop() {
    this.drawing = null;
  }
}
