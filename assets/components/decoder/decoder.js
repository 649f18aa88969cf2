/**
 * The decoder in the browser: packed weights -> a function from z to the mean of p(x|z).
 *
 * It computes in double precision from the model's float32 weights, so it differs from PyTorch by PyTorch's own
 * rounding only.
 */

import { ACTIVATIONS, MEANS } from './functions.js';
import { unpack } from '../packing.js';

/**
 * @typedef {object} Header what Python says beside the weights (pages/components/decoder.py).
 * @property {"decoder"} kind what its carrier brings
 * @property {string} key digest of the weights
 * @property {number} latent_dim
 * @property {number[]} image_shape channels, height, width
 * @property {string} activation
 * @property {string} likelihood
 * @property {"image"|"plane"|"line"} view
 */

/**
 * One linear layer: y = W x + b, W of shape (outputs, inputs) row by row, as torch.nn.Linear keeps it.
 *
 * Four rows at a time: each input is read once for four products, and all five streams are contiguous.
 *
 * @param {Float32Array} weight
 * @param {Float32Array} bias
 * @param {Float64Array} x
 * @param {Float64Array} y written
 */
function linear(weight, bias, x, y) {
  const inputs = x.length;
  const outputs = y.length;
  let o = 0;
  for (; o + 4 <= outputs; o += 4) {
    const row0 = o * inputs;
    const row1 = row0 + inputs;
    const row2 = row1 + inputs;
    const row3 = row2 + inputs;
    let sum0 = bias[o];
    let sum1 = bias[o + 1];
    let sum2 = bias[o + 2];
    let sum3 = bias[o + 3];
    for (let i = 0; i < inputs; i++) {
      const value = x[i];
      sum0 += weight[row0 + i] * value;
      sum1 += weight[row1 + i] * value;
      sum2 += weight[row2 + i] * value;
      sum3 += weight[row3 + i] * value;
    }
    y[o] = sum0;
    y[o + 1] = sum1;
    y[o + 2] = sum2;
    y[o + 3] = sum3;
  }
  for (; o < outputs; o++) {
    let sum = bias[o];
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * x[i];
    y[o] = sum;
  }
}

/** A decoder with its weights and its working memory, which every call uses again. */
export class Decoder {
  /** @param {Uint8Array} bytes made by `pack_decoder` */
  constructor(bytes) {
    const { header, arrays } = unpack(bytes);
    this.bytes = bytes; // for a worker that is to have a decoder of its own
    /** @type {Header} */
    this.header = header;
    this.latentDim = header.latent_dim;
    this.activation = ACTIVATIONS[header.activation];
    this.toMean = MEANS[header.likelihood];
    if (!this.activation || !this.toMean) {
      throw new Error(`no decoder for ${header.activation} and ${header.likelihood}`);
    }
    this.layers = [];
    for (let k = 0; k < arrays.length; k += 2) {
      const weight = /** @type {Float32Array} */ (arrays[k]);
      const bias = /** @type {Float32Array} */ (arrays[k + 1]);
      this.layers.push({ weight, bias, output: new Float64Array(bias.length) });
    }
    this.z = new Float64Array(this.latentDim);
    this.outputSize = this.layers[this.layers.length - 1].bias.length;
    this.mean = new Float32Array(this.outputSize);
  }

  /**
   * @param {ArrayLike<number>} z one value per latent dimension
   * @returns {Float32Array} the mean of p(x|z), one value per pixel. The next call writes over it.
   */
  decode(z) {
    for (let j = 0; j < this.latentDim; j++) this.z[j] = z[j];
    let x = this.z;
    const last = this.layers.length - 1;
    for (let k = 0; k <= last; k++) {
      const { weight, bias, output } = this.layers[k];
      linear(weight, bias, x, output);
      if (k < last) {
        const activation = this.activation;
        for (let i = 0; i < output.length; i++) output[i] = activation(output[i]);
      }
      x = output;
    }
    const toMean = this.toMean;
    for (let i = 0; i < x.length; i++) this.mean[i] = toMean(x[i]);
    return this.mean;
  }
}
