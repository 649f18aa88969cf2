/** What the pad costs: milliseconds from a pointer event to the task after the frame that shows it, and of a decode. */

const KEPT = 240; // the newest

/** @type {(values: number[], share: number) => number} */
export const quantile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];

/** Its reading is written into a line of text twice a second, so that it measures the pad and not itself. */
export class Meter {
  /** @param {HTMLElement} line */
  constructor(line) {
    this.line = line;
    /** @type {number[]} */
    this.paints = [];
    /** @type {number[]} */
    this.decodes = [];
    this.written = 0;
    this.channel = new MessageChannel();
    this.waiting = 0;
    this.channel.port1.onmessage = () => this.painted();
  }

  get on() {
    return !this.line.hidden;
  }

  /** @param {number} began the event's own time stamp; call it in the frame that shows it */
  frame(began) {
    if (!this.on || this.waiting) return;
    this.waiting = began;
    this.channel.port2.postMessage(0); // answered when the frame is done
  }

  /** @param {number} milliseconds of one decode */
  decoded(milliseconds) {
    if (!this.on) return;
    this.decodes.push(milliseconds);
    if (this.decodes.length > KEPT) this.decodes.shift();
  }

  painted() {
    const now = performance.now();
    this.paints.push(now - this.waiting);
    this.waiting = 0;
    if (this.paints.length > KEPT) this.paints.shift();
    if (now - this.written < 500) return;
    this.written = now;
    const [middle, late] = [0.5, 0.95].map((share) => quantile(this.paints, share).toFixed(1));
    this.line.textContent =
      `event to paint ${middle} ms (95 %: ${late} ms) · decode ${quantile(this.decodes, 0.5).toFixed(2)} ms · ` +
      `last ${this.paints.length} frames`;
  }

  reset() {
    this.paints.length = this.decodes.length = 0;
    this.line.textContent = 'Move the pointer over the pad.';
  }

  destroy() {
    this.channel.port1.close();
  }
}
