"""The model and the images that theorems are checked on, and what is integrated for several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from vae_core.checks import check_matrix, check_number, refuse
from vae_core.divergences import standard_normal_kl
from vae_core.estimators import (
    Estimate,
    Moments,
    PosteriorGrid,
    linear_gaussian_log_likelihood,
    posterior_grid,
    posterior_moments,
)
from vae_core.estimators.fits import Noise
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE
from vae_core.rng import generator

FEW = 2
"""Images whose p(z|x) is integrated, which takes longest."""
WITHIN = 1e-5
"""Nats: what log p(x) by quadrature is asked to be within."""
GRIDS = {1: ((200, 1.0), (1000, 2.0), (2000, 4.0)), 2: ((48, 1.0), (96, 1.0), (96, 2.0), (192, 3.0))}
"""Points of a posterior grid along each axis, and how much wider it is for modes far out, by dimensions."""
FINE = 1e-6
"""Nats that the KL of q(z|x) from p(z|x) on it may be off, else a finer and wider one is taken."""
HERMITE = (12, 20, 30)
"""Gauss-Hermite nodes along each axis: enough where q is narrow."""
TRAPEZOID = {1: (64, 128, 256, 512, 1024), 2: (48, 96, 192)}
"""Even nodes, by latent dimensions: where q is wide, networks bend too sharply for Gauss-Hermite's."""
ENDS = 7.6
"""|ε| goes so far: 3e-14 of the standard normal's mass lies beyond."""
SETTLED = 1e-8
AT_ONCE = 2048
"""Codes of an image that are decoded at once."""


@dataclass(frozen=True)
class Recipe:
    """How the quantities of a theorem are computed; one that is altered holds a mistake.

    Attributes:
        kl: KL(q(z|x) ‖ p(z)) of each dimension, (B, L).
        density: The q whose density stands in a weight, from that which z is drawn from.
        batch: Images that stand for all of them in a mixture; None means all.
        samples: K, where a theorem needs it large; None means large.
        walk_from: Where the backward walk of annealing begins.
        code_noise: Factor before σ ε in z = μ + σ ε where an error is measured.
        taken_for_normal: Whether log w is taken for normal where it is not.
        scaled_sigma: Whether σ grows with the pixels when their unit changes.
    """

    kl: Callable[[DiagonalGaussian], Tensor] = standard_normal_kl
    density: Callable[[DiagonalGaussian], DiagonalGaussian] = lambda q: q
    batch: int | None = None
    samples: int | None = None
    walk_from: Literal["posterior", "nearby"] = "posterior"
    code_noise: float = 1.0
    taken_for_normal: bool = False
    scaled_sigma: bool = True


SOUND = Recipe()


@dataclass(frozen=True, eq=False)
class Case:
    """A model with images.

    Attributes:
        model: In float64.
        x: Images, (B, D) float64, B at least 4.
        support: Where x lives: "binary", "unit" or "real".
        dataset: Its name.
        beta: β that the model was trained with.
        seed: Of all noise.
        train: All images that it was trained on, (N, D), for theorems about an optimum; None where unknown.
        recipe: How everything is computed.
    """

    model: VAE
    x: Tensor
    support: str
    dataset: str = ""
    beta: float = 1.0
    seed: int = 0
    train: Tensor | None = None
    recipe: Recipe = SOUND

    def __post_init__(self) -> None:
        """Check the images, and hold copies in float64.

        Raises:
            SettingError: If there are fewer than 4, or they or β are not of the model's kind.
        """
        if len(check_matrix("x", self.x, columns=self.model.dimensions)) < 4:
            refuse("x", "must have at least 4 images", len(self.x))
        check_number("beta", self.beta, low=0.0, high=1e6)
        # One without gradients is a copy of ours.
        own = self.model.dtype == torch.float64 and not any(p.requires_grad for p in self.model.parameters())
        object.__setattr__(self, "model", self.model if own else self.model.double().requires_grad_(False))
        object.__setattr__(self, "x", self.x.detach().double())
        if self.train is not None:
            train = check_matrix("train", self.train, columns=self.model.dimensions).detach().double()
            object.__setattr__(self, "train", train)

    def altered(self, **changes: object) -> Case:
        """Return the case with another recipe."""
        other = replace(self, recipe=replace(self.recipe, **changes))  # type: ignore[arg-type]
        # What was integrated depends on model and images alone.
        for name in ("moments", "log_likelihood", "grids"):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    def noise(self, purpose: str) -> torch.Generator:
        """Return a source of noise of its own for each purpose."""
        return generator(self.seed, f"theorem: {purpose}")

    @property
    def finite(self) -> bool:
        """Whether all weights and images are finite numbers."""
        return bool(self.x.isfinite().all()) and all(bool(p.isfinite().all()) for p in self._weights)

    @property
    def _weights(self) -> tuple[Tensor, ...]:
        return (*self.model.parameters(), *self.model.buffers())

    @property
    def linear(self) -> bool:
        """Whether the decoder is linear and Gaussian: then everything has a closed form."""
        return self.model.likelihood == "gaussian" and not self.model.hidden

    @property
    def few(self) -> Tensor:
        """The first images, (FEW, D)."""
        return self.x[:FEW]

    @cached_property
    def q(self) -> DiagonalGaussian:
        """What the encoder says of all images."""
        return self.model.encode(self.x)

    @property
    def few_q(self) -> DiagonalGaussian:
        """What the encoder says of the first images."""
        return DiagonalGaussian(self.q.mean[:FEW], self.q.log_var[:FEW])

    @cached_property
    def moments(self) -> Moments:
        """What quadrature says of the first images, in one or two latent dimensions."""
        return posterior_moments(self.model, self.few, tolerance=WITHIN)

    @cached_property
    def log_likelihood(self) -> Estimate:
        """log p(x) of the first images: in closed form, or by quadrature in one or two latent dimensions."""
        if self.linear:
            return linear_gaussian_log_likelihood(self.model, self.few)
        return Estimate(self.moments.log_mass, self.moments.error, "exact")

    @cached_property
    def grids(self) -> tuple[PosteriorGrid, ...]:
        """p(z|x) of the first images on grids that cover q(z|x) as well."""
        return tuple(self._grid(row) for row in range(len(self.few)))

    def _grid(self, row: int) -> PosteriorGrid:
        one = slice(row, row + 1)
        moments = Moments(*(getattr(self.moments, f.name)[one] for f in fields(Moments)))
        std, cov = moments.cov.diagonal(dim1=1, dim2=2).sqrt(), self.q.full().cov[row]
        best, least = None, torch.inf
        for points, wider in GRIDS[self.model.latent_dim]:
            beside = torch.cat([self.q.mean[one], moments.mean]), torch.cat([self.q.std[one], wider * std])
            grid = posterior_grid(self.model, self.x[one], points=points, beside=beside, moments=moments)
            error = grid.kl_from(self.q.mean[row], cov)[1]
            if best is None or error < least:
                best, least = grid, error
            if least <= FINE:
                break
        return grid if best is None else best

    @property
    def posterior(self) -> FullGaussian:
        """p(z|x) of the first images, of a linear Gaussian decoder (Tipping & Bishop 1999)."""
        output = self.model.decoder.linears[-1]
        w, variance = output.weight, torch.exp(2.0 * self.model.decoder.log_sigma)
        # M = WᵀW + σ² I; p(z|x) = N(M⁻¹ Wᵀ (x − b), σ² M⁻¹)
        m = w.T @ w + variance * torch.eye(self.model.latent_dim, dtype=w.dtype)
        mean = torch.linalg.solve(m, ((self.few - output.bias) @ w).T).T
        root = torch.linalg.cholesky(variance * torch.linalg.inv(m))
        return FullGaussian(mean, root.expand(len(mean), -1, -1))

    @property
    def elbo(self) -> Estimate:
        """E_q log p(x|z) − KL of the first images, without sampling."""
        value, error = self.reconstruction(self.few_q)
        # L(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))
        return Estimate(value - self.recipe.kl(self.few_q).sum(1), error, "lower_bound")

    def reconstruction(self, q: DiagonalGaussian) -> tuple[Tensor, Tensor]:
        """Return E_q log p(x|z) of the first images and its error, (FEW,) nats each, without sampling."""
        if self.linear:
            w, variance = self.model.decoder.linears[-1].weight, torch.exp(2.0 * self.model.decoder.log_sigma)
            # E ‖x − W z − b‖² = ‖x − W μ − b‖² + Σ_j σ_j² ‖w_j‖²
            spread = q.std.square() @ w.square().sum(0)
            value = self.model.decode(q.mean).log_prob(self.few) - 0.5 * spread / variance
            return value, torch.zeros_like(value)
        value = torch.zeros(len(self.few), dtype=torch.float64)
        error = torch.full_like(value, torch.inf)
        for rule in _rules(self.model.latent_dim):
            finer = self._expected(q, rule)
            value, error = finer, (finer - value).abs()
            if bool((error <= SETTLED).all()):
                break
        return value, error

    def _expected(self, q: DiagonalGaussian, rule: Noise) -> Tensor:
        total = torch.zeros(len(self.few), dtype=torch.float64)
        for points, weight in zip(rule.points.split(AT_ONCE), rule.weight.split(AT_ONCE), strict=True):
            # E_ε log p(x|μ + σ ε) ≈ Σ_s w_s log p(x|μ + σ ε_s)
            total += weight @ self.model.decoder(q.at(points[:, None])).log_prob(self.few)
        return total


def _rules(latent_dim: int) -> Iterator[Noise]:
    """Yield rules for expectations under N(0, I), each finer than the one before."""
    for nodes in HERMITE:
        yield Noise.grid(latent_dim, nodes)
    for nodes in TRAPEZOID[latent_dim]:
        yield Noise.even(latent_dim, nodes, reach=ENDS)
