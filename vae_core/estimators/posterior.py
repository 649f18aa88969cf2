"""The true posterior of one image on a grid, and the KL of a Gaussian from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_matrix, check_number, refuse
from vae_core.estimators.moments import Moments
from vae_core.estimators.quadrature import posterior_moments
from vae_core.estimators.scores import ImageScores
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

# Standard deviations around the mean that the grid covers, of the posterior and of what it is compared with.
REACH = 6.0
# Codes decoded at once.
CHUNK_CODES = 4096


@dataclass(frozen=True, eq=False)
class PosteriorGrid:
    """p(z|x) of one image on an even grid, in float64.

    Attributes:
        axes: The coordinates along each latent dimension, L tensors (G,).
        log_density: log p(z|x), (G,) or (G, G), the first axis that of the first dimension; it sums to 1 over
            the grid, times the cell's area.
        log_likelihood: log p(x) by adaptive quadrature, nats, and its error.
        difference: log of the grid's own sum less that: near 0 where the grid is fine and misses nothing.
        mean: E[z|x], (L,), by adaptive quadrature.
        cov: Cov[z|x], (L, L).
    """

    axes: tuple[Tensor, ...]
    log_density: Tensor
    log_likelihood: tuple[float, float]
    difference: float
    mean: Tensor
    cov: Tensor

    @property
    def z(self) -> Tensor:
        """All codes of the grid, (G, L) or (G², L), in the order of the flattened density."""
        return torch.cartesian_prod(*self.axes).reshape(-1, len(self.axes))

    @property
    def log_joint(self) -> Tensor:
        """log p(x, z), nats, of the shape of `log_density`."""
        return self.log_density + (self.log_likelihood[0] + self.difference)

    @property
    def area(self) -> float:
        """Of one cell (its length, in one dimension)."""
        return math.prod(float(axis[1] - axis[0]) for axis in self.axes)

    def kl_from(self, mean: Tensor, cov: Tensor) -> tuple[float, float]:
        """Return KL(q ‖ p(z|x)) of a Gaussian q, summed over this grid, and the error of that.

        Args:
            mean: (L,).
            cov: (L, L), symmetric and positive definite; q's bulk has to lie on the grid.

        Returns:
            Nats. The error is what half of the grid's points would change, and what of q lies beside it.
        """
        root = torch.linalg.cholesky(cov.double())
        shift = torch.linalg.solve_triangular(root, (self.z - mean.double()).T, upper=False)
        log_q = -0.5 * shift.square().sum(0) - root.diagonal().log().sum() - 0.5 * len(mean) * LOG_TWO_PI
        log_q = log_q.reshape(self.log_density.shape)
        q = torch.exp(log_q) * self.area
        # Σ q (log q − log p(z|x)), both normalised
        terms = torch.where(q > 0.0, q * (log_q - self.log_density), 0.0)
        value = float(terms.sum())
        indices = [torch.arange(len(axis)) for axis in self.axes]
        even = torch.cartesian_prod(*indices).reshape(-1, len(indices)).sum(1) % 2 == 0
        halved = 2.0 * float(terms.flatten()[even].sum())
        beside = abs(float(q.sum()) - 1.0)
        return value, abs(value - halved) + beside * (1.0 + abs(value)) + abs(self.difference)


@torch.no_grad()
def posterior_grid(
    model: VAE,
    x: Tensor,
    *,
    points: int = 200,
    beside: tuple[Tensor, Tensor] | None = None,
    tolerance: float = 1e-3,
    moments: Moments | None = None,
) -> PosteriorGrid:
    """Return the true posterior of one image on a grid that covers it.

    Args:
        model: A VAE of latent dimension 1 or 2.
        x: The image, (1, D).
        points: Along each axis.
        beside: Mean (N, L) and standard deviation (N, L) of Gaussians that the grid has to cover as well.
        tolerance: Of log p(x), nats.
        moments: What `posterior_moments` found, where it was asked before.

    Raises:
        SettingError: If the latent dimension is above 2, x is no single image, or a setting breaks its rule.
    """
    count = int(check_number("points", points, low=8, high=2000, integer=True))
    check_matrix("x", x, columns=model.dimensions)
    if len(x) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    found = posterior_moments(model, x, tolerance=tolerance) if moments is None else moments
    mean, std = found.mean, found.cov.diagonal(dim1=1, dim2=2).sqrt()
    if beside is not None:
        mean, std = torch.cat([mean, beside[0].double()]), torch.cat([std, beside[1].double()])
    low, high = (mean - REACH * std).amin(0), (mean + REACH * std).amax(0)
    axes = tuple(
        torch.linspace(float(a), float(b), count, dtype=torch.float64) for a, b in zip(low, high, strict=True)
    )
    joint = log_joint_at(model, x, axes)
    log_area = sum(math.log(float(axis[1] - axis[0])) for axis in axes)
    total = float(torch.logsumexp(joint.flatten(), 0)) + log_area
    return PosteriorGrid(
        axes,
        joint - total,
        (float(found.log_mass), float(found.error)),
        total - float(found.log_mass),
        found.mean[0],
        found.cov[0],
    )


@torch.no_grad()
def log_joint_at(model: VAE, x: Tensor, axes: Sequence[Tensor]) -> Tensor:
    """Return log p(x, z) of one image at every combination of coordinates, float64.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        axes: Coordinates along each latent dimension, L tensors (G,).

    Returns:
        Nats, (G, …, G), the first axis that of the first dimension.

    Raises:
        SettingError: If x is no single image or there is not one axis for each dimension.
    """
    check_matrix("x", x, columns=model.dimensions)
    if len(x) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    if len(axes) != model.latent_dim:
        refuse("axes", f"must be {model.latent_dim}, one for each latent dimension", len(axes))
    z = torch.cartesian_prod(*axes).reshape(-1, len(axes))
    scores = ImageScores(model, x)
    log_prob = torch.cat([scores.log_prob(scores.parameters_at(part))[0] for part in z.split(CHUNK_CODES)])
    return (log_prob - 0.5 * (z.square() + LOG_TWO_PI).sum(1)).reshape([len(axis) for axis in axes])
