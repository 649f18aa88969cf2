/** Which traces of a chart are about the symbol that is pointed at in a formula: a trace says so in `meta.word`. */

const DIM = 0.2;

/**
 * @param {any[]} traces
 * @param {string|null} word
 * @returns {number[]|null} the opacity of each, or null where none of them is about any symbol
 */
export function opacities(traces, word) {
  if (!traces.some((trace) => trace.meta?.word)) return null;
  const about = word !== null && traces.some((trace) => trace.meta?.word === word);
  return traces.map((trace) => (about && trace.meta?.word !== word ? DIM : trace.meta?.opacity ?? 1));
}
