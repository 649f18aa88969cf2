/** A soft round brush: white where the pen went, fading over its rim, however often it goes over the same place. */

// In sides of the board. Seen as one with sharp edges it is 0.1 wide: a digit of the usual size then has the
// strokes of MNIST, 2.8 of 28 pixels.
const PEN = { core: 0.038, rim: 0.062 };
const ERASER = { core: 0.068, rim: 0.092 };
const SPACING = 0.1; // of the rim: closer than the eye or the 84×84 pixels can tell

/** @type {(erase: boolean) => number} in sides of the board */
export const radius = (erase) => (erase ? ERASER : PEN).rim;

/** Stamps of one size, for pen and eraser. */
export class Brush {
  /** @param {CanvasRenderingContext2D} context of a square canvas with a black ground */
  constructor(context) {
    this.context = context;
    this.side = context.canvas.width;
    this.pen = stamp(PEN, this.side, [255, 0]);
    this.eraser = stamp(ERASER, this.side, [0, 255]);
  }

  clear() {
    this.context.globalCompositeOperation = 'source-over';
    this.context.fillStyle = 'black';
    this.context.fillRect(0, 0, this.side, this.side);
  }

  /**
   * Draw from one point to another, both in [0, 1]. The maximum is taken (for the eraser the minimum), so that
   * stamps upon stamps don't harden the rim.
   *
   * @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
   * @param {boolean} erase
   */
  line(x0, y0, x1, y1, erase) {
    const picture = erase ? this.eraser : this.pen;
    const steps = Math.ceil(Math.hypot(x1 - x0, y1 - y0) / (radius(erase) * SPACING));
    this.context.globalCompositeOperation = erase ? 'darken' : 'lighten';
    for (let step = Math.min(1, steps); step <= steps; step++) {
      const share = steps ? step / steps : 0;
      const x = (x0 + share * (x1 - x0)) * this.side;
      const y = (y0 + share * (y1 - y0)) * this.side;
      this.context.drawImage(picture, x - picture.width / 2, y - picture.height / 2);
    }
  }
}

/**
 * An opaque square with a disc, which fades from its core to its rim.
 *
 * @param {{core: number, rim: number}} size in sides of the board
 * @param {number} side of the board, in canvas pixels
 * @param {[number, number]} greys of the disc and of its ground
 */
function stamp({ core, rim }, side, [disc, ground]) {
  const width = 2 * Math.ceil(rim * side + 1);
  const canvas = Object.assign(document.createElement('canvas'), { width, height: width });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const middle = width / 2;
  const fade = context.createRadialGradient(middle, middle, core * side, middle, middle, rim * side);
  fade.addColorStop(0, `rgb(${disc} ${disc} ${disc})`);
  fade.addColorStop(1, `rgb(${ground} ${ground} ${ground})`);
  context.fillStyle = fade;
  context.fillRect(0, 0, width, width);
  return canvas;
}
