"""The Gaussian likelihood, one σ for all dimensions."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.likelihoods.base import Likelihood
from vae_core.units import LOG_TWO_PI


class Gaussian(Likelihood):
    """p(x|z) = N(μ(z), σ² I), a density on ℝᴰ: its log can be positive."""

    def __init__(self, mean: Tensor, sigma: Tensor) -> None:
        """Hold the means, (..., D), and σ > 0, a scalar."""
        self._mean = mean
        self.sigma = sigma

    def log_prob_per_dimension(self, x: Tensor) -> Tensor:
        """−½ [(x − μ)²/σ² + log 2πσ²] in nats, (..., D)."""
        return -0.5 * ((x - self._mean) / self.sigma) ** 2 - torch.log(self.sigma) - 0.5 * LOG_TWO_PI

    @property
    def mean(self) -> Tensor:
        """μ(z), (..., D)."""
        return self._mean

    @property
    def mode(self) -> Tensor:
        """μ(z), (..., D)."""
        return self._mean

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw μ + σ u, u standard normal, (..., D)."""
        noise = torch.randn(
            self._mean.shape, generator=generator, dtype=self._mean.dtype, device=self._mean.device
        )
        return self._mean + self.sigma * noise
