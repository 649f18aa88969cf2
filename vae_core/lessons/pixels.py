"""Chapter 6: what a decoder's log p(x|z) is, pixel by pixel, and what σ = 1 costs.

Bernoulli: Σ_d x_d log a_d + (1 − x_d) log(1 − a_d). Gaussian: −½ Σ_d [(x_d − μ_d)²/σ² + log 2πσ²].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.lessons.lesson import Outcome, Verdict, number_verdict
from vae_core.likelihoods import Bernoulli, Gaussian, Likelihood
from vae_core.likelihoods.score_floor import bernoulli_score_floor
from vae_core.models import VAE
from vae_core.rng import generator

SIGMAS = tuple(float(f"{2.0 ** (step / 12):.4g}") for step in range(-52, 13))
"""0.05 to 2, twelve to a doubling, 1 among them."""
UNIT = 1.0
FLAT, SMALL = 1.0, 100.0
"""Nats: a cost below the first is nothing, below the second it is some nats."""
CODES = 4
"""Draws of z an image, for an average over images."""
WITHIN, BETA_WITHIN = 0.01, 0.05
"""Nats by which an answer may be off, and the share by which a β may."""


@dataclass(frozen=True, eq=False)
class Errors:
    """How far the means of a Gaussian decoder lie from images: log p(x|z) depends on nothing else but σ.

    Attributes:
        squared: Σ_d (x_d − μ_d)², mean over the images that it is about.
        pixels: D.
    """

    squared: float
    pixels: int

    @property
    def best_sigma(self) -> float:
        """σ* = √(Σ_d (x_d − μ_d)²/D), where log p(x|z) is highest."""
        return math.sqrt(self.squared / self.pixels)

    def cost(self, sigma: float) -> float:
        """−log p(x|z) with a σ: ½ [Σ_d (x_d − μ_d)²/σ² + D log 2πσ²], nats per image."""
        return 0.5 * (self.squared / sigma**2 + self.pixels * math.log(2.0 * math.pi * sigma**2))

    def excess(self, sigma: float) -> float:
        """What a σ costs more than the best one, nats per image."""
        # D/2 [s²/σ² − 1 − log(s²/σ²)], s the best σ
        ratio = self.squared / (self.pixels * sigma**2)
        return 0.5 * self.pixels * (ratio - 1.0 - math.log(ratio))


@dataclass(frozen=True, eq=False)
class PixelsSeen:
    """One image, its reconstruction by one decoder, and what is set.

    Attributes:
        model: In float64.
        x: (1, D) float64.
        likelihood: p(x|z) at the encoder's mean, (1, D), of the decoder itself.
        sigma: The σ that is set; a Bernoulli has none.
        pixel: The pixel that is picked, from 0.
        value: a or μ that is set for it.
        reference: Errors of a Gaussian decoder on this image: the one at hand, or one beside it.
        average: The same over validation images and codes from q.
    """

    model: VAE
    x: Tensor
    likelihood: Likelihood
    sigma: float
    pixel: int
    value: float
    reference: Errors
    average: Errors

    @property
    def gaussian(self) -> bool:
        """Whether the decoder at hand is a Gaussian."""
        return isinstance(self.likelihood, Gaussian)

    @property
    def binary(self) -> bool:
        """Whether all pixels are 0 or 1: on others a Bernoulli gives a score."""
        return bool(((self.x == 0.0) | (self.x == 1.0)).all())

    @property
    def as_set(self) -> Likelihood:
        """p(x|z) with the σ that is set."""
        if isinstance(self.likelihood, Gaussian):
            return Gaussian(self.likelihood.mean, torch.tensor(self.sigma, dtype=torch.float64))
        return self.likelihood

    @property
    def per_pixel(self) -> Tensor:
        """log p(x_d|z) with the σ that is set, (D,) nats."""
        return self.as_set.log_prob_per_dimension(self.x)[0]

    @property
    def total(self) -> float:
        """log p(x|z), or the Bernoulli score, with the σ that is set."""
        return float(self.as_set.log_prob(self.x)[0])

    @property
    def floor(self) -> float:
        """The least cost of a Bernoulli score on this image, nats."""
        return float(bernoulli_score_floor(self.x)[0])

    @property
    def true_value(self) -> float:
        """x_d of the picked pixel."""
        return float(self.x[0, self.pixel])


@torch.no_grad()
def decoded(model: VAE, x: Tensor) -> Likelihood:
    """Return p(x|z) at z = the encoder's mean, for images (B, D), in float64.

    Raises:
        SettingError: If the decoder is neither a Bernoulli nor a Gaussian.
    """
    exact = model.double()
    likelihood = exact.decode(exact.encode(x.double()).mean)
    if not isinstance(likelihood, (Bernoulli, Gaussian)):
        refuse("likelihood", "must be a Bernoulli or a Gaussian in this chapter", model.likelihood)
    return likelihood


def errors_of(likelihood: Likelihood, x: Tensor) -> Errors:
    """Return the squared error of the means, averaged over images (B, D)."""
    squared = (x.double() - likelihood.mean.double()).square().sum(1)
    return Errors(float(squared.mean()), x.shape[1])


@torch.no_grad()
def average_errors(model: VAE, x: Tensor, *, seed: int = 0) -> Errors:
    """Return the squared error over images (B, D) and codes drawn from their q(z|x)."""
    q, source = model.encode(x.to(model.dtype)), generator(seed, "chapter 6")
    every = [errors_of(model.decode(q.sample(source)[0]), x).squared for _ in range(CODES)]
    return Errors(sum(every) / CODES, x.shape[1])


def term(x: float, value: float, *, sigma: float | None) -> float:
    """Return one pixel's term, nats.

    Args:
        x: The pixel.
        value: a in (0, 1) of a Bernoulli, μ of a Gaussian.
        sigma: Of the Gaussian; ``None`` for a Bernoulli.

    Raises:
        SettingError: If a is not inside (0, 1).
    """
    if sigma is None:
        a = check_number("a", value, low=0.0, high=1.0 - 1e-12, open_low=True)
        return x * math.log(a) + (1.0 - x) * math.log1p(-a)
    return -0.5 * ((x - value) ** 2 / sigma**2 + math.log(2.0 * math.pi * sigma**2))


def pixel_floor(x: float) -> float:
    """h(x) = −x log x − (1 − x) log(1 − x), the least that a Bernoulli pixel costs, nats."""
    return float(bernoulli_score_floor(torch.tensor([[x]], dtype=torch.float64))[0])


def term_at_best(x: float, *, sigma: float | None) -> float:
    """Return the most that one pixel's term can be, nats: at a = x or μ = x; `sigma` as for `term`."""
    return -pixel_floor(x) if sigma is None else term(x, x, sigma=sigma)


def best_place(errors: Errors) -> int:
    """Return the place among `SIGMAS` that costs least."""
    return int(np.argmin([errors.cost(sigma) for sigma in SIGMAS]))


def outcome(seen: PixelsSeen) -> Outcome:
    """Say what σ = 1 costs on the image."""
    errors, cost = seen.reference, seen.reference.excess(UNIT)
    whose = "" if seen.gaussian else "Under a Gaussian decoder beside it: "
    said = (
        f"{whose}With σ = 1 the image costs {errors.cost(UNIT):,.0f} nats, with σ = {errors.best_sigma:.3f} "
        f"{errors.cost(errors.best_sigma):,.0f}: {cost:,.0f} nats less, for the very same means."
    ).replace("-", "−")
    return Outcome(0 if cost < FLAT else 1 if cost < SMALL else 2, said)


def check_sigma(seen: PixelsSeen, _answer: float) -> Verdict:
    """Whether σ is where log p(x|z) of the image is highest."""
    if not seen.gaussian:
        return Verdict(False, "A Bernoulli has no σ: choose a Gaussian decoder.")
    errors, best = seen.reference, SIGMAS[best_place(seen.reference)]
    if seen.sigma == best:
        return Verdict(
            True,
            f"σ² is the mean squared error, {errors.best_sigma**2:.4f}: that is where the slope is 0.",
        )
    return Verdict(False, f"This σ costs {errors.excess(seen.sigma):,.1f} nats more than the best one.")


def check_beta(seen: PixelsSeen, answer: float) -> Verdict:
    """Whether the answer is β = σ*²."""
    if not seen.gaussian:
        return Verdict(False, "This is about a σ: choose a Gaussian decoder.")
    truth = seen.reference.best_sigma**2
    return number_verdict(
        float(answer),
        truth,
        within=BETA_WITHIN * truth + 5e-4,
        why="σ² times the ELBO with σ and β = 1 is, up to a constant, the ELBO with σ = 1 and β = σ².",
        hint="Multiply the ELBO by σ², and see what stands before the KL.",
    )


def check_floor(seen: PixelsSeen, answer: float) -> Verdict:
    """Whether the answer is the least cost of the picked pixel under a Bernoulli."""
    if seen.gaussian:
        return Verdict(False, "Choose a Bernoulli decoder on grey pixels.")
    x = seen.true_value
    if x in (0.0, 1.0):
        return Verdict(False, "This pixel is black or white: pick a grey one, on grey pixels.")
    return number_verdict(
        float(answer),
        pixel_floor(x),
        within=min(WITHIN, 0.1 * pixel_floor(x)),
        why=f"At a = x = {x:.3f} it still costs h(x): a score on grey pixels never reaches 0.",
        hint="Move a until the term is highest; its cost is minus the term.",
    )
