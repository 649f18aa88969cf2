"""Two estimators of one gradient: of one image's ELBO, by the mean of q(z|x).

∂L/∂μ = E_ε[∂_z log p(x, z)] with z = μ + σ ⊙ ε, and ∂L/∂μ = E_q[log w · ∂_μ log q(z)], w = p(x, z)/q(z).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.estimators.fits import LogJoint, Noise
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.units import LOG_TWO_PI

DRAWS = 2000
NODES, LATTICE = {1: 300, 2: 40}, {1: 401, 2: 49}
"""Of the rule in ε, and of a lattice of codes: nodes along each axis, by latent dimensions."""
FINER, CHEAP = 2, 16
"""A decoder of at most so many pixels is cheap, and has so many times the nodes."""
REACH = 6.5
"""How many σ both reach."""
SHIFT = 1e-3
"""Of σ: by how much μ is moved for a difference quotient."""


@dataclass(frozen=True, eq=False)
class GradientDraws:
    """Both estimators on draws from q, and the exact values; nats, gradients in nats per prior σ.

    Attributes:
        q: The encoder's, B = 1, float64.
        log_w: log p(x, z) − log q(z) of the draws, (K,).
        pathwise: ∂_z log p(x, z) at the draws, (K, L).
        score: ∂_μ log q(z) of the draws, (K, L).
        elbo: L(x), summed over the lattice.
        exact: ∂L/∂μ, a difference quotient of that sum, (L,).
        pathwise_mean: E_ε ∂_z log p(x, z) by an even rule in ε, (L,).
        score_mean: E_q[log w · ∂_μ log q] summed over the lattice, (L,).
        by_codes: E_q log p(x|z), summed over a lattice of codes z.
        by_noise: The same by an even rule in ε.
        off: How far the ELBO on half as fine a lattice lies off, nats.
        gradient_off: The same of the gradient.
    """

    q: DiagonalGaussian
    log_w: Tensor
    pathwise: Tensor
    score: Tensor
    elbo: float
    exact: Tensor
    pathwise_mean: Tensor
    score_mean: Tensor
    by_codes: float
    by_noise: float
    off: float
    gradient_off: float

    def scored(self, baseline: float) -> Tensor:
        """Return (log w − baseline) · ∂_μ log q(z) of each draw, (K, L)."""
        return (self.log_w - baseline)[:, None] * self.score


def gradient_draws(model: VAE, x: Tensor) -> GradientDraws:
    """Draw both estimators for one image, and integrate what they estimate.

    Args:
        model: Of one or two latent dimensions.
        x: (1, D).
    """
    with torch.no_grad():
        encoded = model.encode(x)
    q = DiagonalGaussian(encoded.mean.double(), encoded.log_var.double())
    joint, only = LogJoint(model, x), torch.zeros(1, dtype=torch.long)
    z = q.sample(generator(0, "chapter 5, gradients"), samples=DRAWS)
    log_p, slopes = joint.slopes(z, only)
    # ∂_μ log q(z) = (z − μ)/σ²
    score = (z - q.mean) * torch.exp(-q.log_var)
    dims, times = model.latent_dim, FINER if model.dimensions <= CHEAP else 1
    noise = Noise.even(dims, times * NODES[dims], reach=REACH)
    at_noise, slopes_at_noise = joint.slopes(q.at(noise.points[:, None]), only)
    lattice = _Lattice.around(joint, q, times * LATTICE[dims])
    coarse = _Lattice.around(joint, q, (times * LATTICE[dims] + 1) // 2)
    exact = lattice.quotient(q)
    # E_q log p(x|z) = E_q log p(x, z) − E_q log p(z)
    prior_at_noise = -0.5 * (q.at(noise.points[:, None]).square() + LOG_TWO_PI).sum(-1)
    by_noise = float(noise.weight @ (at_noise - prior_at_noise)[:, 0])
    return GradientDraws(
        q,
        (log_p - q.log_prob(z))[:, 0],
        slopes[:, 0],
        score[:, 0],
        lattice.elbo(q),
        exact,
        noise.weight @ slopes_at_noise[:, 0],
        lattice.score_mean(q),
        lattice.reconstruction(q),
        by_noise,
        abs(lattice.elbo(q) - coarse.elbo(q)),
        float((exact - coarse.quotient(q)).abs().max()),
    )


@dataclass(frozen=True, eq=False)
class _Lattice:
    """log p(x, z) at even codes z that do not move with μ.

    Attributes:
        z: (G, 1, L).
        log_joint: (G,).
        area: Of one cell.
    """

    z: Tensor
    log_joint: Tensor
    area: float

    @staticmethod
    def around(joint: LogJoint, q: DiagonalGaussian, nodes: int) -> _Lattice:
        line = torch.linspace(-REACH, REACH, nodes, dtype=torch.float64)
        dims = q.mean.shape[1]
        t = torch.cartesian_prod(*[line] * dims).reshape(-1, 1, dims)
        z = q.at(t)
        area = float(line[1] - line[0]) ** dims * float(q.std.prod())
        return _Lattice(z, joint.at(z, torch.zeros(1, dtype=torch.long))[:, 0], area)

    def elbo(self, q: DiagonalGaussian) -> float:
        """Σ_z q(z) [log p(x, z) − log q(z)] Δz."""
        log_q = q.log_prob(self.z)[:, 0]
        return float((log_q.exp() * (self.log_joint - log_q)).sum()) * self.area

    def reconstruction(self, q: DiagonalGaussian) -> float:
        """Σ_z q(z) log p(x|z) Δz."""
        log_prior = -0.5 * (self.z.square() + LOG_TWO_PI).sum(-1)[:, 0]
        return float((q.log_prob(self.z)[:, 0].exp() * (self.log_joint - log_prior)).sum()) * self.area

    def quotient(self, q: DiagonalGaussian) -> Tensor:
        """[L(μ + h) − L(μ − h)]/2h for each dimension, (L,)."""
        found = []
        for j in range(q.mean.shape[1]):
            step = SHIFT * q.std[:, j]
            ends = []
            for sign in (1.0, -1.0):
                mean = q.mean.clone()
                mean[:, j] += sign * step
                ends.append(self.elbo(DiagonalGaussian(mean, q.log_var)))
            found.append((ends[0] - ends[1]) / (2.0 * float(step)))
        return torch.tensor(found, dtype=torch.float64)

    def score_mean(self, q: DiagonalGaussian) -> Tensor:
        """Σ_z q(z) log w · (z − μ)/σ² Δz, (L,)."""
        log_q = q.log_prob(self.z)[:, 0]
        weight = log_q.exp() * (self.log_joint - log_q)
        return (weight @ ((self.z - q.mean) * torch.exp(-q.log_var))[:, 0]) * self.area


# ---- the toy: f(z) = ‖z‖² ------------------------------------------------------------------------

TOY_DIMENSIONS, TOY_DRAWS = 16, 50_000


@dataclass(frozen=True)
class ToyVariance:
    """Variances per coordinate of both gradients of E ‖z‖² at μ = 0, in units of σ².

    Attributes:
        dimensions: d.
        pathwise: Of 2 z_j, measured.
        score: Of ‖z‖² z_j/σ², measured.
        pathwise_formula: 4.
        score_formula: (d + 2)(d + 4).
    """

    dimensions: int
    pathwise: float
    score: float
    pathwise_formula: float
    score_formula: float


def toy_variances() -> tuple[ToyVariance, ...]:
    """Measure both for 1 to 16 dimensions, from one set of draws (moments of the normal distribution)."""
    source = generator(0, "chapter 5, toy")
    # With σ = 1: z = ε
    z = torch.randn(TOY_DRAWS, TOY_DIMENSIONS, generator=source, dtype=torch.float64)
    norms = z.square().cumsum(1)
    found = []
    for d in range(1, TOY_DIMENSIONS + 1):
        own = z[:, :d]
        pathwise, score = 2.0 * own, norms[:, d - 1 : d] * own
        found.append(
            ToyVariance(
                d,
                float(pathwise.var(0).mean()),
                float(score.var(0).mean()),
                4.0,
                float((d + 2) * (d + 4)),
            )
        )
    return tuple(found)


def mean_error(values: Tensor) -> float:
    """Return the standard error of the mean of draws (K,)."""
    return float(values.std()) / math.sqrt(len(values))
