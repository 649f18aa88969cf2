"""The exact log p(x) of a model with one or two latent dimensions, by adaptive quadrature.

log p(x, z) is smooth in z where e^{log p(x, z)} is a needle. So the plane is cut into square cells, each
image is scored at the Gauss-Legendre nodes of each cell (a matrix product for all images), and the polynomial
through these scores says where its needles are. Cells with mass are cut into four, again and again, until
cutting changes nothing; where the polynomial is exact enough its own values are cut, and the decoder rests.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.estimators.adaptive import AdaptiveIntegral
from vae_core.estimators.estimate import Estimate
from vae_core.estimators.moments import Moments
from vae_core.estimators.scores import ImageScores, Work
from vae_core.models import VAE
from vae_core.rng import generator

# Images that are integrated together: it bounds the memory.
BATCH = 1024
# Of the cells of two lattices, at first.
SIDES = (1.0, 0.8)


@dataclass(frozen=True, eq=False)
class Frame:
    """A lattice of square cells: turned, shifted, and of some size.

    Attributes:
        axes: Rows are the unit vectors of its axes, (L, L).
        origin: A corner of the cell (0, 0), in units of the side, (L,).
        side: Of a cell at the first level.
    """

    axes: Tensor
    origin: Tensor
    side: float

    @staticmethod
    def drawn(latent_dim: int, side: float, source: torch.Generator) -> Frame:
        """Draw a random one."""
        u = torch.rand(3, generator=source, dtype=torch.float64)
        turn = float(u[2]) * math.pi / 2
        cos, sin = math.cos(turn), math.sin(turn)
        axes = torch.tensor([[cos, sin], [-sin, cos]], dtype=torch.float64)
        return Frame(axes if latent_dim == 2 else torch.ones(1, 1, dtype=torch.float64), u[:latent_dim], side)

    def codes(self, cells: Tensor, points: Tensor, side: float) -> Tensor:
        """Return z of points (G, L) of the unit cell in cells (P, L) of a level, (P, G, L)."""
        centres = (cells + 0.5) * side + self.origin * self.side
        return (centres @ self.axes)[:, None] + side * (points @ self.axes)

    def covering(self, radius: float, *, beyond: float) -> Tensor:
        """Return the cells that meet one ball and not a smaller one, the nearest first, (C, L)."""
        reach = math.ceil(radius / self.side) + 2
        line = torch.arange(-reach, reach)
        dims = len(self.origin)
        cells = torch.cartesian_prod(*[line] * dims).reshape(-1, dims)
        # The distance from 0 to the cell's nearest point, along each axis.
        low = (cells + self.origin) * self.side
        gap = torch.maximum(low, -(low + self.side)).clamp_min(0.0)
        distance = gap.square().sum(1)
        order = torch.argsort(distance, stable=True)
        distance = distance[order]
        return cells[order[(distance < radius**2) & (distance >= beyond**2 * (beyond > 0.0))]]


def quadrature_log_likelihood(
    model: VAE, x: Tensor, *, tolerance: float = 1e-3, work: Work | None = None
) -> Estimate:
    """Return log p(x) = log ∫ p(x|z) p(z) dz by quadrature, in float64.

    It is exact for *this* model, and no truth about the data.

    Args:
        model: A VAE of latent dimension 1 or 2.
        x: Images, (B, D).
        tolerance: What the error may be, in nats.
        work: Where the matrix products are noted.

    Returns:
        Values in nats, (B,) float64. The error adds what cutting the cells last changed, what another
        lattice, turned and shifted, gives, and the tail, at most e^{−R²/2} sup p(x|z). The kind is "exact"
        where it is within the tolerance for every image, else "estimate".

    Raises:
        SettingError: If the latent dimension is above 2, or a setting or x breaks its rule.
    """
    moments = posterior_moments(model, x, tolerance=tolerance, work=work)
    met = bool((moments.error <= tolerance).all())
    return Estimate(moments.log_mass, moments.error, "exact" if met else "estimate")


@torch.no_grad()
def posterior_moments(model: VAE, x: Tensor, *, tolerance: float = 1e-3, work: Work | None = None) -> Moments:
    """Return log p(x), its error, and the mean and covariance of p(z|x), all by quadrature.

    Args:
        model: A VAE of latent dimension 1 or 2.
        x: Images, (B, D).
        tolerance: What the error of log p(x) may be, in nats.
        work: Where the matrix products are noted.

    Raises:
        SettingError: If the latent dimension is above 2, or a setting or x breaks its rule.
    """
    if model.latent_dim > 2:
        refuse("model", "must have 1 or 2 latent dimensions for quadrature", model.latent_dim)
    check_number("tolerance", tolerance, low=1e-10, high=1.0)
    scores = ImageScores(model, x, work)
    source = generator(0, "quadrature")
    frames = tuple(Frame.drawn(model.latent_dim, side, source) for side in SIDES)
    parts = [_batch(scores, images, frames, tolerance) for images in torch.arange(len(scores)).split(BATCH)]
    return Moments.joined(parts)


def _batch(scores: ImageScores, images: Tensor, frames: Sequence[Frame], tolerance: float) -> Moments:
    first, second = (AdaptiveIntegral(scores, images, frame, tolerance).over_all() for frame in frames)
    between = (first.log_mass - second.log_mass).abs()
    # Where they differ, one has missed something: the greater has missed less.
    found = first.where((between > tolerance) & (second.log_mass > first.log_mass), second)
    return found.with_error(torch.maximum(first.error, second.error) + between)
