/**
 * One climb of the ELBO over Gaussians, step by step: Newton's with natural gradients (Khan & Rue 2023), as in
 * vae_core/estimators/fits.py. A step is only taken where the ELBO rises.
 */

import { diagonal, inverse, root } from './gaussian.js';

/** @typedef {import('./gaussian.js').Gaussian} Gaussian */
/** @typedef {import('./joint.js').LogJoint} LogJoint */
/** @typedef {import('./joint.js').Measured} Measured */

export const MOST_STEPS = 80;
const ENOUGH = 1e-6; // nats that a whole step would still add
const SHORTEST = 1e-4;

export class Climb {
  /**
   * @param {LogJoint} joint
   * @param {Gaussian} from
   * @param {"diagonal"|"full"} family
   * @param {(q: Gaussian) => boolean} allowed
   */
  constructor(joint, from, family, allowed) {
    this.joint = joint;
    this.family = family;
    this.allowed = allowed;
    this.q = family === 'diagonal' ? diagonal(from) : from;
    this.now = joint.measure(this.q);
    this.step = 1;
    this.taken = 0;
    /** Why it ended, once it has. @type {""|"top"|"steps"} */
    this.ended = '';
  }

  /** Take one step that rises. @returns {boolean} whether there was one */
  advance() {
    if (!this.now || this.taken >= MOST_STEPS) {
      this.ended = 'steps';
      return false;
    }
    while (this.step > SHORTEST) {
      const { q, left } = this.proposed(this.now);
      if (left < ENOUGH) break;
      const tried = this.allowed(q) ? this.joint.measure(q) : null;
      if (tried && tried.elbo > this.now.elbo) {
        this.q = q;
        this.now = tried;
        this.step = Math.min(1, 2 * this.step);
        this.taken += 1;
        return true;
      }
      this.step /= 4;
    }
    this.ended = 'top';
    return false;
  }

  /**
   * @param {Measured} now
   * @returns {{q: Gaussian, left: number}} after a step, and what a whole one would add, nats
   */
  proposed({ slope: [s1, s2], curve }) {
    const { mean, cov } = this.q;
    const rho = this.step;
    const [r11, r21, r22] = /** @type {[number, number, number]} */ (root(cov));
    // Λ' = Λ + ρ G + ½ ρ² G Λ⁻¹ G with G = −E[∇²f] − Λ: always positive definite (Lin et al. 2020)
    const [g11, g12, g22] = inverse(cov).map((entry, k) => (this.family === 'diagonal' && k === 1 ? 0 : -curve[k] - entry));
    // A = Rᵀ G R: in the coordinates of ε, Λ = I
    const [h11, h21] = [g11 * r11 + g12 * r21, g12 * r11 + g22 * r21];
    const a11 = r11 * h11 + r21 * h21;
    const a12 = r22 * h21;
    const a22 = r22 * r22 * g22;
    // inner = I + ρ A + ½ ρ² A²
    const half = 0.5 * rho * rho;
    const [i11, i12, i22] = inverse([
      1 + rho * a11 + half * (a11 * a11 + a12 * a12),
      rho * a12 + half * a12 * (a11 + a22),
      1 + rho * a22 + half * (a12 * a12 + a22 * a22),
    ]);
    // Σ' = R inner⁻¹ Rᵀ
    const [k11, k21, k22] = [r11 * i11, r21 * i11 + r22 * i12, r21 * i12 + r22 * i22];
    /** @type {[number, number, number]} */
    const next = [k11 * r11, k21 * r11, k21 * r21 + k22 * r22];
    // ½ E[∇f]ᵀ Σ E[∇f] for the mean, ¼ ‖A‖² for the covariance
    const left = 0.5 * ((r11 * s1 + r21 * s2) ** 2 + (r22 * s2) ** 2) + 0.25 * (a11 ** 2 + 2 * a12 ** 2 + a22 ** 2);
    return {
      q: {
        mean: [mean[0] + rho * (next[0] * s1 + next[1] * s2), mean[1] + rho * (next[1] * s1 + next[2] * s2)],
        cov: next,
      },
      left,
    };
  }
}
