"""Chapter 1: p(x) = E p(x|z) over draws from the prior, of one image, beside its exact value.

The decoder may be made sharper: logits s times as large, or σ s times as small. It stays normalised, so that
each sharpness is a model of its own, with an exact log p(x).
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.estimators import PosteriorGrid, log_mean_exp, posterior_grid, posterior_moments
from vae_core.lessons.even_grid import even_grid
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.units import LOG_TWO_PI

SHARPNESS = (0.5, 1.0, 2.0, 4.0)
AS_TRAINED = SHARPNESS.index(1.0)
SAMPLES = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
"""The K that are looked at."""
DRAWS, PART = 50_000, 10_000
"""Draws from the prior in all, and in one part of the work."""
REPEATS = 100
"""Estimates of each K, at most: from draws that no two of them share."""
POINTS = 64
"""Along each axis of the grid over p(z|x)."""


@dataclass(frozen=True, eq=False)
class KnownPosterior:
    """What is known exactly of one image at one sharpness.

    Attributes:
        log_likelihood: log p(x) by adaptive quadrature, nats.
        error: Of it.
        summed: log p(x) by an even grid.
        grid: p(z|x) around its bulk.
        draws_for_one: E[r²] under the prior, with r = p(x|z)/p(x): so many draws are worth one of equal
            weight.
        spread: The standard deviation of r² under the prior.
    """

    log_likelihood: float
    error: float
    summed: float
    grid: PosteriorGrid
    draws_for_one: float
    spread: float


@dataclass(frozen=True, eq=False)
class PriorDraws:
    """Draws from the prior, scored by the decoder at each sharpness; N grows while they are drawn.

    Attributes:
        x: The image, (1, D).
        z: The first of them, (≤ `PART`, L).
        log_p: log p(x|z), (S, N) nats.
        known: What is known exactly, S of them; ``None`` where it is not yet.
    """

    x: Tensor
    z: Tensor
    log_p: Tensor
    known: tuple[KnownPosterior | None, ...]


def sharpened(model: VAE, sharpness: float) -> VAE:
    """Return a float64 copy of a model with logits `sharpness` times as large, or σ so many times as small.

    Raises:
        SettingError: If the sharpness is out of its limits.
    """
    times = check_number("sharpness", sharpness, low=0.01, high=100.0)
    copy = model.double()
    with torch.no_grad():
        if copy.likelihood == "gaussian":
            copy.decoder.log_sigma.sub_(math.log(times))
        else:
            copy.decoder.linears[-1].weight.mul_(times)
            copy.decoder.linears[-1].bias.mul_(times)
    return copy


@torch.no_grad()
def known_posterior(model: VAE, x: Tensor, sharpness: float) -> KnownPosterior:
    """Integrate over z: log p(x), and how many draws from the prior are worth one.

    Args:
        model: Of two latent dimensions.
        x: The image, (1, D).
        sharpness: Of the decoder; 1 as it was trained.
    """
    exact, x = sharpened(model, sharpness), x.double()
    moments = posterior_moments(exact, x)
    known, even = float(moments.log_mass), even_grid(exact, x)
    # E[rⁿ] = E p(x|z)ⁿ / p(x)ⁿ
    second, fourth = (math.exp(even.log_mean_power(power) - power * known) for power in (2, 4))
    return KnownPosterior(
        known,
        float(moments.error),
        even.log_mean_power(1),
        posterior_grid(exact, x, points=POINTS, moments=moments),
        second,
        math.sqrt(max(fourth - second**2, 0.0)),
    )


@torch.no_grad()
def prior_draws(
    model: VAE, x: Tensor, *, draws: int = DRAWS, seed: int = 0
) -> Generator[tuple[float, str, PriorDraws], None, PriorDraws]:
    """Draw codes from the prior and score an image at each; the exact values come in between.

    Args:
        model: Of two latent dimensions.
        x: The image, (1, D).
        draws: How many.
        seed: Of the draws.

    Yields:
        How much is done (0 to 1), what comes next, and what there is so far; the last is the whole.

    Returns:
        The whole.

    Raises:
        SettingError: If x is no single image.
    """
    if len(x) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    source = generator(seed, "chapter 1")
    parts = math.ceil(draws / PART)
    work = parts + len(SHARPNESS)
    known: list[KnownPosterior | None] = [None] * len(SHARPNESS)
    known[AS_TRAINED] = known_posterior(model, x, SHARPNESS[AS_TRAINED])
    found, done = PriorDraws(x, torch.empty(0), torch.empty(len(SHARPNESS), 0), tuple(known)), 1
    # The exact values as soon as there are some draws to compare them with
    order = [AS_TRAINED, *(place for place in range(len(SHARPNESS)) if place != AS_TRAINED)]
    for part in range(max(parts, len(order))):
        if part < parts:
            z = torch.randn(
                min(PART, draws - part * PART), model.latent_dim, generator=source, dtype=model.dtype
            )
            found = _joined(found, z, _scored(model, x, z))
            done += 1
        if 0 < part < len(order):
            known[order[part]] = known_posterior(model, x, SHARPNESS[order[part]])
            done += 1
        found = replace(found, known=tuple(known))
        yield done / work, "Drawing codes from the prior.", found
    return found


def _joined(found: PriorDraws, z: Tensor, log_p: Tensor) -> PriorDraws:
    first = z if not len(found.z) else found.z
    return replace(found, z=first, log_p=torch.cat([found.log_p, log_p], 1))


def _scored(model: VAE, x: Tensor, z: Tensor) -> Tensor:
    """log p(x|z) at each sharpness, (S, N)."""
    outputs, decoder = model.decoder.outputs(z), model.decoder
    rows = []
    for times in SHARPNESS:
        if model.likelihood == "gaussian":
            likelihood = decoder.likelihood_of(outputs)
            # −½ Σ (x − μ)²/(σ/s)² − D log(σ/s) − ½ D log 2π
            squares = (x - likelihood.mean).square().sum(1) * torch.exp(-2.0 * decoder.log_sigma)
            log_scale = 0.5 * LOG_TWO_PI + decoder.log_sigma - math.log(times)
            rows.append(-0.5 * times**2 * squares - model.dimensions * log_scale)
        else:
            rows.append(decoder.likelihood_of(outputs * times).log_prob(x))
    return torch.stack(rows)


def repeats(log_p: Tensor, samples: int, *, most: int = REPEATS) -> Tensor:
    """Return log 1/K Σ p(x|z_k) of block after block of K draws, (R,).

    Args:
        log_p: log p(x|z) of draws from the prior, (N,).
        samples: K, 1 to N.
        most: R at most.

    Raises:
        SettingError: If there are fewer draws than K.
    """
    size = int(check_number("samples", samples, low=1, high=len(log_p), integer=True))
    count = min(len(log_p) // size, most)
    return log_mean_exp(log_p[: count * size].double().reshape(count, size).T)


def heaviest(log_p: Tensor, share: float = 0.9) -> int:
    """Return how many of the draws carry so large a share of the sum of all weights."""
    weights = torch.softmax(log_p.double(), 0).sort(descending=True).values.cumsum(0)
    return int((weights < share).sum()) + 1


def ladder(log_p: Tensor, samples: Sequence[int] = SAMPLES) -> tuple[Tensor, ...]:
    """Return the estimates for each K of which there are draws."""
    return tuple(repeats(log_p, k) for k in samples if k <= len(log_p))
