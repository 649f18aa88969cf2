/**
 * Many codes at once: two rows of weights meet four codes at a time, so that each number read serves several products.
 * With directions u and v it carries the tangents ∂/∂u and ∂/∂v along (forward-mode differentiation), which the
 * decoder's stretch is made of.
 */

import { MEAN_SLOPES, SLOPES } from './functions.js';

export const WIDTH = 8;

/**
 * One linear layer for eight columns: y = W x + b, in tiles of 2 rows by 4 columns. Entries of a column lie WIDTH apart.
 *
 * @param {Float32Array} weight (outputs, inputs)
 * @param {Float32Array|null} bias null for tangents
 * @param {Float64Array} x (inputs, 8)
 * @param {Float64Array} y (outputs, 8), written
 */
function linear8(weight, bias, x, y) {
  const inputs = x.length / WIDTH;
  const outputs = y.length / WIDTH;
  for (let o = 0; o < outputs; o += 2) {
    const p = Math.min(o + 1, outputs - 1); // of an odd number of rows the last one twice
    const [first, second] = bias ? [bias[o], bias[p]] : [0, 0];
    for (let c = 0; c < WIDTH; c += 4) {
      let [s0, s1, s2, s3] = [first, first, first, first];
      let [t0, t1, t2, t3] = [second, second, second, second];
      for (let i = 0, k = c, at = o * inputs, bt = p * inputs; i < inputs; i++, k += WIDTH) {
        const v = weight[at + i];
        const w = weight[bt + i];
        const x0 = x[k];
        const x1 = x[k + 1];
        const x2 = x[k + 2];
        const x3 = x[k + 3];
        s0 += v * x0;
        s1 += v * x1;
        s2 += v * x2;
        s3 += v * x3;
        t0 += w * x0;
        t1 += w * x1;
        t2 += w * x2;
        t3 += w * x3;
      }
      y.set([s0, s1, s2, s3], o * WIDTH + c);
      y.set([t0, t1, t2, t3], p * WIDTH + c);
    }
  }
}

/** A decoder's working memory for eight codes at a time. */
export class Batch {
  /** @param {import('./decoder.js').Decoder} decoder */
  constructor(decoder) {
    this.decoder = decoder;
    const sizes = [decoder.latentDim, ...decoder.layers.map(({ bias }) => bias.length)];
    const memory = () => sizes.map((size) => new Float64Array(size * WIDTH));
    this.values = memory();
    /** @type {Float64Array[][]} one for each direction */
    this.tangents = [memory(), memory()];
  }

  /**
   * Decode up to eight codes; entry d of the mean of code c is at `[d * WIDTH + c]` of the result.
   *
   * @param {Float64Array[]} codes
   * @param {ArrayLike<number>[]} directions along which tangents are carried: none, or two
   * @returns {{mean: Float64Array, tangents: Float64Array[]}} written over by the next call
   */
  decode(codes, directions = []) {
    const { decoder, values } = this;
    const tangents = this.tangents.slice(0, directions.length);
    for (let j = 0; j < decoder.latentDim; j++) {
      for (let c = 0; c < WIDTH; c++) {
        values[0][j * WIDTH + c] = codes[Math.min(c, codes.length - 1)][j];
        tangents.forEach((tangent, t) => { tangent[0][j * WIDTH + c] = directions[t][j]; });
      }
    }
    const last = decoder.layers.length - 1;
    const slopeOf = SLOPES[decoder.header.activation];
    const meanSlopeOf = MEAN_SLOPES[decoder.header.likelihood];
    decoder.layers.forEach(({ weight, bias }, k) => {
      const y = values[k + 1];
      linear8(weight, bias, values[k], y);
      for (const tangent of tangents) linear8(weight, null, tangent[k], tangent[k + 1]);
      const [value, slope] = k < last ? [decoder.activation, slopeOf] : [decoder.toMean, meanSlopeOf];
      for (let i = 0; i < y.length; i++) {
        const before = y[i];
        y[i] = value(before);
        if (!tangents.length) continue;
        const factor = slope(before, y[i]);
        for (const tangent of tangents) tangent[k + 1][i] *= factor;
      }
    });
    return { mean: values[last + 1], tangents: tangents.map((tangent) => tangent[last + 1]) };
  }
}

/**
 * The decoder's local stretch at up to eight codes: ½ log det(J Jᵀ), the rows of J the tangents along u and v; along one
 * direction log |∂μ/∂u|. −∞ where the mean does not move.
 *
 * @param {Batch} batch
 * @param {Float64Array[]} codes
 * @param {ArrayLike<number>[]} directions one or two
 * @returns {number[]}
 */
export function logStretch(batch, codes, directions) {
  const { tangents } = batch.decode(codes, directions);
  const [u, v = u] = tangents;
  return codes.map((_, c) => {
    let [uu, uv, vv] = [0, 0, 0];
    for (let i = c; i < u.length; i += WIDTH) {
      uu += u[i] * u[i];
      uv += u[i] * v[i];
      vv += v[i] * v[i];
    }
    return 0.5 * Math.log(directions.length === 1 ? uu : Math.max(0, uu * vv - uv * uv));
  });
}
