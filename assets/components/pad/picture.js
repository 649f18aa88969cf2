/** A frame of the pad: the map, the pictures under it, the decoders' answers and what rides beside the pointer. */

import { find } from '../carrier/registry.js';
import { signed } from '../decoder/sliders.js';
import { drawArrows } from './arrows.js';
import { writeLegend } from './legend.js';

/** @typedef {import('./pad.js').Pad} Pad */

/** @param {Pad} pad */
export function paintMap(pad) {
  const { plane, layers, marks, ground } = pad;
  const ratio = ground.width / plane.size;
  const context = /** @type {CanvasRenderingContext2D} */ (ground.getContext('2d'));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, plane.size, plane.size);
  const look = pad.colours();
  pad.fields.draw(context, plane, layers.on, look);
  const overImages = layers.on.has('manifold');
  if (layers.on.has('points')) pad.points.draw(context, plane, { quiet: look.quiet, dim: overImages });
  pad.root.classList.toggle('over-images', overImages);
  marks.drawAxes(plane, pad.choice.names());
  marks.drawRings(plane, layers.on.has('rings'));
  marks.drawDots(plane, pad.settings.dots);
  marks.drawHeads(plane, pad.heads);
  pad.drawEllipses();
  drawArrows(marks.arrows, plane, layers.on.has('forces') ? pad.settings.arrows : []);
  pad.drawWalk();
  writeLegend(pad.part('.legend'), pad);
}

/** @param {Pad} pad */
export function askFields({ answers, layers, points, fields, plane, sliders }) {
  fields.want({ layers: layers.on, decoder: answers.decoder, points: points.data, plane, z: sliders.z });
}

/** @param {Pad} pad */
export function paintAnswers(pad) {
  pad.answers.paint(pad.hovered ?? pad.sliders.z, () => pad.colours(), pad.meter);
  if (pad.riding) paintRider(pad, pad.riding);
}

/** @param {Pad} pad @param {{x: number, y: number, point: number}} where */
function paintRider(pad, { x, y, point }) {
  const { header, mean } = /** @type {any} */ (pad.answers.decoder);
  const { size } = pad.plane;
  const decoded = header.view === 'image' ? { mean, shape: header.image_shape } : null;
  if (point < 0) {
    pad.rider.show(x, y, size, decoded, decoded ? '' : `x = ${Array.from(mean, signed).join(', ')}`);
    return;
  }
  const images = pad.settings.images && find('images', pad.settings.images);
  const { name } = pad.points.classOf(point);
  const image = images ? imageOf(images, pad.points.data.rows[point]) : null;
  pad.rider.show(x, y, size, image, name && `class ${name}`);
}

/** One image of a carrier, as a mean in [0, 1]. @type {(images: any, row: number) => {mean: Float32Array, shape: number[]}} */
function imageOf({ pixels, shape }, row) {
  const size = shape.reduce((/** @type {number} */ product, /** @type {number} */ side) => product * side, 1);
  return { mean: Float32Array.from(pixels.subarray(row * size, (row + 1) * size), (level) => level / 255), shape };
}
