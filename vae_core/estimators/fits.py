"""The best Gaussian for each image: q fitted to p(z|x) by climbing its own ELBO, many images at once.

The climb is Newton's for Gaussians (natural gradients; Khan & Rue 2023): with z = μ + R ε, f = log p(x, z),
E[∇f] moves the mean, and E[∇²f], by Stein's identity R⁻ᵀ E[ε ∇fᵀ], moves the precision. The noise ε is fixed,
so that the ELBO is a plain function; a step is only taken where it rises.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vae_core.checks import check_choice, check_matrix, refuse
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.units import LOG_TWO_PI

Family = Literal["diagonal", "full"]
FAMILIES: tuple[Family, ...] = ("diagonal", "full")
# Gauss-Hermite nodes along each axis for a fit, by latent dimensions: more where the last were too few.
FIT_NODES: dict[int, tuple[int, ...]] = {1: (12, 24, 48, 96), 2: (6, 12, 24, 40)}
# Nats by which the ELBO on the noise of a fit may differ from that on the next finer one.
FINE_ENOUGH = 1e-3
# Draws of the noise in more dimensions.
FIT_DRAWS = 128
ITERATIONS = 60
# A climb ends where the rise that is left, by Newton's estimate, is below this many nats.
ENOUGH = 1e-6
SHORTEST_STEP = 1e-4
# Numbers of the decoder's widest layer held at once.
CHUNK_NUMBERS = 4_000_000


@dataclass(frozen=True, eq=False)
class Noise:
    """Fixed ε with weights that sum to 1.

    Attributes:
        points: (S, L).
        weight: (S,).
        drawn: Whether the points are draws, so that a sum has a Monte Carlo error.
    """

    points: Tensor
    weight: Tensor
    drawn: bool

    @staticmethod
    def grid(latent_dim: int, nodes: int) -> Noise:
        """Return the product of Gauss-Hermite rules."""
        t, w = np.polynomial.hermite_e.hermegauss(nodes)
        points = torch.cartesian_prod(*[torch.tensor(t)] * latent_dim).reshape(-1, latent_dim)
        weights = torch.cartesian_prod(*[torch.tensor(w / w.sum())] * latent_dim).reshape(-1, latent_dim)
        return Noise(points, weights.prod(1), drawn=False)

    @staticmethod
    def even(latent_dim: int, nodes: int, *, reach: float, least: float = 1e-16) -> Noise:
        """Return the trapezoid rule from −reach to reach along each axis, without nodes of less weight."""
        axis = torch.linspace(-reach, reach, nodes, dtype=torch.float64)
        points = torch.cartesian_prod(*[axis] * latent_dim).reshape(-1, latent_dim)
        weight = torch.softmax(-0.5 * points.square().sum(1), 0)
        # What weighs nothing is not decoded.
        kept = weight > least
        return Noise(points[kept], weight[kept], drawn=False)

    @staticmethod
    def balanced(latent_dim: int, draws: int, source: torch.Generator) -> Noise:
        """Return draws and their mirror images, whitened: first and second moments are exact."""
        half = torch.randn(max(draws // 2, latent_dim + 1), latent_dim, generator=source, dtype=torch.float64)
        root = torch.linalg.cholesky(half.T @ half / len(half))
        half = torch.linalg.solve_triangular(root, half.T, upper=False).T
        points = torch.cat([half, -half])
        return Noise(points, torch.full((len(points),), 1.0 / len(points), dtype=torch.float64), drawn=True)

    @staticmethod
    def plain(latent_dim: int, draws: int, source: torch.Generator) -> Noise:
        """Return independent draws."""
        points = torch.randn(draws, latent_dim, generator=source, dtype=torch.float64)
        return Noise(points, torch.full((draws,), 1.0 / draws, dtype=torch.float64), drawn=True)


class LogJoint:
    """f(z) = log p(x, z) of some images, in float64, with its gradient."""

    def __init__(self, model: VAE, x: Tensor) -> None:
        """Hold images x (B, D); the model itself stays as it is.

        Raises:
            SettingError: If x has the wrong shape.
        """
        self.decoder = copy.deepcopy(model.decoder).to(torch.float64).requires_grad_(False)
        self.x = check_matrix("x", x, columns=model.dimensions).detach().double()
        self.widest = max(model.dimensions, *model.hidden, 1)

    def at(self, z: Tensor, images: Tensor) -> Tensor:
        """Return f (S, N) at z (S, N, L) for rows `images` (N,)."""
        with torch.no_grad():
            return torch.cat([self._value(z[:, rows], images[rows]) for rows in self._chunks(z)], 1)

    def slopes(self, z: Tensor, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return f (S, N) and ∇f (S, N, L) at z (S, N, L)."""
        values, slopes = [], []
        for rows in self._chunks(z):
            leaf = z[:, rows].clone().requires_grad_(True)
            with torch.enable_grad():
                value = self._value(leaf, images[rows])
                (slope,) = torch.autograd.grad(value.sum(), leaf)
            values.append(value.detach())
            slopes.append(slope)
        return torch.cat(values, 1), torch.cat(slopes, 1)

    def _chunks(self, z: Tensor) -> Sequence[Tensor]:
        return torch.arange(z.shape[1]).split(max(1, CHUNK_NUMBERS // (len(z) * self.widest)))

    def _value(self, z: Tensor, images: Tensor) -> Tensor:
        return self.decoder(z).log_prob(self.x[images]) - 0.5 * (z.square() + LOG_TWO_PI).sum(-1)


def entropy(root: Tensor) -> Tensor:
    """H(N(μ, R Rᵀ)) = log |R| + ½ L log 2πe, (B,) nats."""
    return root.diagonal(dim1=-2, dim2=-1).log().sum(-1) + 0.5 * root.shape[-1] * (1.0 + LOG_TWO_PI)


@dataclass(eq=False)
class _Climb:
    """Where each climb stands: everything that a step needs."""

    mean: Tensor
    root: Tensor
    elbo: Tensor
    slope: Tensor
    curve: Tensor

    def put(self, rows: Tensor, other: _Climb) -> None:
        for name in ("mean", "root", "elbo", "slope", "curve"):
            getattr(self, name)[rows] = getattr(other, name)

    def at(self, rows: Tensor) -> _Climb:
        return _Climb(self.mean[rows], self.root[rows], self.elbo[rows], self.slope[rows], self.curve[rows])


@dataclass(frozen=True, eq=False)
class Fit:
    """The best q of a family that was found for each image.

    Attributes:
        q: A diagonal fit has a diagonal root.
        elbo: Its ELBO on the noise of the fit, (B,) nats.
        left: What Newton's step would still add, (B,) nats: near 0 where the climb has converged.
    """

    q: FullGaussian
    elbo: Tensor
    left: Tensor

    def replaced(self, rows: Tensor, other: Fit) -> Fit:
        """Return this with some images taken from another."""
        return Fit(
            FullGaussian(
                self.q.mean.index_copy(0, rows, other.q.mean), self.q.root.index_copy(0, rows, other.q.root)
            ),
            self.elbo.index_copy(0, rows, other.elbo),
            self.left.index_copy(0, rows, other.left),
        )


@torch.no_grad()
def fit_posterior(
    model: VAE,
    x: Tensor,
    *,
    family: str = "full",
    starts: Sequence[DiagonalGaussian | FullGaussian] = (),
    iterations: int = ITERATIONS,
    seed: int = 0,
) -> Fit:
    """Fit a Gaussian to each image's posterior by climbing its ELBO, from several starts.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        family: "diagonal" or "full".
        starts: Where to begin beside the encoder's q.
        iterations: At most so many steps of each climb.
        seed: Of the fixed noise, in more than two latent dimensions.

    Raises:
        SettingError: If the family is another, a start has another shape or x the wrong one.
    """
    check_choice("family", family, FAMILIES)
    target = LogJoint(model, x)
    dims, count = model.latent_dim, len(x)
    q = model.encode(x.to(model.dtype))
    every = [FullGaussian(start.mean.double(), start.root.double()) for start in (q, *starts)]
    for start in every:
        if start.mean.shape != (count, dims):
            refuse("starts", f"must have means of shape ({count}, {dims})", tuple(start.mean.shape))
    if family == "diagonal":
        # The diagonal of the precision, as the best diagonal q of a Gaussian has
        every = [FullGaussian(start.mean, _diagonal(start.root)) for start in every]
    rows = torch.arange(count)
    if dims > 2:
        noise = Noise.balanced(dims, FIT_DRAWS, generator(seed, "fit"))
        return _best(target, noise, every, rows, family == "diagonal", iterations)
    ladder = [Noise.grid(dims, nodes) for nodes in FIT_NODES[dims]]
    fit = _best(target, ladder[0], every, rows, family == "diagonal", iterations)
    for noise in ladder[1:]:
        # Where a finer rule says something else, the fit may have made use of the gaps between nodes.
        elbo = elbo_on(target, noise, FullGaussian(fit.q.mean[rows], fit.q.root[rows]), rows)
        rows = rows[(elbo - fit.elbo[rows]).abs() > FINE_ENOUGH]
        if not len(rows):
            break
        again = [FullGaussian(start.mean[rows], start.root[rows]) for start in (*every, fit.q)]
        fit = fit.replaced(rows, _best(target, noise, again, rows, family == "diagonal", iterations))
    return fit


def elbo_on(target: LogJoint, noise: Noise, q: FullGaussian, images: Tensor) -> Tensor:
    """Return the ELBO of q (N images) for rows `images` (N,) of the target, on given noise, (N,) nats."""
    return (noise.weight[:, None] * target.at(spread(q, noise), images)).sum(0) + entropy(q.root)


def spread(q: FullGaussian | DiagonalGaussian, noise: Noise) -> Tensor:
    """Return z = μ + R ε of each image for the same ε, (S, B, L)."""
    return q.mean + torch.einsum("nij,sj->sni", q.root, noise.points)


def _diagonal(root: Tensor) -> Tensor:
    precision = torch.cholesky_inverse(root).diagonal(dim1=1, dim2=2)
    return torch.diag_embed(precision.rsqrt())


def _best(
    target: LogJoint,
    noise: Noise,
    starts: Sequence[FullGaussian],
    images: Tensor,
    diagonal: bool,
    iterations: int,
) -> Fit:
    """Climb from every start, and return the best of each image."""
    count = len(images)
    mean, root = torch.cat([s.mean for s in starts]), torch.cat([s.root for s in starts])
    rows = images.repeat(len(starts))
    now = _measure(target, noise, mean, root, rows)
    left = _climb(target, noise, now, rows, diagonal, iterations)
    best = now.elbo.reshape(len(starts), count).argmax(0) * count + torch.arange(count)
    return Fit(FullGaussian(now.mean[best], now.root[best]), now.elbo[best], left[best])


def _measure(target: LogJoint, noise: Noise, mean: Tensor, root: Tensor, images: Tensor) -> _Climb:
    z = spread(FullGaussian(mean, root), noise)
    value, slopes = target.slopes(z, images)
    weighted = noise.weight[:, None, None] * slopes
    # E[∇²f] = R⁻ᵀ E[ε ∇fᵀ]
    moment = torch.einsum("si,snj->nij", noise.points, weighted)
    curve = torch.linalg.solve_triangular(root.mT, moment, upper=True)
    elbo = (noise.weight[:, None] * value).sum(0) + entropy(root)
    return _Climb(mean, root, elbo, weighted.sum(0), 0.5 * (curve + curve.mT))


def _climb(
    target: LogJoint, noise: Noise, now: _Climb, images: Tensor, diagonal: bool, iterations: int
) -> Tensor:
    """Climb in place, and return what is left to rise, by Newton's estimate."""
    step = torch.full_like(now.elbo, 1.0)
    left = torch.full_like(now.elbo, math.inf)
    going = torch.arange(len(now.elbo))
    for _ in range(iterations):
        own = now.at(going)
        mean, root, left[going] = _proposed(own, step[going], diagonal)
        going = going[keep := (left[going] > ENOUGH) & (step[going] > SHORTEST_STEP)]
        if not len(going):
            break
        tried = _measure(target, noise, mean[keep], root[keep], images[going])
        rises = tried.elbo > now.elbo[going]
        now.put(going[rises], tried.at(rises))
        step[going] = torch.where(rises, (2.0 * step[going]).clamp(max=1.0), 0.25 * step[going])
    return left


def _proposed(own: _Climb, step: Tensor, diagonal: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Return the mean and root after a step, and what a whole one would add."""
    precision = torch.cholesky_inverse(own.root)
    # Λ' = Λ + ρ G + ½ ρ² G Λ⁻¹ G with G = −E[∇²f] − Λ: always positive definite (Lin et al. 2020)
    change = -own.curve - precision
    if diagonal:
        change = torch.diag_embed(change.diagonal(dim1=1, dim2=2))
    relative = own.root.mT @ change @ own.root
    rho = step[:, None, None]
    half = own.root.mT
    eye = torch.eye(relative.shape[-1], dtype=relative.dtype)
    # In the coordinates of ε: Λ = I there
    inner = eye + rho * relative + 0.5 * rho**2 * relative @ relative
    # R'ᵀ⁻¹: Σ' = R inner⁻¹ Rᵀ
    cov = own.root @ torch.linalg.solve(inner, half)
    root, info = torch.linalg.cholesky_ex(0.5 * (cov + cov.mT))
    root = torch.where((info == 0)[:, None, None], root, own.root)
    push = (root @ (root.mT @ own.slope[:, :, None])).squeeze(-1)
    mean = own.mean + step[:, None] * push
    # ½ E[∇f]ᵀ Σ E[∇f] for the mean, ¼ ‖Rᵀ G R‖² for the covariance
    along = (own.root.mT @ own.slope[:, :, None]).squeeze(-1)
    left = 0.5 * along.square().sum(1) + 0.25 * relative.square().sum((1, 2))
    return mean, root, left
