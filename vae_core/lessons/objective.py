"""Chapter 4: L(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) of one image, for a q that sliders move.

Exact values are Gauss-Hermite rules over ε in z = μ + σ ⊙ ε, beside the mean of draws; all in float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_matrix, check_number, refuse
from vae_core.diagnostics.expectations import expected_log_prob, fine_rule
from vae_core.divergences import standard_normal_kl
from vae_core.estimators import log_weights
from vae_core.estimators.scores import ImageScores
from vae_core.gaussians import DiagonalGaussian
from vae_core.lessons.lesson import Outcome
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator

SAME = 5e-4
"""Nats: a change that is smaller is none."""
AVERAGED = 64
"""Images that the objective is averaged over."""
DRAWS_EACH = 8
WINDOW = 1.75
"""How far the picture of p(x|z) reaches around the encoder's mean, prior σ."""
PIXELS = 61


@dataclass(frozen=True)
class Setting:
    """Where sliders have moved q, and what weighs the KL.

    Attributes:
        shift: Of the mean along each latent dimension, prior σ; L of them.
        factor: On σ of every dimension.
        beta: The weight on the KL.
    """

    shift: tuple[float, ...]
    factor: float = 1.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no setting."""
        for value in self.shift:
            check_number("shift", value, low=-100.0, high=100.0)
        check_number("factor", self.factor, low=1e-3, high=1e3)
        check_number("beta", self.beta, low=0.0, high=100.0)

    def moved(self, q: DiagonalGaussian) -> DiagonalGaussian:
        """Return a q (B, L) with its mean shifted and its σ multiplied."""
        shift = torch.tensor(self.shift, dtype=q.mean.dtype)
        return DiagonalGaussian(q.mean + shift, q.log_var + 2.0 * math.log(self.factor))


@dataclass(frozen=True, eq=False)
class Parts:
    """The two terms of one image's L, for some q.

    Attributes:
        q: (1, L), float64.
        reconstruction: E_q[log p(x|z)], nats, by a Gauss-Hermite rule.
        error: Nats by which the next finer rule differs.
        kl_per_dimension: KL of each latent dimension, (L,) nats, in closed form.
    """

    q: DiagonalGaussian
    reconstruction: float
    error: float
    kl_per_dimension: tuple[float, ...]

    @property
    def kl(self) -> float:
        """Their sum, nats."""
        return math.fsum(self.kl_per_dimension)

    @property
    def elbo(self) -> float:
        """Reconstruction less KL, nats."""
        return self.reconstruction - self.kl

    def weighted(self, beta: float) -> float:
        """Reconstruction less β KL, nats."""
        return self.reconstruction - beta * self.kl


@dataclass(frozen=True, eq=False)
class Window:
    """log p(x|z) of one image around the encoder's mean.

    Attributes:
        axes: Of one or two latent dimensions, (G,) each, prior σ.
        score: log p(x|z), (G,) or (G, G) with the first axis that of the first dimension, nats.
    """

    axes: tuple[Tensor, ...]
    score: Tensor


@dataclass(frozen=True)
class Average:
    """The objective averaged over images of the data, nats; errors are Monte Carlo standard errors.

    Attributes:
        images: So many.
        log_w: The mean of log w over images and draws.
        log_w_error: Its error.
        reconstruction: The mean reconstruction, over other draws.
        reconstruction_error: Its error.
        kl: The mean KL, in closed form.
    """

    images: int
    log_w: float
    log_w_error: float
    reconstruction: float
    reconstruction_error: float
    kl: float


@dataclass(frozen=True, eq=False)
class ImageBase:
    """What is known of one image before a slider moves.

    Attributes:
        model: In float64.
        x: (1, D).
        scores: log p(x|z) of the image at many codes.
        encoder: The terms of the encoder's q.
        window: log p(x|z) around it.
    """

    model: VAE
    x: Tensor
    scores: ImageScores
    encoder: Parts
    window: Window


@dataclass(frozen=True, eq=False)
class ObjectiveSeen:
    """One image, the encoder's q, and the q that sliders have made of it.

    Attributes:
        base: Of the image.
        setting: Of the sliders.
        hand: The terms of the moved q.
        draws: log p(x|z) at draws from the moved q, (S,) nats.
        average: Over images.
    """

    base: ImageBase
    setting: Setting
    hand: Parts
    draws: Tensor
    average: Average

    @property
    def sampled(self) -> tuple[float, float]:
        """The mean of the draws and its standard error, nats."""
        return float(self.draws.mean()), float(self.draws.std()) / math.sqrt(len(self.draws))


def parts_of(scores: ImageScores, q: DiagonalGaussian) -> Parts:
    """Return the exact terms of one image for a q (1, L)."""
    noise, error = fine_rule(scores, q)
    value = float(expected_log_prob(scores, noise, q))
    return Parts(q, value, error, tuple(float(kl) for kl in standard_normal_kl(q)[0]))


@torch.no_grad()
def image_base(model: VAE, x: Tensor) -> ImageBase:
    """Measure one image before a slider moves.

    Args:
        model: Of one or two latent dimensions.
        x: The image, (1, D).

    Raises:
        SettingError: If x is no single image, or the model has more latent dimensions.
    """
    if len(check_matrix("x", x, columns=model.dimensions)) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    if model.latent_dim > 2:
        refuse("model", "must have 1 or 2 latent dimensions for an exact expectation", model.latent_dim)
    exact, image = model.double().requires_grad_(False), x.double()
    scores, q = ImageScores(exact, image), exact.encode(image)
    axes = tuple(
        torch.linspace(-WINDOW, WINDOW, PIXELS, dtype=torch.float64) + centre for centre in q.mean[0]
    )
    z = torch.cartesian_prod(*axes).reshape(-1, len(axes))
    score = scores.log_prob(scores.parameters_at(z))[0].reshape([PIXELS] * len(axes))
    return ImageBase(exact, image, scores, parts_of(scores, q), Window(axes, score))


@torch.no_grad()
def average_objective(model: VAE, x: Tensor, *, seed: int = 0) -> Average:
    """Average the objective over images, by two sets of draws.

    Args:
        model: Any VAE.
        x: Images, (B, D); of more than 64 the first ones.
        seed: Of the draws.
    """
    images = x[:AVERAGED]
    count = len(images)
    log_w = log_weights(
        model, images, samples=DRAWS_EACH, generator=generator(seed, "chapter 4, weights")
    ).double()
    source = generator(seed, "chapter 4, terms")
    each = [elbo_terms(model, images, generator=source) for _ in range(DRAWS_EACH)]
    rec = torch.stack([one.reconstruction for one in each]).double()
    return Average(
        count,
        float(log_w.mean()),
        _error_of_mean(log_w),
        float(rec.mean()),
        _error_of_mean(rec),
        float(each[0].kl.double().mean()),
    )


def _error_of_mean(draws: Tensor) -> float:
    """Return the Monte Carlo error of the mean over images of (S, B) draws."""
    samples, count = draws.shape
    return float((draws.var(0) / samples).sum().sqrt()) / count


@torch.no_grad()
def objective(
    base: ImageBase, setting: Setting, *, samples: int, average: Average, seed: int = 0
) -> ObjectiveSeen:
    """Measure the terms of a moved q.

    Args:
        base: Of the image.
        setting: Of the sliders.
        samples: Draws of the estimate, at least 2.
        average: Over images.
        seed: Of the draws.

    Raises:
        SettingError: If the setting has another number of dimensions, or `samples` is out of its limits.
    """
    check_number("samples", samples, low=2, high=100_000, integer=True)
    if len(setting.shift) != base.model.latent_dim:
        refuse("shift", f"must have {base.model.latent_dim} entries", len(setting.shift))
    q = setting.moved(base.encoder.q)
    z = q.sample(generator(seed, "chapter 4, estimate"), samples=samples)[:, 0]
    # E_q[log p(x|z)] ≈ 1/S Σ_s log p(x|μ + σ ε_s)
    draws = base.model.decode(z).log_prob(base.x.expand(samples, -1))
    return ObjectiveSeen(base, setting, parts_of(base.scores, q), draws, average)


def outcome(seen: ObjectiveSeen) -> Outcome:
    """Say what halving σ does to the L of the encoder's q."""
    base = seen.base
    halved = parts_of(base.scores, Setting((0.0,) * len(seen.setting.shift), 0.5).moved(base.encoder.q))
    rec, kl = halved.reconstruction - base.encoder.reconstruction, halved.kl - base.encoder.kl
    change = halved.elbo - base.encoder.elbo
    said = (
        f"The reconstruction changes by {rec:+.3f} nats and the KL by {kl:+.3f}, so L(x) changes by "
        f"{change:+.3f}."
    ).replace("-", "−")
    if abs(change) <= SAME:
        return Outcome(2, said)
    return Outcome(0 if change > 0.0 else 1, said)


def at_rest(latent_dim: int) -> Setting:
    """Return the setting that leaves the encoder's q as it is."""
    return Setting((0.0,) * latent_dim)


def with_shift(shift: Sequence[float], dimension: int, value: float) -> tuple[float, ...]:
    """Return a shift with one entry replaced."""
    return tuple(value if j == dimension else old for j, old in enumerate(shift))
