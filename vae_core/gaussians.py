"""Gaussians over z: the diagonal one that the encoder gives, and one of full covariance."""

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

    @property
    def root(self) -> Tensor:
        """R with R Rᵀ the covariance, (B, L, L)."""
        return torch.diag_embed(self.std)

    def full(self) -> FullGaussian:
        """Return the same as one of full covariance."""
        return FullGaussian(self.mean, self.root)


@dataclass(frozen=True)
class FullGaussian:
    """q(z|x) = N(mean, R Rᵀ).

    Attributes:
        mean: μ, (B, L).
        root: R, lower triangular with a positive diagonal, (B, L, L).
    """

    mean: Tensor
    root: Tensor

    @property
    def cov(self) -> Tensor:
        """Σ = R Rᵀ, (B, L, L)."""
        return self.root @ self.root.mT

    @property
    def std(self) -> Tensor:
        """Of each dimension, (B, L)."""
        return self.root.square().sum(2).sqrt()

    def sample(self, generator: torch.Generator, *, samples: int = 1) -> Tensor:
        """Draw z = μ + R ε, (samples, B, L)."""
        shape = (samples, *self.mean.shape)
        return self.at(
            torch.randn(shape, generator=generator, dtype=self.mean.dtype, device=self.mean.device)
        )

    def at(self, noise: Tensor) -> Tensor:
        """Return z for given ε, (..., B, L)."""
        # z = μ + R ε
        return self.mean + (self.root @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z|x) in nats, (..., B) for z (..., B, L)."""
        shift = (z - self.mean).unsqueeze(-1)
        root = self.root.expand(*shift.shape[:-2], *self.root.shape[-2:])
        scaled = torch.linalg.solve_triangular(root, shift, upper=False).squeeze(-1)
        # −½ [‖R⁻¹ (z − μ)‖² + L log 2π] − log |R|
        log_det = self.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        return -0.5 * (scaled.square() + LOG_TWO_PI).sum(-1) - log_det
