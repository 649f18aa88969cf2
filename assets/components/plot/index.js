/** A Plotly chart that lives through updates. */

import { Chart } from './chart.js';

/** @type {WeakMap<object, Chart>} */
const MOUNTED = new WeakMap();

/**
 * Streamlit calls this at mount, and again on the same parent whenever data or theme change.
 *
 * @param {{data: Uint8Array, parentElement: HTMLElement | ShadowRoot}} mount
 */
export default function plot({ data, parentElement }) {
  const chart = MOUNTED.get(parentElement) ?? new Chart(parentElement);
  MOUNTED.set(parentElement, chart);
  if (data) chart.bytes = data;
  chart.refresh();
  return () => {
    chart.destroy();
    MOUNTED.delete(parentElement);
  };
}
