"""The diagonal Gaussian: what the encoder gives and the divergences compare."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.units import LOG_TWO_PI


@dataclass(frozen=True)
class DiagonalGaussian:
    """q(z|x) = N(mean, diag(exp(log_var))).

    Attributes:
        mean: μ, (B, L).
        log_var: log σ², (B, L).
    """

    mean: Tensor
    log_var: Tensor

    @property
    def std(self) -> Tensor:
        """σ, (B, L)."""
        return torch.exp(0.5 * self.log_var)

    def sample(self, generator: torch.Generator, *, samples: int = 1) -> Tensor:
        """Draw z = μ + σ ⊙ ε, (samples, B, L)."""
        shape = (samples, *self.mean.shape)
        noise = torch.randn(shape, generator=generator, dtype=self.mean.dtype, device=self.mean.device)
        return self.at(noise)

    def at(self, noise: Tensor) -> Tensor:
        """Return z for given ε, (..., B, L)."""
        # z = μ + σ ⊙ ε
        return self.mean + self.std * noise

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats, (..., B) for z (..., B, L)."""
        # −½ Σ_j [(z_j − μ_j)²/σ_j² + log σ_j² + log 2π]
        scaled = (z - self.mean) ** 2 * torch.exp(-self.log_var)
        return -0.5 * (scaled + self.log_var + LOG_TWO_PI).sum(-1)
