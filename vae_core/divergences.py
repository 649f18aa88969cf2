"""KL divergences between Gaussians, in closed form and by Monte Carlo, in nats."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.gaussians import DiagonalGaussian

UNUSED_BELOW = 0.01
"""Nats per image: a latent dimension whose mean KL is lower carries next to nothing about x."""


def standard_normal_kl(q: DiagonalGaussian) -> Tensor:
    """KL(N(μ, diag σ²) ‖ N(0, I)) of each dimension, (B, L) nats (Kingma & Welling 2014, app. B)."""
    # ½ (σ² + μ² − 1 − log σ²), with σ² − 1 − log σ² from expm1 so that nothing cancels near σ = 1
    return 0.5 * (torch.expm1(q.log_var) - q.log_var + q.mean**2)


def diagonal_kl(q: DiagonalGaussian, p: DiagonalGaussian) -> Tensor:
    """KL(q ‖ p) between diagonal Gaussians of each dimension, (B, L) nats."""
    # ½ [σ_q²/σ_p² − 1 − log(σ_q²/σ_p²) + (μ_q − μ_p)²/σ_p²]
    log_ratio = q.log_var - p.log_var
    shift = (q.mean - p.mean) ** 2 * torch.exp(-p.log_var)
    return 0.5 * (torch.expm1(log_ratio) - log_ratio + shift)


def gaussian_kl(mean0: Tensor, cov0: Tensor, mean1: Tensor, cov1: Tensor) -> Tensor:
    """KL(N(mean0, cov0) ‖ N(mean1, cov1)) for full covariances, in nats.

    Args:
        mean0: (..., d).
        cov0: (..., d, d), symmetric and positive definite.
        mean1: (..., d).
        cov1: (..., d, d), symmetric and positive definite.

    Returns:
        (...), non-negative up to rounding.

    Raises:
        SettingError: If the shapes don't fit or a covariance is not positive definite.
    """
    if mean0.ndim < 1 or mean1.ndim < 1:
        refuse("mean0 and mean1", "must have shape (..., d)", "a scalar")
    d = mean0.shape[-1]
    for name, mean, cov in (("cov0", mean0, cov0), ("cov1", mean1, cov1)):
        if mean.shape[-1] != d or cov.shape[-2:] != (d, d):
            refuse(name, f"must have shape (..., {d}, {d}), as the means have {d} entries", tuple(cov.shape))
    root0 = _cholesky("cov0", cov0)
    root1 = _cholesky("cov1", cov1)
    # ½ [tr(Σ₁⁻¹Σ₀) + (μ₁ − μ₀)ᵀ Σ₁⁻¹ (μ₁ − μ₀) − d + log |Σ₁|/|Σ₀|], with Σ = R Rᵀ
    shape = torch.broadcast_shapes(root0.shape, root1.shape)
    trace = torch.linalg.solve_triangular(root1.expand(shape), root0.expand(shape), upper=False)
    shift = torch.linalg.solve_triangular(root1, (mean1 - mean0).unsqueeze(-1), upper=False)
    half_log_dets = _log_diagonal(root1) - _log_diagonal(root0)
    return 0.5 * (trace.square().sum((-2, -1)) + shift.square().sum((-2, -1)) - d) + half_log_dets


def monte_carlo_kl(
    q: DiagonalGaussian, p: DiagonalGaussian, *, samples: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Estimate KL(q ‖ p) = E_q[log q(z) − log p(z)] by sampling.

    Args:
        q: (B, L).
        p: (B, L).
        samples: Draws of z from q, at least 2.
        generator: Where the noise comes from.

    Returns:
        The estimate and its standard error, (B,) nats each.

    Raises:
        SettingError: If `samples` is out of its limits.
    """
    check_number("samples", samples, low=2, high=100_000_000, integer=True)
    z = q.sample(generator, samples=samples)
    difference = q.log_prob(z) - p.log_prob(z)
    return difference.mean(0), difference.std(0) / math.sqrt(samples)


def _cholesky(name: str, cov: Tensor) -> Tensor:
    root, info = torch.linalg.cholesky_ex(cov)
    # Cholesky reads one half only: the other has to say the same, up to rounding.
    slack = 1e3 * torch.finfo(cov.dtype).eps * cov.abs().amax((-2, -1), keepdim=True)
    if bool((info != 0).any()) or not bool(((cov - cov.mT).abs() <= slack).all()):
        refuse(
            name, "must be symmetric and positive definite", f"one of shape {tuple(cov.shape)} that is not"
        )
    return root


def _log_diagonal(root: Tensor) -> Tensor:
    return root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
