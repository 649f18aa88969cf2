"""The continuous Bernoulli (Loaiza-Ganem & Cunningham 2019): a density on [0, 1], from logits."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_core.likelihoods.base import Likelihood

# Below this |logit| the closed forms lose digits to cancellation, and series take over: with eight
# terms of the mean's and seven of the log-normaliser's the error is below 1e-9 up to the switch.
SERIES_BELOW = 0.5


class ContinuousBernoulli(Likelihood):
    """p(x_d|z) = C(λ) λˣ (1 − λ)^(1 − x), λ = sigmoid(logit), x in [0, 1]."""

    def __init__(self, logits: Tensor) -> None:
        """Hold the logits, (..., D)."""
        self.logits = logits

    def log_prob_per_dimension(self, x: Tensor) -> Tensor:
        """x log λ + (1 − x) log(1 − λ) + log C(λ) in nats, (..., D)."""
        # p(x) ∝ e^{l x} on [0, 1], so log p(x) = l x − log ∫₀¹ e^{l u} du.
        return x * self.logits - log_partition(self.logits)

    @property
    def mean(self) -> Tensor:
        """E[x|z] in (0, 1); it is not λ, (..., D)."""
        return partition_slope(self.logits)

    @property
    def mode(self) -> Tensor:
        """The end of [0, 1] that the density rises to, (..., D)."""
        return (self.logits > 0).to(self.logits.dtype)

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw by inverting the distribution function, (..., D)."""
        logits = self.logits
        u = torch.rand(logits.shape, generator=generator, dtype=logits.dtype, device=logits.device)
        # F(x) = (e^{l x} − 1)/(eˡ − 1); for l > 0 by symmetry, so that the exponential never overflows.
        size = logits.abs().clamp_min(1e-6)
        x = -torch.log1p(u * torch.expm1(-size)) / size
        return torch.where(logits > 0, 1.0 - x, x).clamp(0.0, 1.0)


def log_partition(logits: Tensor) -> Tensor:
    """log ∫₀¹ e^{l u} du = log((eˡ − 1)/l), same shape as the logits."""
    size = logits.abs()
    safe = size.clamp_min(SERIES_BELOW)
    # (eˡ − 1)/l = e^{l₊} (1 − e^{−|l|})/|l|
    closed = F.relu(logits) + torch.log(-torch.expm1(-safe)) - torch.log(safe)
    # l/2 + l²/24 − l⁴/2880 + l⁶/181440 − l⁸/9676800 + l¹⁰/479001600
    s = torch.where(size < SERIES_BELOW, logits, 0.0) ** 2
    series = 0.5 * logits + s * (
        1 / 24 + s * (-1 / 2880 + s * (1 / 181440 + s * (-1 / 9676800 + s / 479001600)))
    )
    return torch.where(size < SERIES_BELOW, series, closed)


def partition_slope(logits: Tensor) -> Tensor:
    """d log_partition / d logit = 1/(1 − e^{−l}) − 1/l, the mean, same shape as the logits."""
    size = logits.abs()
    safe = size.clamp_min(SERIES_BELOW)
    # For l > 0: 1/(1 − e^{−l}) − 1/l; for l < 0 one less that of |l|.
    positive = -1.0 / torch.expm1(-safe) - 1.0 / safe
    closed = torch.where(logits > 0, positive, 1.0 - positive)
    # ½ + l/12 − l³/720 + l⁵/30240 − l⁷/1209600 + l⁹/47900160
    small = torch.where(size < SERIES_BELOW, logits, 0.0)
    s = small**2
    series = 0.5 + small * (1 / 12 + s * (-1 / 720 + s * (1 / 30240 + s * (-1 / 1209600 + s / 47900160))))
    return torch.where(size < SERIES_BELOW, series, closed)
