"""What the identities of several bugs are measured with: exact values, draws with their error, slopes."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.estimators import quadrature_log_likelihood
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE
from vae_core.museum.run import Bound, RunSettings, images_of
from vae_core.rng import generator
from vae_core.theorems import Case, Link, Side
from vae_core.units import LOG_TWO_PI

CALLS, ROWS = 64, 128
"""A bound is sampled by so many calls, each with so many rows: copies of the images."""
SEVERAL = 16
"""Images on which a bound is held against log p(x)."""
STEP = 1e-4
"""Of a difference quotient."""


def held_out(settings: RunSettings, count: int) -> Tensor:
    """Return the first held-out images, (count, D) float64."""
    return images_of(settings).held_out[:count].double()


def case_of(settings: RunSettings, model: VAE) -> Case:
    """Return the model with four held-out images; its exact values are about the first two."""
    support = {"bernoulli": "binary"}.get(settings.likelihood, "unit")
    return Case(model, held_out(settings, 4), support, dataset=settings.dataset)


def log_prior(z: Tensor) -> Tensor:
    """log N(z; 0, I) in nats, (...) for z (..., L)."""
    return -0.5 * (z.square() + LOG_TWO_PI).sum(-1)


def log_ratio(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """log w = log p(x, z) − log q(z|x) at z = μ + σ ε, (K, B) nats."""
    q = model.encode(x)
    z = q.at(noise)
    return model.decoder(z).log_prob(x) + log_prior(z) - q.log_prob(z)


@torch.no_grad()
def sampled(bound: Bound, settings: RunSettings, model: VAE, x: Tensor) -> tuple[float, float]:
    """Return what a bound is on images, on average over many draws, and its standard error."""
    source = generator(settings.seed, "museum: sampled")
    many = x.repeat(ROWS // len(x), 1)
    shape = (settings.samples, len(many), settings.latent_dim)
    values = torch.stack(
        [bound(model, many, torch.randn(shape, generator=source, dtype=x.dtype)) for _ in range(CALLS)]
    )
    return float(values.mean()), float(values.std()) / math.sqrt(CALLS)


def reported_side(bound: Bound, settings: RunSettings, model: VAE, case: Case, symbol: str) -> Side:
    """Return what a code reports about the first images of a case."""
    value, error = sampled(bound, settings, model, case.few)
    return Side(symbol, value, error, "Monte Carlo")


def evidence_side(case: Case) -> Side:
    """Return log p(x) of the first images, by quadrature."""
    value, error, _ = case.log_likelihood.mean()
    return Side("log p(x)", value, error, "exact")


def posterior_kl(case: Case) -> tuple[float, float]:
    """Return KL(q(z|x) ‖ p(z|x)) of the first images on grids, and its error."""
    q = case.few_q.full()
    parts = [grid.kl_from(q.mean[row], q.cov[row]) for row, grid in enumerate(case.grids)]
    return sum(value for value, _ in parts) / len(parts), max(error for _, error in parts)


def gap_link(bound: Bound, settings: RunSettings, model: VAE) -> tuple[Link, ...]:
    """Return log p(x), and the reported bound with KL(q(z|x) ‖ p(z|x)) added."""
    case = case_of(settings, model)
    said = reported_side(bound, settings, model, case, "reported bound")
    kl, error = posterior_kl(case)
    # log p(x) = ELBO + KL(q(z|x) ‖ p(z|x))
    right = Side("bound + KL(q ‖ p(z|x))", said.value + kl, math.hypot(said.error, error), "Monte Carlo")
    return (Link.between(evidence_side(case), right),)


def below_evidence(bound: Bound, settings: RunSettings, model: VAE) -> tuple[Link, ...]:
    """Return the reported bound of several images, and log p(x) by quadrature."""
    x = held_out(settings, SEVERAL)
    value, error = sampled(bound, settings, model, x)
    exact, off, _ = quadrature_log_likelihood(model, x, tolerance=1e-4).mean()
    left = Side("reported bound", value, error, "Monte Carlo")
    return (Link.between(left, Side("log p(x)", exact, off, "exact")),)


def kl_draws(q: DiagonalGaussian, source: torch.Generator, *, samples: int) -> tuple[float, float]:
    """Return E_q[log q(z) − log p(z)] on average over rows, from draws, and its standard error."""
    z = q.sample(source, samples=samples)
    values = (q.log_prob(z) - log_prior(z)).mean(1)
    return float(values.mean()), float(values.std()) / math.sqrt(samples)


def with_bias(model: VAE, place: int, shift: float) -> VAE:
    """Return the model with one of the encoder's outputs shifted: the means come first, then log σ²."""
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.encoder.linears[-1].bias[place] += shift
    return other


def slope(value: Callable[[VAE], float], model: VAE, *, place: int) -> tuple[float, float]:
    """Return the slope of a value in one of the encoder's outputs by difference quotients, and its error."""
    parts = [
        (value(with_bias(model, place, h)) - value(with_bias(model, place, -h))) / (2.0 * h)
        for h in (STEP, 2.0 * STEP)
    ]
    return parts[0], abs(parts[0] - parts[1])


def autograd_slope(bound: Bound, model: VAE, x: Tensor, noise: Tensor, *, place: int) -> float:
    """Return the slope of a bound in one of the encoder's outputs by differentiation."""
    own = copy.deepcopy(model)
    bias = own.encoder.linears[-1].bias.requires_grad_(True)
    (found,) = torch.autograd.grad(bound(own, x, noise), bias)
    return float(found[place])
