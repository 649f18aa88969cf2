"""The Bernoulli likelihood, from logits."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_core.likelihoods.base import Likelihood


class Bernoulli(Likelihood):
    """p(x_d = 1|z) = a_d = sigmoid(logit_d), a mass function on {0, 1}ᴰ.

    On grey pixels the same expression is finite but is no likelihood: it is called the Bernoulli score.
    """

    def __init__(self, logits: Tensor) -> None:
        """Hold the logits, (..., D)."""
        self.logits = logits

    def log_prob_per_dimension(self, x: Tensor) -> Tensor:
        """x log a + (1 − x) log(1 − a) in nats, (..., D)."""
        # With logit l: x l − log(1 + eˡ), which never takes the log of a rounded probability.
        # PyTorch's own threshold of 20 would drop e⁻²⁰ = 2e-9 nats a pixel; e⁻⁴⁰ is below rounding.
        return x * self.logits - F.softplus(self.logits, threshold=40.0)

    @property
    def mean(self) -> Tensor:
        """The probability of a 1, (..., D)."""
        return torch.sigmoid(self.logits)

    @property
    def mode(self) -> Tensor:
        """1 where that is likelier, (..., D)."""
        return (self.logits > 0).to(self.logits.dtype)

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw zeros and ones, (..., D)."""
        return torch.bernoulli(self.mean, generator=generator)
