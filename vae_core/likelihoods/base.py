"""What every likelihood p(x|z) offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor


class Likelihood(ABC):
    """p(x|z) for a batch of codes, its D dimensions independent given z.

    Shapes: x and all parameters are (..., D); `log_prob` is (...), nats per image. Each family is
    normalised in full on its own space.
    """

    @abstractmethod
    def log_prob_per_dimension(self, x: Tensor) -> Tensor:
        """log p(x_d|z) of each dimension in nats, (..., D)."""

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x|z) = Σ_d log p(x_d|z) in nats per image, (...)."""
        return self.log_prob_per_dimension(x).sum(-1)

    @property
    @abstractmethod
    def mean(self) -> Tensor:
        """E[x|z], (..., D)."""

    @property
    @abstractmethod
    def mode(self) -> Tensor:
        """The likeliest x given z, (..., D)."""

    @abstractmethod
    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw x from p(x|z), (..., D)."""
