/** Where images stand in a grid, and how they get onto one canvas. */

const SMALLEST = 40; // CSS pixels that an image should at least be wide, before the rows are broken
const LARGEST = 112;

/**
 * @typedef {object} Grid sizes in canvas pixels, of which one is one image pixel.
 * @property {number} columns images side by side
 * @property {number} bands rows of the whole grid are broken into so many bands
 * @property {number} rows rows of a band
 * @property {number} gap between images
 * @property {number} line from the top of a row to the top of the next
 * @property {number} width
 * @property {number} height
 * @property {number} scale CSS pixels per image pixel; a whole number of screen pixels
 */

/**
 * Fit images into a width, each image pixel a whole number of screen pixels. Where a row does not fit, all rows
 * are broken at the same place, so that what stands under an image stays under it.
 *
 * @param {{count: number, columns: number, shape: number[], available: number, caption: number, ratio: number}} given
 *   caption: CSS pixels kept free under each image; ratio: screen pixels per CSS pixel
 * @returns {Grid}
 */
export function fit({ count, columns, shape, available, caption, ratio }) {
  const [, height, width] = shape;
  const gap = Math.max(1, Math.round(width / 14));
  const screen = Math.floor(available * ratio);
  const scaleFor = (/** @type {number} */ n) => Math.floor(screen / (n * (width + gap) - gap));
  const smallest = Math.max(1, Math.ceil((Math.min(SMALLEST, available) * ratio) / width));
  let bands = 1;
  while (scaleFor(Math.ceil(columns / bands)) < smallest && bands < columns) bands += 1;
  const across = Math.ceil(columns / bands);
  const largest = Math.max(1, Math.floor((LARGEST * ratio) / width));
  const pixels = Math.max(1, Math.min(scaleFor(across), largest));
  const rows = Math.ceil(count / columns);
  const line = height + Math.max(gap, Math.ceil((caption * ratio) / pixels));
  const foot = caption ? 0 : gap;
  return {
    columns: across,
    bands: Math.ceil(Math.min(columns, count) / across),
    rows,
    gap,
    line,
    width: across * (width + gap) - gap,
    height: Math.ceil(Math.min(columns, count) / across) * rows * line - foot,
    scale: pixels / ratio,
  };
}

/**
 * @param {Grid} grid
 * @param {number[]} shape C, H, W
 * @param {number} columns of the whole grid, before it was broken into bands
 * @param {number} index of the image
 * @returns {{x: number, y: number}} its corner on the canvas
 */
export function place(grid, shape, columns, index) {
  const row = Math.floor(index / columns);
  const column = index % columns;
  const band = Math.floor(column / grid.columns);
  return {
    x: (column % grid.columns) * (shape[2] + grid.gap),
    y: (band * grid.rows + row) * grid.line,
  };
}

/**
 * Draw images onto a canvas, one canvas pixel for each of theirs. What is there already is painted over.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} images (count * C * H * W)
 * @param {{count: number, columns: number, shape: number[]}} given
 * @param {Grid} grid
 */
export function paint(canvas, images, { count, columns, shape }, grid) {
  const [channels, height, width] = shape;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  if (canvas.width !== grid.width || canvas.height !== grid.height) {
    canvas.width = grid.width;
    canvas.height = grid.height;
  }
  const pixels = context.createImageData(grid.width, grid.height);
  const words = new Uint32Array(pixels.data.buffer);
  const plane = width * height;
  const [green, blue] = channels === 3 ? [plane, 2 * plane] : [0, 0];
  for (let n = 0; n < count; n++) {
    const corner = place(grid, shape, columns, n);
    const start = n * channels * plane;
    for (let p = 0; p < plane; p++) {
      const from = start + p;
      const to = (corner.y + Math.floor(p / width)) * grid.width + corner.x + (p % width);
      words[to] = 0xff000000 | (images[from + blue] << 16) | (images[from + green] << 8) | images[from];
    }
  }
  context.putImageData(pixels, 0, 0);
}
