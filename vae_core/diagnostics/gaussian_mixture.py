"""The log-density of a mixture of many Gaussians, exact over all of them, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_matrix
from vae_core.units import LOG_TWO_PI

# Densities held at once, points times components: 4 MB in float64, of which two or three live at a time.
CHUNK_NUMBERS = 500_000
# Products of matrices are used where rounding costs less than this many nats.
ROUNDING = 1e-8


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """1/N Σ_n N(z; μ_n, Σ_n), in float64.

    Attributes:
        mean: μ_n, (N, K).
        whitening: W_n with W_nᵀ W_n = Σ_n⁻¹: the diagonals (N, K), or whole matrices (N, K, K).
        log_det: log |W_n|, (N,).
    """

    mean: Tensor
    whitening: Tensor
    log_det: Tensor

    @torch.no_grad()
    def log_density(self, z: Tensor) -> Tensor:
        """Return log 1/N Σ_n N(z; μ_n, Σ_n), (M,) nats in float64, for z (M, K).

        Raises:
            SettingError: If z has another shape.
        """
        count, k = self.mean.shape
        points = check_matrix("z", z, columns=k).double()
        if not len(points):
            return points.new_zeros(0)
        # Everything around the components' centre: the smaller the numbers, the less is lost.
        centre = self.mean.mean(0)
        points, mean = points - centre, self.mean - centre
        whole = self.whitening.ndim == 3
        precision = self.whitening.square() if not whole else self.whitening.mT @ self.whitening
        reach = float(points.abs().max() + mean.abs().max())
        lost = torch.finfo(torch.float64).eps * k * k * reach**2 * float(precision.abs().max())
        constant = self.log_det - 0.5 * k * LOG_TWO_PI
        rows = max(1, CHUNK_NUMBERS // (count * (k if whole else 1)))
        if lost < ROUNDING:
            rows = max(1, CHUNK_NUMBERS // count)
            # log N(z; μ, P⁻¹) = −½ zᵀ P z + zᵀ P μ + (c − ½ μᵀ P μ): linear in the monomials of z
            pull = precision * mean if not whole else (precision @ mean[:, :, None]).squeeze(2)
            rest = constant - 0.5 * (pull * mean).sum(1)
            weights = torch.cat([-0.5 * precision.reshape(count, -1), pull, rest[:, None]], 1).T
            parts = [_log_sum(_monomials(part, whole) @ weights) for part in points.split(rows)]
        else:
            parts = [_log_sum(constant - 0.5 * self._distances(part, mean)) for part in points.split(rows)]
        return torch.cat(parts) - math.log(count)

    def _distances(self, z: Tensor, mean: Tensor) -> Tensor:
        """‖W_n (z − μ_n)‖², (M, N)."""
        if self.whitening.ndim == 3:
            return torch.einsum("nij,mnj->mni", self.whitening, z[:, None] - mean).square().sum(2)
        total = z.new_zeros(len(z), len(mean))
        for j in range(z.shape[1]):
            total += ((z[:, j, None] - mean[:, j]) * self.whitening[:, j]).square_()
        return total


def _monomials(z: Tensor, whole: bool) -> Tensor:
    """z_i z_j (all pairs, or squares only), z_j and 1, side by side."""
    squares = (z[:, :, None] * z[:, None, :]).flatten(1) if whole else z.square()
    return torch.cat([squares, z, torch.ones_like(z[:, :1])], 1)


def _log_sum(logs: Tensor) -> Tensor:
    """log Σ_n e^{logs}, (M,) for (M, N), in place."""
    top = logs.amax(1, keepdim=True)
    # e^−700 adds nothing to a sum of at least 1, but smaller numbers are denormal, and slow.
    return logs.sub_(top).clamp_(min=-700.0).exp_().sum(1).log_() + top.squeeze(1)
