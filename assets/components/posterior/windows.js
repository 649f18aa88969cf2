/** The three windows of the map. */

/** @typedef {import('./gaussian.js').Gaussian} Gaussian */
/** @typedef {import('../pad/plane.js').Plane} Plane */
/** @typedef {"posterior"|"both"|"prior"} Name */

const PRIOR_REACH = 3;
const AROUND = 4; // σ of q to each side
const MARGIN = 1.08;
const LEAST = 1e-3; // prior σ

/** @type {[name: Name, words: string, help: string][]} */
export const WINDOWS = [
  ['posterior', 'Posterior', 'p(z|x) to 4 σ'],
  ['both', 'With q', "p(z|x), the encoder's q and yours"],
  ['prior', 'Prior', 'The prior to 3 σ'],
];

/** @param {Gaussian} q @returns {number[][]} from and to, along each axis */
function box({ mean, cov: [aa, , bb] }) {
  return [aa, bb].map((variance, k) => {
    const side = AROUND * Math.sqrt(variance);
    return [mean[k] - side, mean[k] + side];
  });
}

/** Show all boxes. @param {Plane} plane @param {number[][][]} boxes */
function frame(plane, boxes) {
  const sides = [0, 1].map((axis) => [
    Math.min(...boxes.map((each) => each[axis][0])), Math.max(...boxes.map((each) => each[axis][1])),
  ]);
  plane.centre = sides.map(([from, to]) => (from + to) / 2);
  plane.reach = Math.max(LEAST, ...sides.map(([from, to]) => (MARGIN * (to - from)) / 2));
}

/** Widen the window where q has left it. @param {Plane} plane @param {Gaussian} q @returns {boolean} whether it had to */
export function follow(plane, q) {
  const { centre, reach } = plane;
  if (q.mean.every((at, k) => Math.abs(at - centre[k]) < reach)) return false;
  frame(plane, [centre.map((at) => [at - reach / MARGIN, at + reach / MARGIN]), box(q)]);
  return true;
}

/**
 * @param {Plane} plane
 * @param {Name} name
 * @param {number[][]} bulk where p(z|x) is, along each axis
 * @param {Gaussian[]} qs the encoder's and the hand's
 */
export function show(plane, name, bulk, qs) {
  if (name === 'prior') {
    plane.centre = [0, 0];
    plane.reach = PRIOR_REACH;
    return;
  }
  frame(plane, name === 'both' ? [bulk, ...qs.map(box)] : [bulk]);
}
