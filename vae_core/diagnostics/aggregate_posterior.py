"""q(z) = 1/N Σ_n q(z|x_n): where the codes of the data live, and how that differs from the prior.

N is the number of images that it is made of. As a mixture of so many Gaussians it is known exactly; its
KL from the prior and its holes are integrals over latent space and estimated by sampling.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vae_core.checks import check_matrix, check_number, refuse
from vae_core.diagnostics.gaussian_mixture import GaussianMixture
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

ENCODED_AT_ONCE = 2048
# How far inner products of directions may be from those of an orthonormal set.
ORTHONORMAL = 1e-4


@dataclass(frozen=True)
class MonteCarlo:
    """A number estimated by sampling.

    Attributes:
        value: The estimate.
        error: One standard error.
        samples: How many draws it is made of.
    """

    value: float
    error: float
    samples: int


@dataclass(frozen=True, eq=False)
class AggregatePosterior:
    """The mixture 1/N Σ_n N(z; μ_n, diag σ_n²) over N images, in float64.

    Attributes:
        mean: μ_n, (N, L).
        log_var: log σ_n², (N, L).
    """

    mean: Tensor
    log_var: Tensor
    _mixture: GaussianMixture = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the shapes, and hold both in float64.

        Raises:
            SettingError: If there is no image, the shapes differ, or a number is not finite.
        """
        mean, log_var = self.mean.detach().double(), self.log_var.detach().double()
        rule = "must be finite and both of shape (N, L), N at least 1"
        if mean.ndim != 2 or not mean.numel() or mean.shape != log_var.shape:
            refuse("mean and log_var", rule, f"shapes {tuple(mean.shape)} and {tuple(log_var.shape)}")
        if not bool(mean.isfinite().all() and log_var.isfinite().all()):
            refuse("mean and log_var", rule, "others")
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "log_var", log_var)
        mixture = GaussianMixture(mean, torch.exp(-0.5 * log_var), -0.5 * log_var.sum(1))
        object.__setattr__(self, "_mixture", mixture)

    @classmethod
    @torch.no_grad()
    def of(cls, model: VAE, x: Tensor) -> AggregatePosterior:
        """Encode images (N, D) and return their aggregate posterior.

        Raises:
            SettingError: If x has the wrong shape, or an encoder's answer is not finite.
        """
        parts = [model.encode(part) for part in x.split(ENCODED_AT_ONCE)]
        return cls(torch.cat([q.mean for q in parts]), torch.cat([q.log_var for q in parts]))

    @property
    def latent_dim(self) -> int:
        """L."""
        return self.mean.shape[1]

    def log_density(self, z: Tensor) -> Tensor:
        """Return log q(z), exact over all N components, (M,) nats in float64, for z (M, L).

        Raises:
            SettingError: If z has another shape.
        """
        return self._mixture.log_density(z)

    def along(self, directions: Tensor) -> GaussianMixture:
        """Return the marginal of q(z) over the coordinates y = directions · z.

        Args:
            directions: (K, L), orthonormal; `log_density` of the answer takes points (M, K).

        Raises:
            SettingError: If the directions are not orthonormal, or of another shape.
        """
        d = check_matrix("directions", directions, columns=self.latent_dim).detach().double()
        rule = f"must be 1 to {self.latent_dim} orthonormal rows"
        if not 1 <= len(d) <= self.latent_dim:
            refuse("directions", rule, len(d))
        eye = torch.eye(len(d), dtype=d.dtype)
        if not bool(((d @ d.T - eye).abs() <= ORTHONORMAL).all()):
            refuse("directions", rule, "others")
        # y = D z ~ N(D μ, S), S = D diag(σ²) Dᵀ; with S = R Rᵀ, W = R⁻¹ whitens
        covariance = (d * torch.exp(self.log_var)[:, None, :]) @ d.T
        root = torch.linalg.cholesky(covariance)
        whitening = torch.linalg.solve_triangular(root, eye.expand_as(root), upper=False)
        log_det = whitening.diagonal(dim1=1, dim2=2).log().sum(1)
        return GaussianMixture(self.mean @ d.T, whitening, log_det)

    def sample(self, count: int, generator: torch.Generator) -> Tensor:
        """Draw an image, then z from its q(z|x); (count, L) float64.

        Raises:
            SettingError: If the count is out of its limits.
        """
        check_number("count", count, low=1, high=100_000_000, integer=True)
        image = torch.randint(len(self.mean), (count,), generator=generator)
        return self._draw(image, generator)

    def _draw(self, image: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(len(image), self.latent_dim, generator=generator, dtype=torch.float64)
        # z = μ + σ ⊙ ε
        return self.mean[image] + torch.exp(0.5 * self.log_var[image]) * noise


def log_standard_normal(z: Tensor) -> Tensor:
    """log N(z; 0, I), (M,) nats for z (M, L)."""
    return -0.5 * (z.square() + LOG_TWO_PI).sum(1)


def prior_kl(
    q: AggregatePosterior, *, samples: int = 10_000, generator: torch.Generator | None = None
) -> MonteCarlo:
    """Estimate KL(q(z) ‖ p(z)) = E_q[log q(z) − log p(z)] in nats.

    Every image's q(z|x) is drawn from equally often, at least twice: what differs between images then adds
    no noise. With more than `samples`/2 images a random half of `samples` of them is drawn from, each twice.
    It is the KL of *this* mixture: more images would fill it, and bring the KL down.

    Args:
        q: The aggregate posterior.
        samples: Draws of z, about; at least 4.
        generator: Where the noise comes from; None means a fresh generator of seed 0.

    Raises:
        SettingError: If `samples` is out of its limits.
    """
    wanted = int(check_number("samples", samples, low=4, high=10_000_000, integer=True))
    source = _generator(generator)
    images = len(q.mean)
    taken = min(images, wanted // 2)
    each = max(2, wanted // taken)
    image = torch.arange(images) if taken == images else torch.randperm(images, generator=source)[:taken]
    z = q._draw(image.repeat(each), source)
    values = (q.log_density(z) - log_standard_normal(z)).reshape(each, taken)
    # The spread within each stratum, and where not all images were taken, also that between them.
    within = float(values.var(0).mean()) / (each * taken)
    between = float(values.mean(0).var()) / taken if taken < images else 0.0
    # Var of a two-stage sample: f Var_within + (1 − f) Var_between, f the share of images that was taken
    share = taken / images
    error = math.sqrt(share * within + (1.0 - share) * between)
    return MonteCarlo(float(values.mean()), error, values.numel())


def hole_mass(
    q: AggregatePosterior,
    *,
    below: float = 0.05,
    samples: int = 5_000,
    generator: torch.Generator | None = None,
) -> MonteCarlo:
    """Estimate the share of the prior's mass where q(z) < below · p(z): where the decoder was never trained.

    Args:
        q: The aggregate posterior.
        below: What counts as a hole, as a share of the prior's density.
        samples: Draws from the prior, at least 2.
        generator: Where the noise comes from; None means a fresh generator of seed 0.

    Returns:
        A share from 0 to 1. Its error is that of Jeffreys' posterior for a share, which is not 0 where no
        draw, or every one, fell into a hole.

    Raises:
        SettingError: If a setting breaks its rule.
    """
    check_number("below", below, low=0.0, high=1e6, open_low=True)
    wanted = int(check_number("samples", samples, low=2, high=10_000_000, integer=True))
    z = torch.randn(wanted, q.latent_dim, generator=_generator(generator), dtype=torch.float64)
    holes = int((q.log_density(z) < log_standard_normal(z) + math.log(below)).sum())
    # Beta(k + ½, n − k + ½): variance ab/((a + b)² (a + b + 1))
    a, b = holes + 0.5, wanted - holes + 0.5
    error = math.sqrt(a * b / (a + b + 1.0)) / (a + b)
    return MonteCarlo(holes / wanted, error, wanted)


def _generator(given: torch.Generator | None) -> torch.Generator:
    return torch.Generator().manual_seed(0) if given is None else given
