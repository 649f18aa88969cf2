"""Theorems 18 and 19: how much two estimators of one gradient scatter."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.estimators.fits import LogJoint
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.theorems.assumptions import LINEAR_GAUSSIAN
from vae_core.theorems.case import FEW, Case
from vae_core.theorems.claim import Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_DENSITY, with_misread_density

DRAWS = 100_000
PATHS = 256
"""Draws of z per image for a pathwise gradient."""


def _two_estimators(case: Case) -> tuple[Link, ...]:
    """Var of both gradients of E_q ‖z‖² in μ at μ = 0, in units of σ², and their formulas."""
    d = case.model.latent_dim
    # The encoder's mean σ, in every dimension
    log_var = torch.full((1, d), 2.0 * math.log(float(case.q.std.mean())), dtype=torch.float64)
    q = DiagonalGaussian(torch.zeros_like(log_var), log_var)
    z = q.sample(case.noise("gradients"), samples=DRAWS)[:, 0]
    variance = float(log_var[0, 0].exp())
    # ∂/∂μ ‖μ + σ ε‖² = 2 z, and ‖z‖² ∂/∂μ log q(z) = ‖z‖² (z − μ)/σ²
    pathwise = 2.0 * z
    scored = z.square().sum(1, keepdim=True) * z * torch.exp(-case.recipe.density(q).log_var)
    return (
        Link.between(_variance("Var, pathwise,", pathwise, variance), Side("4 σ²", 4.0, 0.0, "exact")),
        Link.between(
            _variance("Var, score function,", scored, variance),
            Side("(d + 2)(d + 4) σ²", float((d + 2) * (d + 4)), 0.0, "exact"),
        ),
    )


def _variance(symbol: str, gradient: Tensor, unit: float) -> Side:
    """Return the variance of a gradient (S, d) whose mean is 0, averaged over its coordinates."""
    squares = gradient.square().mean(1) / unit
    return Side(symbol, float(squares.mean()), float(squares.std()) / math.sqrt(len(squares)), "Monte Carlo")


TWO_ESTIMATORS = Theorem(
    number=18,
    title="Pathwise gradients scatter less",
    statement="Both estimate the gradient of E ‖z‖² without bias. In d dimensions the pathwise one has a "
    "variance of 4σ² in each coordinate, that of the score function (d + 2)(d + 4)σ²: 15, 48 and 360 for "
    "d = 1, 4 and 16. σ is the mean of the encoder's, d the model's latent dimensions.",
    formula="Var[2 z_j] = 4σ², Var[‖z‖² z_j/σ²] = (d + 2)(d + 4)σ²",
    source="Moments of the normal distribution; Mohamed et al. 2020",
    relation="=",
    assumptions=(),
    measure=_two_estimators,
    exact=False,
    tolerance=0.0,
    most_error=0.02,
    most_share=0.05,
    break_it=with_misread_density,
    breaks=MISREAD_DENSITY,
    unit="σ²",
)


def _sticking(case: Case) -> tuple[Link, ...]:
    """Variance of both pathwise gradients in μ where q is the posterior, and what it is there."""
    p = case.posterior
    z = p.sample(case.noise("sticking"), samples=PATHS)
    # ∂/∂z log p(x, z), by differentiation of the decoder
    _, slopes = LogJoint(case.model, case.few).slopes(z, torch.arange(FEW))
    # ∂/∂z log q(z) = −Σ⁻¹ (z − μ)
    own = _used(case, p)
    score = -torch.cholesky_solve((z - own.mean)[..., None], own.root)[..., 0]
    landed = slopes - score
    left = Side(
        "Var, score left out", float((landed - landed.mean(0)).square().sum(2).mean()), 0.0, "same draws"
    )
    return (Link(left, Side("0, at q = p(z|x),", 0.0, 0.0, "exact"), 0.0),)


def _used(case: Case, p: FullGaussian) -> FullGaussian:
    """Return the q whose density is used: the posterior, in its principal axes where a recipe misreads it."""
    values, axes = torch.linalg.eigh(p.cov)
    log_var = case.recipe.density(DiagonalGaussian(p.mean, values.log())).log_var
    return FullGaussian(p.mean, torch.linalg.cholesky((axes * log_var.exp()[:, None]) @ axes.mT))


STICKING = Theorem(
    number=19,
    title="At the posterior, one gradient is still",
    statement="Left out of the pathwise gradient, the score of q has the mean 0; without it the gradient "
    "has no variance at all where q is the true posterior. With it, its variance there is the trace of "
    "the posterior's precision.",
    formula="Var[∂/∂z log p(x, z) − ∂/∂z log q(z)] = 0 at q = p(z|x)",
    source="Roeder, Wu & Duvenaud 2017",
    relation="=",
    assumptions=(LINEAR_GAUSSIAN,),
    measure=_sticking,
    exact=True,
    tolerance=1e-8,
    most_error=1e-8,
    break_it=with_misread_density,
    breaks=MISREAD_DENSITY,
    unit="squared nats per unit of z",
)
