"""E_q[log p(x|z)] of one image by fixed rules, so that it is a plain function of q's means and widths.

A product of Gauss-Hermite rules over one or two latent dimensions, a fixed low-discrepancy set over more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.diagnostics.decoder_scores import PIXELS_AT_ONCE
from vae_core.estimators.fits import Noise
from vae_core.estimators.scores import ImageScores
from vae_core.gaussians import DiagonalGaussian

# Gauss-Hermite nodes along each axis, by latent dimensions: more where the next rule says something else.
NODES = {1: (24, 48, 96), 2: (8, 12, 16, 24, 36)}
# And so many more along an axis that is widened, up to the prior's width and beyond.
MORE_NODES = 24
# Points of the low-discrepancy set in more dimensions, half of them mirror images.
POINTS = 256
# Nats by which a rule's reconstruction may differ from the next one's: for forces, and at a landscape's best.
FINE_ENOUGH, FINE_ENOUGH_TO_DRAW = 1e-6, 3e-3


@cache
def ladder(latent_dim: int, widened: int | None = None) -> tuple[Noise, ...]:
    """Return rules for expectations, each finer than the one before; of two even sets, neither is.

    The axis that is widened, if any, has more nodes.
    """
    if latent_dim not in NODES:
        return _even(latent_dim, 0), _even(latent_dim, 1)
    return tuple(
        _product([nodes + MORE_NODES * (j == widened) for j in range(latent_dim)])
        for nodes in NODES[latent_dim]
    )


def _product(nodes: Sequence[int]) -> Noise:
    """Return the product of Gauss-Hermite rules of so many nodes along each axis."""
    axes = [Noise.grid(1, count) for count in nodes]
    points = torch.cartesian_prod(*(axis.points[:, 0] for axis in axes)).reshape(-1, len(axes))
    weight = torch.cartesian_prod(*(axis.weight for axis in axes)).reshape(-1, len(axes))
    return Noise(points, weight.prod(1), drawn=False)


def fine_rule(scores: ImageScores, q: DiagonalGaussian) -> tuple[Noise, float]:
    """Return the first rule for q (one image) that the next one agrees with, or else the last.

    Returns:
        The rule, and how far its neighbour's expectation lies off, nats.
    """
    rules = ladder(scores.latent_dim)
    value, error = float(expected_log_prob(scores, rules[0], q)), math.inf
    for noise, finer in pairwise(rules):
        again = float(expected_log_prob(scores, finer, q))
        value, error = again, abs(value - again)
        if error < FINE_ENOUGH:
            return noise, error
    return rules[-1], error


def _even(latent_dim: int, seed: int) -> Noise:
    """Return scrambled Sobol points through the normal's quantiles, and their mirror images, whitened."""
    unit = torch.quasirandom.SobolEngine(latent_dim, scramble=True, seed=seed).draw(
        POINTS // 2, dtype=torch.float64
    )
    tiny = torch.finfo(torch.float32).eps
    half = torch.special.ndtri(unit.clamp(tiny, 1.0 - tiny))
    root = torch.linalg.cholesky(half.T @ half / len(half))
    half = torch.linalg.solve_triangular(root, half.T, upper=False).T
    return Noise(
        torch.cat([half, -half]), torch.full((2 * len(half),), 0.5 / len(half), dtype=half.dtype), drawn=False
    )


def chunks(noise: Noise, dimensions: int) -> tuple[Tensor, ...]:
    """Return rows of a rule's points, few enough to be decoded at once."""
    return torch.arange(len(noise.points)).split(max(1, PIXELS_AT_ONCE // dimensions))


@torch.no_grad()
def expected_log_prob(scores: ImageScores, noise: Noise, q: DiagonalGaussian) -> Tensor:
    """Return E_q[log p(x|z)] of one image for each of several q, (P,) nats."""
    # z = μ + σ ⊙ ε, (P, S, L)
    z = (q.mean[:, None] + q.std[:, None] * noise.points).flatten(0, 1)
    parts = z.split(max(1, PIXELS_AT_ONCE // scores.decoder.linears[-1].out_features))
    log_prob = torch.cat([scores.log_prob(scores.parameters_at(part))[0] for part in parts])
    return log_prob.reshape(len(q.mean), -1) @ noise.weight
