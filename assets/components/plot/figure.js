/** From a message to a figure that Plotly can draw. */

import { unpack } from '../packing.js';

/** @typedef {import('../packing.js').NumberArray} NumberArray */

/**
 * Cut a flat array into the rows of a matrix; vectors stay as they are.
 *
 * @param {NumberArray} flat
 * @param {number[]} shape
 * @returns {any}
 */
function shaped(flat, shape) {
  if (shape.length < 2) return flat;
  const [count, ...rest] = shape;
  const size = flat.length / count;
  return Array.from({ length: count }, (_, i) => shaped(flat.subarray(i * size, (i + 1) * size), rest));
}

/**
 * Put the columns where the header refers to them as `{"column": index}`.
 *
 * @param {any} node
 * @param {any[]} columns
 * @returns {any}
 */
function filled(node, columns) {
  if (Array.isArray(node)) return node.map((child) => filled(child, columns));
  if (node === null || typeof node !== 'object') return node;
  const names = Object.keys(node);
  if (names.length === 1 && names[0] === 'column') return columns[node.column];
  return Object.fromEntries(names.map((name) => [name, filled(node[name], columns)]));
}

/**
 * @param {Uint8Array} bytes made by `pack_figure`
 * @returns {{data: any[], layout: any, templates: {light: any, dark: any}, alt: string, height: number, plotly: string}}
 */
export function readFigure(bytes) {
  const { header, arrays } = unpack(bytes);
  const columns = arrays.map((array, index) => shaped(array, header.arrays[index].shape));
  const { arrays: _, data, layout, ...rest } = header;
  return { data: filled(data, columns), layout: filled(layout, columns), ...rest };
}
