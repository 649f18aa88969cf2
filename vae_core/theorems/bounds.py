"""Theorems 1, 8 and 9: what importance weights bound, how fast, and what they weigh."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.diagnostics import AggregatePosterior
from vae_core.estimators import PosteriorGrid, log_mean_exp
from vae_core.gaussians import DiagonalGaussian
from vae_core.theorems.assumptions import EXACT_EVIDENCE, PLANAR
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_DENSITY, with_misread_density
from vae_core.units import LOG_TWO_PI

RUNGS = (1, 4, 16)
DRAWS = 1536
"""Of z per image, for each rung."""
LARGE = 32
"""K at which the gap of L_K has settled into Var/2K."""
FALL_DRAWS = 4096
PRIOR_SHARE = 0.1
"""Of a proposal's draws; with it no weight exceeds p(x|z)/0.1, so that all moments are finite."""
KERNELS = 512
POWER = 0.75
"""Of p(z|x): a proposal somewhat wider than it."""
FEW_WEIGHTS = 64


def log_joint(case: Case, x: Tensor, z: Tensor) -> Tensor:
    """log p(x, z) = log p(x|z) + log p(z), (S, B) nats for z (S, B, L)."""
    return case.model.decoder(z).log_prob(x) - 0.5 * (z.square() + LOG_TWO_PI).sum(-1)


def _chain(case: Case) -> tuple[Link, ...]:
    """L_1, L_4, L_16, each from draws of its own, and log p(x)."""
    sides = []
    for k in RUNGS:
        z = case.few_q.sample(case.noise(f"L_{k}"), samples=DRAWS)
        log_w = log_joint(case, case.few, z) - case.recipe.density(case.few_q).log_prob(z)
        # L_K = E log 1/K Σ w_k
        draws = torch.logsumexp(log_w.reshape(-1, k, len(case.few)), 1) - math.log(k)
        error = math.sqrt(float(draws.var(0).sum()) / len(draws)) / len(case.few)
        sides.append(Side(f"L_{k}", float(draws.mean()), error, "Monte Carlo"))
    value, error, _ = case.log_likelihood.mean()
    sides.append(Side("log p(x)", value, error, "exact"))
    return tuple(Link.between(low, high) for low, high in pairwise(sides))


MONOTONE = Theorem(
    number=1,
    title="More samples, a tighter bound",
    statement="The importance-weighted bounds rise with K, from the ELBO at K = 1, and none lies above "
    "log p(x).",
    formula="ELBO = L_1 ≤ L_K ≤ L_{K+1} ≤ log p(x)",
    source="Burda, Grosse & Salakhutdinov 2016, theorem 1",
    relation="≤",
    assumptions=(EXACT_EVIDENCE,),
    measure=_chain,
    exact=False,
    tolerance=0.0,
    most_error=0.5,
    break_it=with_misread_density,
    breaks=MISREAD_DENSITY,
)


def _proposal(case: Case, grid: PosteriorGrid) -> AggregatePosterior:
    """Return a mixture of narrow Gaussians somewhat wider than p(z|x), however many modes that has."""
    share = torch.softmax(POWER * grid.log_density.flatten(), 0)
    nodes = torch.multinomial(share, KERNELS, replacement=True, generator=case.noise("kernels"))
    step = torch.stack([axis[1] - axis[0] for axis in grid.axes])
    return AggregatePosterior(grid.z[nodes], 2.0 * torch.log(2.0 * step).expand(KERNELS, -1))


def _log_proposal(own: AggregatePosterior, z: Tensor) -> Tensor:
    """log of 0.9 q(z) + 0.1 p(z), (S,) for z (S, L)."""
    log_prior = -0.5 * (z.square() + LOG_TWO_PI).sum(-1)
    return torch.logaddexp(
        own.log_density(z) + math.log(1.0 - PRIOR_SHARE), log_prior + math.log(PRIOR_SHARE)
    )


def _fall(case: Case) -> tuple[Link, ...]:
    """2 K (log p − L_K) by draws, and Var(w/p) on a grid."""
    k = LARGE if case.recipe.samples is None else case.recipe.samples
    source, drawn, log_q, variances = case.noise("fall"), [], [], []
    for grid in case.grids:
        own = _proposal(case, grid)
        z = own.sample(FALL_DRAWS, source)
        from_prior = torch.rand(len(z), 1, generator=source, dtype=z.dtype) < PRIOR_SHARE
        drawn.append(torch.where(from_prior, torch.randn(z.shape, generator=source, dtype=z.dtype), z))
        log_q.append(_log_proposal(own, drawn[-1]))
        # Var_q(w/p) = ∫ p(z|x)²/q(z) dz − 1
        log_square = 2.0 * grid.log_density.flatten() - _log_proposal(own, grid.z)
        variances.append(float(torch.logsumexp(log_square, 0).exp()) * grid.area - 1.0)
    joint = log_joint(case, case.few, torch.stack(drawn, 1))
    log_ratio = joint - torch.stack(log_q, 1) - case.log_likelihood.value
    # log 1/K Σ w/p, less 1/K Σ w/p − 1: that has the mean 0, and takes most of the noise away
    log_mean = torch.logsumexp(log_ratio.reshape(-1, k, len(case.few)), 1) - math.log(k)
    gaps = 2.0 * k * (torch.expm1(log_mean) - log_mean)
    error = math.sqrt(float(gaps.var(0).sum()) / len(gaps)) / len(case.few)
    left = Side(f"2 K (log p(x) − L_K), K = {k},", float(gaps.mean()), error, "Monte Carlo")
    return (Link.between(left, Side("Var(w/p(x))", sum(variances) / len(variances), 0.0, "exact")),)


FALLING_GAP = Theorem(
    number=8,
    title="The bound's gap falls as 1/K",
    statement="For large K the gap of L_K is the relative variance of the weights, over 2K. Draws come "
    "from a mixture about as wide as the posterior, and a share of the prior, under which that variance "
    "is finite.",
    formula="log p(x) − L_K → Var(w/p(x)) / 2K",
    source="Domke & Sheldon 2018, theorem 3; Maddison et al. 2017",
    relation="=",
    assumptions=(PLANAR,),
    measure=_fall,
    exact=False,
    tolerance=0.0,
    most_error=0.05,
    most_share=0.15,
    break_it=lambda case: case.altered(samples=1),
    breaks="K is 1, which is not large: the limit says nothing there.",
    unit="nats times 2K",
)


def _identity(case: Case) -> tuple[Link, ...]:
    """Σ w̃ log w, and L_K + KL(w̃ ‖ U)."""
    z = case.q.sample(case.noise("weights"), samples=FEW_WEIGHTS)
    joint = log_joint(case, case.x, z)
    log_w = joint - case.q.log_prob(z)
    used: DiagonalGaussian = case.recipe.density(case.q)
    share = torch.softmax(log_w, 0)
    # Σ_k w̃_k log w_k
    left = (share * (joint - used.log_prob(z))).sum(0)
    # KL(w̃ ‖ U) = log K − H(w̃)
    kl = math.log(FEW_WEIGHTS) - torch.special.entr(share).sum(0)
    right = log_mean_exp(log_w) + kl
    return (
        Link(
            Side("Σ w̃ log w", float(left.mean()), 0.0, "same draws"),
            Side("L_K + KL(w̃ ‖ uniform)", float(right.mean()), 0.0, "same draws"),
            0.0,
        ),
    )


WEIGHTED_MEAN = Theorem(
    number=9,
    title="The weighted mean of log w overstates the bound",
    statement="The mean of log w under the normalised weights exceeds L_K by their KL from equal "
    "weights, which lies between 0 and log K: it is no value of the bound, though some codes report it "
    "as one.",
    formula="Σ_k w̃_k log w_k = L_K + KL(w̃ ‖ uniform)",
    source="By definition of w̃; Burda, Grosse & Salakhutdinov 2016, eq. 14, use these weights in the "
    "gradient",
    relation="=",
    assumptions=(),
    measure=_identity,
    exact=True,
    tolerance=1e-8,
    most_error=1e-8,
    break_it=with_misread_density,
    breaks=MISREAD_DENSITY,
)
