/** p(z|x) on a canvas: the colour of z, as opaque as the density is high against its maximum. */

/** @typedef {import('./joint.js').LogJoint} LogJoint */
/** @typedef {import('../pad/plane.js').Plane} Plane */

const UNSEEN = -8; // log of what is no shade of 255

/**
 * The density at each pixel of a square picture of the plane's window, against the highest of all.
 *
 * @param {LogJoint} joint
 * @param {Plane} plane
 * @param {number} side pixels
 * @returns {Float32Array} 0 to 1, row by row from the top
 */
export function density(joint, plane, side) {
  const { centre: [a, b], reach } = plane;
  const pixel = (2 * reach) / side;
  const across = Float64Array.from({ length: side }, (_, n) => a - reach + (n + 0.5) * pixel);
  const up = Float64Array.from({ length: side }, (_, n) => b + reach - (n + 0.5) * pixel);
  const out = new Float32Array(side * side).fill(-Infinity);
  joint.coarse.resample(across, up, out);
  joint.fine.resample(across, up, out);
  // Where a pixel is wider than a cell of the grid, the highest of its nodes counts: a needle is never missed
  const { low, step, counts: [rows, columns], values } = joint.fine;
  if (pixel > Math.min(...step)) {
    for (let i = 0; i < rows; i++) {
      const x = Math.floor((low[0] + i * step[0] - a + reach) / pixel);
      if (x < 0 || x >= side) continue;
      for (let j = 0; j < columns; j++) {
        const y = Math.floor((b + reach - low[1] - j * step[1]) / pixel);
        const at = y * side + x;
        if (y >= 0 && y < side && values[i * columns + j] > out[at]) out[at] = values[i * columns + j];
      }
    }
  }
  for (let n = 0; n < out.length; n++) {
    const less = out[n] - joint.peak;
    out[n] = less < UNSEEN ? 0 : Math.min(1, Math.exp(less));
  }
  return out;
}

/**
 * @param {HTMLCanvasElement} canvas square
 * @param {LogJoint} joint
 * @param {Plane} plane
 * @param {number[]} rgb
 */
export function paintHeat(canvas, joint, plane, [red, green, blue]) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const values = density(joint, plane, canvas.width);
  const picture = context.createImageData(canvas.width, canvas.width);
  const { data } = picture;
  for (let n = 0; n < values.length; n++) {
    if (!values[n]) continue;
    data[4 * n] = red;
    data[4 * n + 1] = green;
    data[4 * n + 2] = blue;
    data[4 * n + 3] = 255 * values[n] + 0.5;
  }
  context.putImageData(picture, 0, 0);
}
