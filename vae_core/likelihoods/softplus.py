"""Σ log(1 + eˡ), the log-partition of Bernoulli pixels, for many codes at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def softplus_sum(logits: Tensor) -> Tensor:
    """Σ_d log(1 + e^{l_d}), (G,) for float logits (G, D): one exponential each, and few logarithms."""
    # A product of so many factors from 1 to 2 stays below the largest number of the type.
    together = int(0.9 * math.log2(torch.finfo(logits.dtype).max))
    size = logits.abs()
    # Σ log(1 + eˡ) = Σ max(l, 0) + log Π (1 + e^{−|l|})
    total = logits.sum(1).add_(size.sum(1)).mul_(0.5)
    for factors in size.neg_().exp_().add_(1.0).split(together, 1):
        total += factors.prod(1).log_()
    return total
