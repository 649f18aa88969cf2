"""Two Gaussians in the plane, and the KL between them by three routines: a formula, a grid, and draws."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.divergences import gaussian_kl
from vae_core.gaussians import FullGaussian

REACH = 8.0
"""Standard deviations of q that a grid covers: beyond lies less than 1e-13 of it."""
POINTS = 61
"""Of a grid, along each axis."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two Gaussians in two dimensions, B = 1, float64.

    Attributes:
        q: The one over which the expectation of KL(q ‖ p) is taken.
        p: The one that it is measured from.
    """

    q: FullGaussian
    p: FullGaussian

    @property
    def swapped(self) -> Pair:
        """The same two with their parts exchanged."""
        return Pair(self.p, self.q)


@dataclass(frozen=True)
class Terms:
    """The four terms of KL(q ‖ p), each with its half, nats.

    Attributes:
        trace: ½ tr(Σ_p⁻¹ Σ_q).
        distance: ½ (μ_p − μ_q)ᵀ Σ_p⁻¹ (μ_p − μ_q).
        dimension: −½ d.
        log_det: ½ log |Σ_p|/|Σ_q|.
    """

    trace: float
    distance: float
    dimension: float
    log_det: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.trace + self.distance + self.dimension + self.log_det


@dataclass(frozen=True)
class Direction:
    """KL(q ‖ p) by three routines, nats.

    Attributes:
        closed: In closed form.
        grid: Summed over a grid of z, and how far half as fine a grid differs.
        sampled: The mean of log q − log p over draws from q, and its standard error.
    """

    closed: float
    grid: tuple[float, float]
    sampled: tuple[float, float]


def gaussian(mean: tuple[float, float], axes: tuple[float, float], degrees: float = 0.0) -> FullGaussian:
    """Return a Gaussian by the half-axes of its 1 σ ellipse.

    Args:
        mean: Its centre.
        axes: Half-axes.
        degrees: By which the first one is turned, anticlockwise.
    """
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    spread = torch.tensor(axes, dtype=torch.float64).square().diag()
    return of_moments(torch.tensor(mean, dtype=torch.float64), turn @ spread @ turn.T)


def of_moments(mean: Tensor, cov: Tensor) -> FullGaussian:
    """Return a Gaussian by its mean (2,) and covariance (2, 2)."""
    cov = cov.double()
    return FullGaussian(mean.double()[None], torch.linalg.cholesky(0.5 * (cov + cov.T))[None])


def terms(pair: Pair) -> Terms:
    """Return the four terms of KL(q ‖ p)."""
    cov_q, cov_p = pair.q.cov[0], pair.p.cov[0]
    inverse, shift = torch.linalg.inv(cov_p), pair.p.mean[0] - pair.q.mean[0]
    # ½ [tr(Σ_p⁻¹Σ_q) + (μ_p − μ_q)ᵀ Σ_p⁻¹ (μ_p − μ_q) − d + log |Σ_p|/|Σ_q|]
    return Terms(
        0.5 * float((inverse @ cov_q).trace()),
        0.5 * float(shift @ inverse @ shift),
        -0.5 * len(shift),
        0.5 * float(torch.logdet(cov_p) - torch.logdet(cov_q)),
    )


def closed_kl(pair: Pair) -> float:
    """KL(q ‖ p) in closed form, nats."""
    q, p = pair.q, pair.p
    return float(gaussian_kl(q.mean[0], q.cov[0], p.mean[0], p.cov[0]))


def grid_kl(pair: Pair, *, points: int = POINTS) -> tuple[float, float]:
    """Sum q(z) [log q(z) − log p(z)] over an even grid in q's own axes.

    Args:
        pair: q and p.
        points: Along each axis, odd and at least 5.

    Returns:
        The sum, and how far the one over half as many points along each axis differs, nats.
    """
    value, coarse = _summed(pair, points), _summed(pair, (points + 1) // 2)
    return value, abs(value - coarse) + 1e-13 * (1.0 + abs(value))


def _summed(pair: Pair, points: int) -> float:
    axis = torch.linspace(-REACH, REACH, points, dtype=torch.float64)
    z = pair.q.at(torch.cartesian_prod(axis, axis)[:, None])
    log_q, log_p = pair.q.log_prob(z)[:, 0], pair.p.log_prob(z)[:, 0]
    # z = μ + R ε: a cell of ε covers |R| times its area in z
    area = float(pair.q.root[0].diagonal().prod()) * float(axis[1] - axis[0]) ** 2
    # Σ_z q(z) [log q(z) − log p(z)] dz
    return float((log_q.exp() * (log_q - log_p)).sum()) * area


def log_ratios(pair: Pair, *, samples: int, generator: torch.Generator) -> Tensor:
    """Return log q(z) − log p(z) at draws from q, (samples,) nats.

    Raises:
        SettingError: If `samples` is out of its limits.
    """
    check_number("samples", samples, low=2, high=1_000_000, integer=True)
    z = pair.q.sample(generator, samples=samples)
    return (pair.q.log_prob(z) - pair.p.log_prob(z))[:, 0]


def direction(pair: Pair, ratios: Tensor) -> Direction:
    """Return KL(q ‖ p) by all three routines, the last one from its draws' log ratios."""
    error = float(ratios.std()) / math.sqrt(len(ratios))
    return Direction(closed_kl(pair), grid_kl(pair), (float(ratios.mean()), error))


def whitened(pair: Pair) -> tuple[Pair, Tensor]:
    """Return the pair in the coordinates where p is N(0, I) and q is axis-parallel, and the map A (2, 2).

    z' = A (z − μ_p) with A = Vᵀ R⁻¹, where Σ_p = R Rᵀ and V has the eigenvectors of R⁻¹ Σ_q R⁻ᵀ.
    """
    root = pair.p.root[0]
    half = torch.linalg.solve_triangular(root, pair.q.root[0], upper=False)
    # R⁻¹ Σ_q R⁻ᵀ = U S² Uᵀ: its eigenvectors without squaring
    turn, _, _ = torch.linalg.svd(half)
    matrix = torch.linalg.solve_triangular(root.T, turn, upper=True).T
    shift = matrix @ (pair.q.mean[0] - pair.p.mean[0])
    zero = torch.zeros(2, dtype=torch.float64)
    q = of_moments(shift, matrix @ pair.q.cov[0] @ matrix.T)
    return Pair(q, of_moments(zero, matrix @ pair.p.cov[0] @ matrix.T)), matrix
