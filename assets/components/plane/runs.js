/** The runs of a sweep, and the way from one to the next. */

/**
 * @typedef {object} Run as `PlaneRun` of pages/components/plane.py
 * @property {string} run its id, which the chart's markers have as `customdata`
 * @property {string} label
 * @property {number} curve
 * @property {number} beta
 * @property {number} seed
 * @property {number} rate nats per image
 * @property {number} distortion nats per image
 * @property {string} words
 */

/**
 * @param {Run[]} runs
 * @param {Run|undefined} from
 * @returns {Run[]} those of its curve and seed, in increasing β
 */
export function alongBeta(runs, from) {
  return runs
    .filter(({ curve, seed }) => curve === from?.curve && seed === from?.seed)
    .sort((a, b) => a.beta - b.beta);
}
