"""Nats, bits per dimension, and what a weight on a term implies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from vae_core.checks import check_choice, check_number

LOG_TWO_PI = math.log(2.0 * math.pi)

WIDEST_SPREAD = 0.5
"""The greatest standard deviation of a number in [0, 1]: half the time 0, half the time 1."""

FAR_WIDER = 3.0
"""A σ above is far wider than [0, 1]."""

FINE = 0.02
"""A σ below is finer than most reconstructions get."""


def bits_per_dimension(nats: float, *, dimensions: int, levels: int = 1) -> float:
    """Convert a log-density in nats per image to bits per dimension.

    With data dequantised as (x_int + u) / levels, the density of the integers is that of x divided by
    levels per dimension: −log p / (D ln 2) + log₂ levels (Theis et al. 2016).

    Args:
        nats: log p(x), nats per image.
        dimensions: D, the number of pixels times channels.
        levels: Grey levels of the integers; 1 leaves the density as it is.
    """
    # bits/dim = −log p(x) / (D ln 2) + log₂ levels
    return -nats / (dimensions * math.log(2.0)) + math.log2(levels)


@dataclass(frozen=True)
class LossRecipe:
    """How a training code writes its loss: an error term plus `kl_weight` times a KL term.

    Both are averaged over the batch in the same way, which changes nothing.

    Attributes:
        error: Of a pixel: "squared" (x − μ)², "half-squared" ½ (x − μ)², or "bce", binary cross-entropy.
        pixels: Whether the error is the sum or the mean over an image's pixels.
        latents: Whether the KL is the sum or the mean over the latent dimensions.
        kl_weight: w > 0, the factor before the KL term.
        dimensions: D, the number of pixels times channels.
        latent_dim: L, the number of latent dimensions.
    """

    error: Literal["squared", "half-squared", "bce"]
    pixels: Literal["sum", "mean"]
    latents: Literal["sum", "mean"]
    kl_weight: float
    dimensions: int
    latent_dim: int


@dataclass(frozen=True)
class Implied:
    """The β-ELBO that a loss is, up to a factor and a constant.

    Attributes:
        beta_variance: β σ² of a Gaussian decoder, in squared pixel values: all that a code of squared error
            fixes. None for "bce".
        beta: β of a Bernoulli decoder, for "bce"; None for squared errors.
        sigma: What σ is at β = 1, in pixel values; None for "bce".
        formula: How it follows, in one line of symbols.
        sentence: What it means.
    """

    beta_variance: float | None
    beta: float | None
    sigma: float | None
    formula: str
    sentence: str


def implied(recipe: LossRecipe) -> Implied:
    """Return which β-ELBO a loss is, and what that says of σ or β.

    Raises:
        SettingError: If a part of the recipe breaks its rule.
    """
    error = check_choice("error", recipe.error, ("squared", "half-squared", "bce"))
    over_pixels = check_choice("pixels", recipe.pixels, ("sum", "mean")) == "mean"
    over_latents = check_choice("latents", recipe.latents, ("sum", "mean")) == "mean"
    weight = check_number("kl_weight", recipe.kl_weight, low=0.0, high=1e12, open_low=True)
    dimensions = int(check_number("dimensions", recipe.dimensions, low=1, high=1e9, integer=True))
    latent_dim = int(check_number("latent_dim", recipe.latent_dim, low=1, high=1e9, integer=True))
    # The terms of c Σ (x − μ)²/D + w KL/L (c is 1 or ½; D and L only where a mean is taken) have the ratio
    # of those of Σ (x − μ)²/(2σ²) + β KL at β σ² = w D/(2 c L), and with cross-entropy at β = w D/L.
    value = weight * (dimensions if over_pixels else 1) / (latent_dim if over_latents else 1)
    halved = error == "squared"
    value = 0.5 * value if halved else value
    below = {(False, False): "", (True, False): " / 2", (False, True): " / L", (True, True): " / (2 L)"}
    right = f"w{' D' if over_pixels else ''}{below[halved, over_latents]}"
    if error == "bce":
        return Implied(None, value, None, f"β = {right} = {_shown(value)}", _of_bernoulli(value))
    sigma = math.sqrt(value)
    return Implied(value, None, sigma, f"β σ² = {right} = {_shown(value)}", _of_gaussian(value, sigma))


def _of_gaussian(beta_variance: float, sigma: float) -> str:
    product, width = _shown(beta_variance), _shown(sigma)
    # From black to white, (1 − 0)²/(2σ²)
    nats = _shown(0.5 / beta_variance)
    cost = f"an error from black to white costs {nats} {'nat' if nats == '1' else 'nats'}"
    if sigma > FAR_WIDER:
        meant = f"far wider than the range of pixels in [0, 1]: {cost}, so reconstructions count for little"
    elif sigma > 1.0:
        meant = f"wider than the whole range of pixels in [0, 1]: {cost}, so reconstructions count for little"
    elif sigma > WIDEST_SPREAD:
        meant = f"wider than pixels in [0, 1] can spread at all, which is {WIDEST_SPREAD:g}: {cost}"
    elif sigma >= FINE:
        meant = (
            f"right for pixels in [0, 1] if reconstructions miss them by {width}, root mean square: {cost}"
        )
    else:
        meant = (
            f"finer than most reconstructions of pixels in [0, 1] get: {cost}, so the KL counts for little"
        )
    return (
        f"Up to a factor, this trains on the β-ELBO of a Gaussian decoder with β σ² = {product}, and the "
        f"code fixes only that product: it is β = {product} with σ = 1 as well as β = 1 with σ = {width}. "
        f"That σ is {meant}."
    )


def _of_bernoulli(beta: float) -> str:
    factor = _shown(beta)
    weighed = f"the β-ELBO of a Bernoulli decoder with β = {factor}: the KL counts"
    if math.isclose(beta, 1.0, rel_tol=1e-9):
        meant = "the ELBO of a Bernoulli decoder, β = 1"
    elif beta > 1.0:
        meant = f"{weighed} {factor} times as much as in the ELBO"
    else:
        meant = (
            f"{weighed} only {factor} times as much as in the ELBO, so that it is no lower bound of log p(x)"
        )
    return (
        f"Up to a factor, this trains on {meant}. On grey pixels cross-entropy is a score and no likelihood."
    )


def _shown(value: float) -> str:
    """Return a positive number with three digits: ``392``, ``12,288``, ``1.24`` or ``2.5 × 10⁻⁷``."""
    if 1e-4 <= value < 1e7:
        return f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"
    digits, power = f"{value:.2e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{float(digits):g} × 10{raised}"
