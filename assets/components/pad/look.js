/** The colours that canvases draw with, as the theme and the glossary have them. */

/**
 * @typedef {object} Look
 * @property {string} text
 * @property {string} mark of z
 * @property {string} ground
 * @property {string} quiet of points without a class
 * @property {string} font
 * @property {number[]} markRgb red, green, blue
 * @property {number[]} textRgb
 */

/**
 * @param {HTMLElement} root
 * @returns {Look}
 */
export function lookOf(root) {
  const style = getComputedStyle(root);
  const variable = (/** @type {string} */ name, /** @type {string} */ other) => style.getPropertyValue(name).trim() || other;
  const context = /** @type {CanvasRenderingContext2D} */ (
    document.createElement('canvas').getContext('2d', { willReadFrequently: true }));
  const rgb = (/** @type {string} */ colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
  };
  const mark = variable('--z', '#56b4e9');
  return {
    text: style.color,
    mark,
    ground: variable('--ground', 'white'),
    quiet: '#8c8c8c',
    font: style.fontFamily,
    markRgb: rgb(mark),
    textRgb: rgb(style.color),
  };
}
