"""The pictures of chapter 7: the two curves of the VAE's case, and the log ratios of draws from q."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.lessons.gaussian_pair import Pair

CURVE = 201
BINS = 60
SHOWN = 0.995
"""The share of draws that the bins reach to on each side."""


@dataclass(frozen=True, eq=False)
class Slice:
    """The VAE's case, one dimension: KL = ½ (σ² − 1 − log σ²) + ½ μ², a curve over each.

    Attributes:
        std: σ, (P,).
        width_kl: ½ (σ² − 1 − log σ²), (P,) nats.
        mean: μ, (P,).
        mean_kl: ½ μ², (P,) nats.
        now_std: σ of q in both dimensions.
        now_mean: μ of q in both dimensions.
        now_kl: KL of both dimensions, nats.
    """

    std: Tensor
    width_kl: Tensor
    mean: Tensor
    mean_kl: Tensor
    now_std: tuple[float, float]
    now_mean: tuple[float, float]
    now_kl: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Ratios:
    """log q(z) − log p(z) at draws from q, in bins.

    Attributes:
        edges: Of the bins, (N + 1,) nats.
        counts: Draws in each, (N,); what lies beyond the edges is in none.
        draws: All of them.
        estimate: Their mean, nats.
        error: Its standard error, nats.
        truth: KL(q ‖ p) in closed form, nats.
    """

    edges: Tensor
    counts: Tensor
    draws: int
    estimate: float
    error: float
    truth: float


def ratios_of(draws: Tensor, *, error: float, truth: float) -> Ratios:
    """Return the bins of some log ratios (N,), with their mean.

    Args:
        draws: log q(z) − log p(z), (N,) nats.
        error: The standard error of their mean, nats.
        truth: KL(q ‖ p) in closed form, nats.
    """
    mean = float(draws.mean())
    ends = torch.quantile(draws, torch.tensor([1.0 - SHOWN, SHOWN], dtype=draws.dtype))
    low, high = min(float(ends[0]), mean, truth, -0.5), max(float(ends[1]), mean, truth, 0.5)
    counts, edges = torch.histogram(draws, bins=BINS, range=(low, high))
    return Ratios(edges, counts, len(draws), mean, error, truth)


def vae_slice(pair: Pair) -> Slice:
    """Return the curves of the VAE's case, as far as the places of q reach."""
    mean, std = pair.q.mean[0], pair.q.std[0]
    means = torch.linspace(-4.0, 4.0, CURVE, dtype=torch.float64)
    stds = torch.logspace(float(torch.log10(std.min().clamp(max=0.1))), 0.5, CURVE, dtype=torch.float64)
    zero, one = torch.zeros_like(means), torch.zeros_like(means)
    now = standard_normal_kl(DiagonalGaussian(mean[None], 2.0 * std.log()[None]))[0]
    return Slice(
        stds,
        standard_normal_kl(DiagonalGaussian(zero, 2.0 * stds.log())),
        means,
        standard_normal_kl(DiagonalGaussian(means, one)),
        (float(std[0]), float(std[1])),
        (float(mean[0]), float(mean[1])),
        (float(now[0]), float(now[1])),
    )
