/** Type on charts grows with the page's, as for a projector. */

const USUAL_PX = 16;

/** @returns {number} how much larger than usual the page's type is */
export function enlargement() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_PX || 1;
}

/**
 * @param {any} node a part of a figure
 * @param {number} factor
 * @returns {any} the same with every font's size multiplied
 */
export function enlarged(node, factor) {
  if (factor === 1 || typeof node !== 'object' || node === null || ArrayBuffer.isView(node)) return node;
  if (Array.isArray(node)) return node.map((each) => enlarged(each, factor));
  return Object.fromEntries(Object.entries(node).map(([key, value]) => {
    const grown = enlarged(value, factor);
    return [key, key.endsWith('font') && typeof grown?.size === 'number' ? { ...grown, size: grown.size * factor } : grown];
  }));
}
