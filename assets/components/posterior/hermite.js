/** Gauss-Hermite nodes and weights for the standard normal, along one axis and as a product over two. */

const ENOUGH = 1e-14;
const LIGHTEST = 1e-13; // nodes below it add nothing to a sum

/**
 * @param {number} count of nodes
 * @returns {{nodes: Float64Array, weights: Float64Array}} the weights sum to 1
 */
export function hermite(count) {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  const half = (count + 1) >> 1;
  let x = 0;
  for (let k = 0; k < half; k++) { // the zeros of Hₙ from the largest on, by Newton from a guess (Numerical Recipes, gauher)
    if (k === 0) x = Math.sqrt(2 * count + 1) - 1.85575 * (2 * count + 1) ** (-1 / 6);
    else if (k === 1) x -= (1.14 * count ** 0.426) / x;
    else if (k === 2) x = 1.86 * x - 0.86 * nodes[0];
    else if (k === 3) x = 1.91 * x - 0.91 * nodes[1];
    else x = 2 * x - nodes[k - 2];
    let slope = 1;
    for (let turn = 0; turn < 50; turn++) {
      let [p, before] = [Math.PI ** -0.25, 0];
      for (let n = 0; n < count; n++) [p, before] = [x * Math.sqrt(2 / (n + 1)) * p - Math.sqrt(n / (n + 1)) * before, p];
      slope = Math.sqrt(2 * count) * before;
      const change = p / slope;
      x -= change;
      if (Math.abs(change) < ENOUGH) break;
    }
    nodes[k] = x;
    nodes[count - 1 - k] = -x;
    weights[k] = weights[count - 1 - k] = 2 / (slope * slope);
  }
  // ∫ e^(−x²) g(x) dx -> E g(ε): ε = √2 x
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { nodes: nodes.map((node) => node * Math.SQRT2), weights: weights.map((weight) => weight / total) };
}

/**
 * @param {number} count of nodes along each axis
 * @returns {{first: Float64Array, second: Float64Array, weight: Float64Array}} ε and their weights, the lightest left out
 */
export function product(count) {
  const { nodes, weights } = hermite(count);
  /** @type {number[][]} */
  const kept = [];
  nodes.forEach((first, i) => nodes.forEach((second, j) => {
    const weight = weights[i] * weights[j];
    if (weight > LIGHTEST) kept.push([first, second, weight]);
  }));
  const total = kept.reduce((sum, [, , weight]) => sum + weight, 0);
  return {
    first: Float64Array.from(kept, (node) => node[0]),
    second: Float64Array.from(kept, (node) => node[1]),
    weight: Float64Array.from(kept, (node) => node[2] / total),
  };
}
