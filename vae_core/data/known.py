"""Data whose distribution p_D is known: a rule for expectations under it, and its entropy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from vae_core.data import tiny_binary, toys

# The 1-D mixture ends seven of its widest σ beyond its outer means: 1e-12 of its mass lies beyond.
REACH = 7.0
NODES = 512


@dataclass(frozen=True, eq=False)
class KnownDistribution:
    """p_D as points with weights: E[f(x)] = Σ_i weight_i f(x_i).

    Attributes:
        x: (N, D) float64.
        weight: (N,) float64, their sum is 1.
        entropy: H, nats per image; of a density, the differential entropy.
        discrete: Whether the points are all that there are; else they are nodes of a trapezoid rule.
    """

    x: Tensor
    weight: Tensor
    entropy: float
    discrete: bool


@cache
def known_distribution(name: str) -> KnownDistribution | None:
    """Return what is known of the distribution that a data set was drawn from; None for all others."""
    if name == tiny_binary.TINY_BINARY.name:
        states, p = tiny_binary.tiny_binary_distribution()
        # H = −Σ p log p
        return KnownDistribution(states, p, float(-(p * p.log()).sum()), discrete=True)
    return _mixture() if name == toys.MIXTURE_1D.name else None


def _mixture() -> KnownDistribution:
    parts = (toys.MIXTURE_WEIGHTS, toys.MIXTURE_MEANS, toys.MIXTURE_STDS)
    weight, mean, std = (torch.tensor(part, dtype=torch.float64) for part in parts)
    room = REACH * float(std.max())
    x = torch.linspace(float(mean.min()) - room, float(mean.max()) + room, NODES, dtype=torch.float64)
    # log p_D(x) = log Σ_k weight_k N(x; mean_k, std_k²)
    inside = -0.5 * ((x[:, None] - mean) / std).square() - std.log() - 0.5 * math.log(2.0 * math.pi)
    log_p = torch.logsumexp(weight.log() + inside, dim=1)
    mass = log_p.exp() * (x[1] - x[0])
    # H = −∫ p log p
    return KnownDistribution(x[:, None], mass / mass.sum(), float(-(mass * log_p).sum()), discrete=False)
