"""Whether a decoder is as sure as it may be: probabilities against shares, residuals against their law."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vae_core.checks import check_choice, check_matrix, check_number, refuse
from vae_core.data.arrays import SUPPORTS
from vae_core.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Likelihood, misfit
from vae_core.likelihoods.tails import continuous_bernoulli_tails
from vae_core.models import VAE

REACH = 4.0
"""The histogram of residuals goes so far to both sides."""

RESIDUAL_BINS = 32

AT_ONCE = 2_000_000
"""Pixels decoded in one go, so that memory stays bounded."""


@dataclass(frozen=True, eq=False)
class Reliability:
    """A Bernoulli's probabilities a = sigmoid(logit) at codes z ~ q(z|x), and the pixels that they are of.

    Were the decoder right, and q the true posterior, `observed` would be `predicted` up to its error.

    Attributes:
        edges: Of the bins of a, (n + 1,), from 0 to 1.
        predicted: The mean a in each bin, (n,); NaN in an empty one.
        observed: The mean pixel in each bin, (n,): on binary data the share of ones. NaN in an empty one.
        error: Its standard error, (n,), with each image as one observation, since pixels of an image depend
            on each other. Infinite where all are of one image, NaN in an empty bin.
        count: Pairs of a pixel and a code in each bin, (n,) int64.
        images: B.
        grey: Whether pixels are grey: `observed` is a mean grey value then, and a is of a score.
    """

    edges: Tensor
    predicted: Tensor
    observed: Tensor
    error: Tensor
    count: Tensor
    images: int
    grey: bool


@dataclass(frozen=True, eq=False)
class Residuals:
    """How far pixels lie from what the decoder says at codes z ~ q(z|x), in its own units.

    "standardised" are (x − μ(z))/σ of a Gaussian; "quantile" are Φ⁻¹(F(x|z)) of a continuous Bernoulli. Were
    the decoder right, and q the true posterior, they would be standard normal.

    Attributes:
        edges: Of the histogram, (n + 1,), from −4 to 4.
        density: Share of all residuals in each bin, over its width, (n,).
        mean: Of the finite residuals; NaN if there are none.
        std: Their standard deviation; NaN if there are none.
        beyond: Share of all residuals outside the histogram, the infinite ones among them.
        images: B.
        kind: Which of the two they are.
        normal: What a standard normal law would have as `density`, (n,).
        ends: Share of pixels that are exactly 0 or 1, whose quantile residuals are infinite; 0 for
            standardised ones.
    """

    edges: Tensor
    density: Tensor
    mean: float
    std: float
    beyond: float
    images: int
    kind: Literal["standardised", "quantile"]
    normal: Tensor
    ends: float


@torch.no_grad()
def calibration(
    model: VAE, x: Tensor, *, support: str, samples: int = 4, bins: int = 12, generator: torch.Generator
) -> Reliability | Residuals:
    """Hold a decoder's uncertainty against images.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        support: Where they live, "binary", "unit" or "real".
        samples: Codes z ~ q(z|x) of each image.
        bins: Of a Bernoulli's probabilities. The residuals of the other likelihoods have bins of their own.
        generator: Of the codes.

    Returns:
        `Reliability` of a Bernoulli, `Residuals` of the others.

    Raises:
        SettingError: If there are no images, a number is out of its limits, or the likelihood can't be used
            on such data.
    """
    check_matrix("x", x, columns=model.dimensions, dtype=model.dtype)
    if not len(x):
        refuse("x", "must have at least one image", "none")
    problem = misfit(model.likelihood, check_choice("support", support, SUPPORTS))
    if problem:
        refuse("support", "must be one that the likelihood can be used on", problem)
    drawn = int(check_number("samples", samples, low=1, high=1000, integer=True))
    number = int(check_number("bins", bins, low=1, high=200, integer=True))
    if model.likelihood == "bernoulli":
        return _reliability(model, x, support != "binary", drawn, number, generator)
    return _residuals(model, x, drawn, generator)


def _decoded(
    model: VAE, x: Tensor, samples: int, source: torch.Generator
) -> Iterator[tuple[Tensor, Tensor, Likelihood]]:
    """Give rows, their images in float64 and p(x|z) at one code each, until all had their samples."""
    for rows in torch.arange(len(x)).split(max(1, AT_ONCE // model.dimensions)):
        part = x[rows]
        q = model.encode(part)
        for _ in range(samples):
            yield rows, part.double(), model.decode(q.sample(source)[0])


def _reliability(
    model: VAE, x: Tensor, grey: bool, samples: int, bins: int, source: torch.Generator
) -> Reliability:
    # Of each image and bin: how many pixels, the sum of their a, and of the pixels themselves
    count, said, seen = torch.zeros(3, len(x), bins, dtype=torch.float64)
    for rows, pixels, likelihood in _decoded(model, x, samples, source):
        if not isinstance(likelihood, Bernoulli):
            refuse("model", "must have a Bernoulli decoder", type(likelihood).__name__)
        a = torch.sigmoid(likelihood.logits.double())
        bin_of = (a * bins).long().clamp_max(bins - 1)
        for total, values in ((count, torch.ones_like(a)), (said, a), (seen, pixels)):
            total[rows] += torch.zeros(len(rows), bins, dtype=torch.float64).scatter_add_(1, bin_of, values)
    number = count.sum(0)
    observed = seen.sum(0) / number
    # Var of Σ S_i / Σ N_i ≈ m/(m − 1) Σ (S_i − r N_i)² / (Σ N_i)², over the m images in the bin
    within = (count > 0).sum(0)
    spread = (seen - observed * count).square().sum(0) * within / (within - 1)
    error = torch.where(within > 1, spread.sqrt() / number, math.inf)
    return Reliability(
        edges=torch.linspace(0.0, 1.0, bins + 1, dtype=torch.float64),
        predicted=said.sum(0) / number,
        observed=observed,
        error=torch.where(within > 0, error, math.nan),
        count=number.long(),
        images=len(x),
        grey=grey,
    )


def _residuals(model: VAE, x: Tensor, samples: int, source: torch.Generator) -> Residuals:
    edges = torch.linspace(-REACH, REACH, RESIDUAL_BINS + 1, dtype=torch.float64)
    counts = torch.zeros(RESIDUAL_BINS, dtype=torch.float64)
    finite, total, squares = 0, 0.0, 0.0
    for _, pixels, likelihood in _decoded(model, x, samples, source):
        found = residuals_of(likelihood, pixels)
        counts += torch.histogram(found, edges).hist
        found = found[found.isfinite()]
        finite += len(found)
        total += float(found.sum())
        squares += float(found.square().sum())
    number = samples * x.numel()
    mean = total / finite if finite else math.nan
    quantile = model.likelihood == "continuous-bernoulli"
    ends = float(((x == 0) | (x == 1)).double().mean()) if quantile else 0.0
    return Residuals(
        edges=edges,
        density=counts / (number * edges.diff()),
        mean=mean,
        std=math.sqrt(max(squares / finite - mean**2, 0.0)) if finite else math.nan,
        beyond=1.0 - float(counts.sum()) / number,
        images=len(x),
        kind="quantile" if quantile else "standardised",
        # (Φ(b) − Φ(a))/(b − a)
        normal=torch.special.ndtr(edges).diff() / edges.diff(),
        ends=ends,
    )


def residuals_of(likelihood: Likelihood, x: Tensor) -> Tensor:
    """Return what is standard normal where x is drawn from a likelihood with a density.

    Args:
        likelihood: A Gaussian or a continuous Bernoulli, with parameters (..., D).
        x: Images, (..., D).

    Returns:
        (..., D) float64; −∞ and ∞ at 0 and 1 under a continuous Bernoulli.

    Raises:
        SettingError: If it is a Bernoulli.
    """
    if isinstance(likelihood, Gaussian):
        # (x − μ)/σ
        return (x.double() - likelihood.mean.double()) / likelihood.sigma.double()
    if not isinstance(likelihood, ContinuousBernoulli):
        refuse("likelihood", "must have a density", type(likelihood).__name__)
    below, above = continuous_bernoulli_tails(likelihood.logits.double(), x.double())
    # Φ⁻¹(F), from the smaller tail: Φ⁻¹(F) = −Φ⁻¹(1 − F)
    return torch.where(below < above, torch.special.ndtri(below), -torch.special.ndtri(above))
