"""Chapter 1: a linear Gaussian decoder, whose log p(x) has a closed form in any latent dimension.

Latent dimension j writes one pixel, x_j = z_j + σ u, and the other pixels are noise. The image is a typical
one: each written pixel is √(1 + σ²) from 0, each other one σ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.estimators import linear_gaussian_log_likelihood
from vae_core.lessons.likelihood_draws import repeats
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.units import LOG_TWO_PI

PIXELS = 32
DIMENSIONS = (1, 2, 4, 8, 16, 32)
FIRST_SIGMA = 0.5
"""σ at sharpness 1."""
POOL = 100_000
"""Draws from the prior of each dimension."""


@dataclass(frozen=True, eq=False)
class ToyPool:
    """Draws z ~ N(0, I) in L dimensions, as far as log p(x|z) depends on them.

    Attributes:
        latent_dim: L.
        along: Σ_j z_j, (N,).
        squared: ‖z‖², (N,).
    """

    latent_dim: int
    along: Tensor
    squared: Tensor


@dataclass(frozen=True, eq=False)
class ToyEstimates:
    """Repeated estimates of log p(x) in L latent dimensions, and what is known.

    Attributes:
        latent_dim: L.
        log_likelihood: log p(x), exact.
        values: log 1/K Σ p(x|z_k), (R,).
        draws_for_one: E[p(x|z)²]/p(x)², exact: so many draws are worth one of equal weight.
    """

    latent_dim: int
    log_likelihood: float
    values: Tensor
    draws_for_one: float


def toy_sigma(sharpness: float) -> float:
    """Return σ at a sharpness."""
    return FIRST_SIGMA / check_number("sharpness", sharpness, low=0.01, high=100.0)


def toy_image(latent_dim: int, sigma: float) -> Tensor:
    """Return the typical image, (1, 32) float64."""
    written = torch.arange(PIXELS) < latent_dim
    return torch.where(written, math.sqrt(1.0 + sigma**2), sigma).double()[None]


@torch.no_grad()
def toy_model(latent_dim: int, sigma: float) -> VAE:
    """Return the model as a VAE, in float64.

    Raises:
        SettingError: If L is none of `DIMENSIONS`.
    """
    if latent_dim not in DIMENSIONS:
        refuse("latent_dim", f"must be one of {DIMENSIONS}", latent_dim)
    model = VAE((1, 1, PIXELS), latent_dim=latent_dim, hidden=(), likelihood="gaussian", sigma=sigma).double()
    model.decoder.linears[-1].weight.copy_(torch.eye(PIXELS, latent_dim))
    model.decoder.linears[-1].bias.zero_()
    return model


def toy_pools(*, draws: int = POOL, seed: int = 0) -> tuple[ToyPool, ...]:
    """Draw z for each dimension."""
    pools = []
    for latent_dim in DIMENSIONS:
        z = torch.randn(draws, latent_dim, generator=generator(seed, f"toy of {latent_dim} dimensions"))
        pools.append(ToyPool(latent_dim, z.double().sum(1), z.double().square().sum(1)))
    return tuple(pools)


def toy_scores(pool: ToyPool, sigma: float) -> Tensor:
    """Return log p(x|z) of the typical image at the draws of a pool, (N,) nats."""
    height, rest = math.sqrt(1.0 + sigma**2), PIXELS - pool.latent_dim
    # Σ_d (x_d − μ_d)² = Σ_j (h − z_j)² + (D − L) σ²
    squares = pool.latent_dim * height**2 - 2.0 * height * pool.along + pool.squared + rest * sigma**2
    return -0.5 * squares / sigma**2 - PIXELS * (math.log(sigma) + 0.5 * LOG_TWO_PI)


def toy_draws_for_one(latent_dim: int, sigma: float) -> float:
    """Return E[p(x|z)²]/p(x)²: a product, with the same factor for each latent dimension."""
    variance = sigma**2 / (1.0 + sigma**2)
    squared_mean = 1.0 / (1.0 + sigma**2)
    # ∫ p(z|x)²/p(z) dz = e^{m²/(2 − v)} / √(v (2 − v)) for p(z|x) = N(m, v)
    one = math.exp(squared_mean / (2.0 - variance)) / math.sqrt(variance * (2.0 - variance))
    return one**latent_dim


def toy_estimates(pool: ToyPool, *, sharpness: float, samples: int) -> ToyEstimates:
    """Estimate log p(x) again and again by K draws, beside its closed form.

    Args:
        pool: The draws.
        sharpness: 1 is σ = 0.5.
        samples: K.
    """
    sigma, latent_dim = toy_sigma(sharpness), pool.latent_dim
    known = linear_gaussian_log_likelihood(toy_model(latent_dim, sigma), toy_image(latent_dim, sigma))
    return ToyEstimates(
        latent_dim,
        float(known.value),
        repeats(toy_scores(pool, sigma), samples),
        toy_draws_for_one(latent_dim, sigma),
    )
