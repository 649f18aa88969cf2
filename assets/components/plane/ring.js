/** The ring around one run of the chart. */

/** @typedef {import('./runs.js').Run} Run */

/** @type {(traces: any[]) => number} where the ring's trace is, or -1 */
const placeOf = (traces) => traces.findIndex(({ meta }) => meta === 'ring');

/**
 * Before a chart is drawn: the ring is where the browser has it, in the colour of the page's text.
 *
 * @param {any[]} traces
 * @param {Run|undefined} run
 * @param {string} colour
 */
export function putRing(traces, run, colour) {
  const trace = traces[placeOf(traces)];
  if (!trace) return;
  trace.x = run ? [run.rate] : [];
  trace.y = run ? [run.distortion] : [];
  trace.marker = { ...trace.marker, color: colour };
}

/**
 * Move the ring on a drawn chart within a frame: its mark alone is shifted. Plotly, which draws all anew for a restyle,
 * hears of it with Python's answer to a choice.
 *
 * @param {any} chart Plotly's element
 * @param {Run} run
 * @returns {boolean} whether there was a ring to be shifted
 */
export function shiftRing(chart, run) {
  const trace = chart._fullData?.[placeOf(chart.data ?? [])];
  const mark = trace && chart.querySelector(`.scatterlayer .trace${trace.uid} path.point`);
  if (!mark) return false;
  const { xaxis, yaxis } = chart._fullLayout;
  mark.setAttribute('transform', `translate(${xaxis.d2p(run.rate)},${yaxis.d2p(run.distortion)})`);
  return true;
}
