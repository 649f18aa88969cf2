"""The gap of one image: exact log p(x), the ELBO below it, the staircase between, and the posterior."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.diagnostics.gap import GapDecomposition, gap_decomposition
from vae_core.estimators import (
    Estimate,
    Ladder,
    PosteriorGrid,
    annealed_log_likelihood,
    effective_sample_size,
    importance_ladder,
    log_joint_at,
    log_mean_exp,
    log_weights,
    pareto_shape,
    posterior_grid,
    posterior_moments,
)
from vae_core.models import VAE
from vae_core.rng import generator

STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
"""K of the staircase."""

DRAWS = 20_000
"""Log-weights of an image: ten independent draws of L_K up to K = 2,000, four at K = 5,000."""

PARTS = 8
"""An annealed estimate is made of so many parts, each a short piece of work."""

CHAINS = 16
"""Of a part."""

TEMPERATURES = 60
GRID_POINTS = 160
TOLERANCE = 1e-3
WIDE = 5.0
WIDE_POINTS = 101


@dataclass(frozen=True, eq=False)
class ImageGap:
    """log p(x) of one image, its ELBO, and the posterior; records of one image, B = 1.

    Attributes:
        split: The gap and its causes. In more than two latent dimensions log p(x) is as it was given.
        posterior: p(z|x) on a grid that covers the encoder's and the fitted q as well; None in more than two
            latent dimensions.
        kl: KL(q‖p(z|x)) of the encoder's q, summed over that grid, and its error; None likewise.
        wide: log p(x, z) on an even grid of `WIDE_POINTS` a side from −`WIDE` to `WIDE` prior σ, in two
            latent dimensions; None elsewhere.
    """

    split: GapDecomposition
    posterior: PosteriorGrid | None = None
    kl: tuple[float, float] | None = None
    wide: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Staircase:
    """The importance-weighted bounds of one image.

    Attributes:
        log_w: Log-weights of draws from the encoder, (N,) nats.
        ladder: L_K of these, B = 1.
        effective: Their effective sample size, 1 to N.
        tail: The Pareto shape k̂ of their tail.
    """

    log_w: Tensor
    ladder: Ladder
    effective: float
    tail: float


def annealed_parts(
    model: VAE, x: Tensor, *, parts: int = PARTS, temperatures: int = TEMPERATURES, seed: int = 0
) -> Iterator[Estimate]:
    """Estimate log p(x) by annealing, part after part: each estimate has one part more than the one before.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        parts: How many, of 16 chains each.
        temperatures: Of each chain.
        seed: Of the chains.

    Yields:
        (B,) nats. E w = p(x), so that the logarithm is a lower bound in expectation. The error is the delta
        method's over the parts, infinite for the first one.
    """
    values: list[Tensor] = []
    for part in range(parts):
        noise = generator(seed, f"annealing {part}")
        found = annealed_log_likelihood(model, x, chains=CHAINS, temperatures=temperatures, generator=noise)
        values.append(found.value)
        log_w = torch.stack(values)
        value = log_mean_exp(log_w)
        # Var log w̄ ≈ Var(w) / (K w̄²)
        error = torch.exp(log_w - value).std(0) / math.sqrt(len(values)) if part else value + math.inf
        yield Estimate(value, error, "lower_bound")


@torch.no_grad()
def image_gap(
    model: VAE,
    x: Tensor,
    *,
    log_likelihood: Estimate | None = None,
    points: int = GRID_POINTS,
    seed: int = 0,
) -> ImageGap:
    """Measure the gap of one image, to 0.001 nats in one or two latent dimensions.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        log_likelihood: Its log p(x), (1,), as of `annealed_parts`; only in more than two latent dimensions.
        points: Of the posterior's grid along each axis.
        seed: Of all noise.

    Raises:
        SettingError: If x is no single image.
    """
    if len(x) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    if model.latent_dim > 2:
        return ImageGap(gap_decomposition(model, x, log_likelihood=log_likelihood, seed=seed))
    moments = posterior_moments(model, x, tolerance=TOLERANCE)
    split = gap_decomposition(model, x, moments=moments, tolerance=TOLERANCE, seed=seed)
    q = model.encode(x)
    fitted = (split.diagonal.q, split.full.q)
    means = torch.cat([q.mean.double(), *(fit.mean for fit in fitted)])
    variances = [(fit.root @ fit.root.mT).diagonal(dim1=1, dim2=2) for fit in fitted]
    stds = torch.cat([q.std.double(), *(variance.sqrt() for variance in variances)])
    grid = posterior_grid(model, x, points=points, beside=(means, stds), moments=moments)
    kl = grid.kl_from(q.mean[0], torch.diag(q.std[0].double().square()))
    line = torch.linspace(-WIDE, WIDE, WIDE_POINTS, dtype=torch.float64)
    wide = log_joint_at(model, x, (line, line)) if model.latent_dim == 2 else None
    return ImageGap(split, grid, kl, wide)


@torch.no_grad()
def staircase(model: VAE, x: Tensor, *, draws: int = DRAWS, seed: int = 0) -> Staircase:
    """Draw the log-weights of one image, and the bounds that they give.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        draws: N; the staircase goes as far as they reach.
        seed: Of the draws.

    Raises:
        SettingError: If x is no single image, or the number of draws is out of its limits.
    """
    if len(x) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    log_w = log_weights(model, x, samples=draws, generator=generator(seed, "staircase")).double()
    return Staircase(
        log_w[:, 0],
        importance_ladder(log_w, [k for k in STEPS if k <= draws]),
        float(effective_sample_size(log_w)[0]),
        float(pareto_shape(log_w)[0]),
    )
