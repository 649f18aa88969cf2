"""The distribution function of a continuous Bernoulli pixel, and what lies above it."""

from __future__ import annotations

import torch
from torch import Tensor

FLAT = 1e-12
"""Of |logit|: with less the density is uniform, to rounding."""


def continuous_bernoulli_tails(logits: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return F(x) = P(X ≤ x) and 1 − F(x), each without cancellation.

    Args:
        logits: Of the continuous Bernoulli, (...).
        x: Values in [0, 1], (...).

    Returns:
        Both, (...); exactly 0 and 1 at x = 0, and 1 and 0 at x = 1.
    """
    size = logits.abs().clamp_min(FLAT)
    rising = logits > 0
    # A density that rises is one that falls, read from the other end.
    near = torch.where(rising, 1.0 - x, x)
    far = torch.where(rising, x, 1.0 - x)
    whole = torch.expm1(-size)
    # With density ∝ e^{−s t}:  F(t) = (1 − e^{−s t})/(1 − e^{−s})
    below = torch.expm1(-size * near) / whole
    # 1 − F(t) = e^{−s t} (1 − e^{−s (1 − t)})/(1 − e^{−s})
    above = torch.exp(-size * near) * torch.expm1(-size * far) / whole
    return torch.where(rising, above, below), torch.where(rising, below, above)
