/** A pen that the keyboard moves: arrows, Space down and up, E, Backspace, Delete. */

const STEP = 1 / 28; // one pixel of MNIST
const FAR = 4; // steps, with Shift
const REST_MS = 500; // then the place is said

const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
});

export const WORDS =
  'Arrow keys move the pen, with Shift further, two at once aslant; Space puts it down and lifts it; ' +
  'E takes the eraser or the pen, Backspace undoes, Delete clears, Home goes to the middle.';

export class Keys {
  /** @param {import('./board.js').Board} board */
  constructor(board) {
    this.board = board;
    this.x = this.y = 0.5;
    this.down = false;
    /** @type {Set<string>} */
    this.held = new Set();
    this.timer = 0;
    const { square } = board;
    square.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !this.press(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    square.addEventListener('keyup', (event) => this.held.delete(event.key));
    square.addEventListener('focus', () => {
      if (square.matches(':focus-visible')) this.show();
    });
    square.addEventListener('blur', () => {
      this.held.clear();
      this.lift();
      board.ring(null);
    });
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether it means something here */
  press(event) {
    const { key, repeat } = event;
    if (ARROWS[key]) return this.arrow(key, event.shiftKey ? FAR : 1);
    if (key === 'Home') return this.go(0.5, 0.5);
    const act = {
      ' ': () => (this.down ? this.lift() : this.lower()),
      Escape: () => this.lift(),
      e: () => this.board.choose(!this.board.erasing),
      E: () => this.board.choose(!this.board.erasing),
      Backspace: () => this.board.undo(),
      Delete: () => this.board.clear(),
    }[key];
    if (!act || (key === 'Escape' && !this.down)) return false;
    if (!repeat) act();
    if (key !== 'Escape') this.show();
    return true;
  }

  /** @param {string} key @param {number} steps */
  arrow(key, steps) {
    this.held.add(key);
    let [x, y] = [this.x, this.y];
    for (const one of this.held) {
      x += ARROWS[one][0] * steps * STEP;
      y += ARROWS[one][1] * steps * STEP;
    }
    return this.go(x, y);
  }

  /** @param {number} x @param {number} y */
  go(x, y) {
    this.x = Math.min(1, Math.max(0, x));
    this.y = Math.min(1, Math.max(0, y));
    if (this.down) this.board.move(this.x, this.y);
    this.show();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.board.say(this.place()), REST_MS);
    return true;
  }

  place() {
    const [column, row] = [this.x, this.y].map((side) => Math.round(side / STEP));
    return `Column ${column}, row ${row} of 28`;
  }

  show() {
    this.board.ring([this.x, this.y], true);
  }

  lower() {
    if (!this.board.begin(this.x, this.y, this.board.erasing)) return;
    this.down = true;
    this.board.say(this.board.erasing ? 'Eraser down' : 'Pen down');
  }

  lift() {
    if (!this.down) return;
    this.down = false;
    this.board.end();
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
