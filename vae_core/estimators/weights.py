"""What a set of log-weights tells: the staircase L_K, the effective sample size, the weight of its tail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.estimators.estimate import Estimate

# With so many independent draws of L_K, their spread tells the error of their mean, roughly at first.
ENOUGH_DRAWS = 4
# Above this shape of the tail, the error of a weighted mean is not to be trusted (Vehtari et al. 2024).
HEAVY_TAIL = 0.7
# Weights that differ by less than this share of the greatest are equal, up to rounding.
EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Ladder:
    """L_K for several K, from one set of log-weights.

    Attributes:
        samples: The K, rising.
        steps: One lower bound for each K.
    """

    samples: tuple[int, ...]
    steps: tuple[Estimate, ...]


@torch.no_grad()
def importance_ladder(log_w: Tensor, samples: Sequence[int]) -> Ladder:
    """Return L_K = E log 1/K Σ w_k for several K.

    The weights are cut into blocks of K; each gives an independent draw of L_K, and their mean is the step.

    Args:
        log_w: (N, B), as `log_weights` gives them.
        samples: The K, each from 1 to N.

    Returns:
        Lower bounds in nats. The error is the spread of the draws over the root of their number; where these
        are fewer than four, the delta method's.

    Raises:
        SettingError: If a K is out of its limits, or there is none.
    """
    if not len(samples):
        refuse("samples", "must have at least one number", "none")
    steps = []
    counts = sorted({int(check_number("samples", k, low=1, high=len(log_w), integer=True)) for k in samples})
    running: dict[int, Tensor] = {1: log_w.double()}
    for k in counts:
        # From blocks of the largest K so far that divides this one: Σ over blocks of their sums.
        base = max(size for size in running if k % size == 0)
        sums = running[base]
        draws = len(log_w) // k
        blocks = sums[: draws * (k // base)].reshape(draws, k // base, -1)
        running[k] = torch.logsumexp(blocks, 1)
        values = running[k] - math.log(k)
        if draws >= ENOUGH_DRAWS:
            error = values.std(0) / math.sqrt(draws)
        else:
            used = log_w[: draws * k].double()
            ratio = torch.exp(used - values.mean(0))
            error = (
                ratio.std(0) / math.sqrt(draws * k) if draws * k > 1 else torch.full_like(ratio[0], math.inf)
            )
        steps.append(Estimate(values.mean(0), error, "lower_bound"))
    return Ladder(tuple(counts), tuple(steps))


def effective_sample_size(log_w: Tensor) -> Tensor:
    """1/Σ w̃², w̃ the normalised weights: how many equal ones are worth as much, 1 to K, (B,) for (K, B)."""
    return torch.exp(2.0 * torch.logsumexp(log_w, 0) - torch.logsumexp(2.0 * log_w, 0))


@torch.no_grad()
def pareto_shape(log_w: Tensor) -> Tensor:
    """Return k̂, the shape of the generalised Pareto tail of the weights, (B,) for (K, B).

    Moments of order 1/k and above are infinite: above ½ the weights have no variance, and above `HEAVY_TAIL`
    (Vehtari et al. 2024) their mean's error says nothing. Equal weights have no tail: −∞.

    Args:
        log_w: At least 25 log-weights an image, (K, B).

    Raises:
        SettingError: If there are fewer.
    """
    count = len(log_w)
    if count < 25:
        refuse("log_w", "must have at least 25 rows", count)
    tail = min(math.ceil(0.2 * count), math.ceil(3.0 * math.sqrt(count)))
    top = log_w.double().sort(0).values[-tail - 1 :]
    scaled = torch.exp(top - top[-1])
    excess = scaled[1:] - scaled[0]
    shape, _ = fit_generalised_pareto(excess.clamp_min(1e-300))
    # A weak prior around ½, worth ten observations
    shape = (tail * shape + 5.0) / (tail + 10.0)
    return torch.where(excess[-1] > EQUAL, shape, -math.inf)


def fit_generalised_pareto(excess: Tensor) -> tuple[Tensor, Tensor]:
    """Fit shape and scale of a generalised Pareto distribution (Zhang & Stephens 2009).

    Args:
        excess: Sorted, positive, (n, B).

    Returns:
        Shape k (heavy-tailed where positive) and scale σ, (B,) each.
    """
    n = len(excess)
    grid = 30 + math.floor(math.sqrt(n))
    j = torch.arange(1, grid + 1, dtype=excess.dtype)[:, None]
    quartile = excess[math.floor(n / 4 + 0.5) - 1]
    # θ_j = 1/x₍ₙ₎ + (1 − √(m/(j − ½)))/(3 x*)
    theta = 1.0 / excess[-1] + (1.0 - torch.sqrt(grid / (j - 0.5))) / (3.0 * quartile)
    k = torch.log1p(-theta[:, None] * excess).mean(1)
    # The profile log-likelihood n (log(−θ/k) − k − 1), and the posterior mean of θ under it
    profile = n * (torch.log(-theta / k) - k - 1.0)
    weight = torch.softmax(profile.nan_to_num(nan=-math.inf), 0)
    best = (weight * theta).sum(0)
    shape = torch.log1p(-best * excess).mean(0)
    return shape, -shape / best
