/** Plotly, loaded once per page from the app's own route. */

/** @type {Promise<any>|undefined} */
let loading;

/**
 * @param {string} version of the Python package: another version is another address, so caches never mix them
 * @returns {Promise<any>} the library
 */
export function loadPlotly(version) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = new URL(`../../../plotly/plotly.min.js?v=${version}`, import.meta.url).href;
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = undefined; // the next message tries again
      script.remove();
      reject(new Error('The chart library could not be loaded: reload the page.'));
    };
    document.head.append(script);
  });
  return loading;
}
