"""What a model says of one pixel of an image, over the codes that its encoder gives the image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vae_core.checks import check_choice, check_matrix, check_number, refuse
from vae_core.data.arrays import SUPPORTS
from vae_core.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Likelihood, misfit
from vae_core.likelihoods.tails import continuous_bernoulli_tails
from vae_core.models import VAE

CELLS = 400
"""Of a density's grid."""

REACH = 3.5
"""A Gaussian's grid goes so many σ beyond its means."""

FARTHEST = 4.0
"""But not farther beyond the pixel's range than so many times that range: σ may be 100."""

SERIES_BELOW = 0.5
"""Of |logit|: the closed form of the variance loses digits below, and a series takes over."""


@dataclass(frozen=True, eq=False)
class PixelPrediction:
    """p(x_d | the codes of x) = E_q(z|x) p(x_d|z) of one pixel d, over a sample of codes.

    Attributes:
        likelihood: One of `LIKELIHOODS`.
        kind: "mass", probabilities of 0 and 1; "score", the same of a Bernoulli on grey pixels, which has
            nothing to say of what lies between; or "density".
        values: Pixel values, (G,): [0, 1], or the middles of equal cells.
        probability: Probabilities of the values, (G,), or the mean density in each cell, per unit of pixel
            value, exact for the sampled codes.
        mean: Of the sampled mixture, exact, in pixel values.
        std: Of the sampled mixture, exact.
        truth: The pixel itself, x_d.
        others: This pixel in the images whose mean codes are nearest to that of x, nearest first, (n,).
        inside: Probability that the mixture gives to [0, 1]; None on real data.
    """

    likelihood: str
    kind: Literal["mass", "density", "score"]
    values: Tensor
    probability: Tensor
    mean: float
    std: float
    truth: float
    others: Tensor
    inside: float | None


@torch.no_grad()
def pixel_prediction(
    model: VAE,
    x: Tensor,
    *,
    pixel: int,
    data: Tensor,
    support: str,
    samples: int = 256,
    neighbours: int = 40,
    generator: torch.Generator,
) -> PixelPrediction:
    """Return the distribution of one pixel, and what that pixel is in images of nearby codes.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        pixel: d, from 0 to D − 1.
        data: Images to look for neighbours in, (N, D). If x is among them, it is left out, once.
        support: Where the images live, "binary", "unit" or "real".
        samples: Codes z ~ q(z|x).
        neighbours: How many images of nearby mean codes; fewer where `data` has fewer.
        generator: Of the codes.

    Raises:
        SettingError: If x is no single image, the pixel isn't one of its pixels, a number is out of its
            limits, or the likelihood can't be used on such data.
    """
    check_matrix("x", x, columns=model.dimensions, dtype=model.dtype)
    check_matrix("data", data, columns=model.dimensions, dtype=model.dtype)
    if len(x) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    problem = misfit(model.likelihood, check_choice("support", support, SUPPORTS))
    if problem:
        refuse("support", "must be one that the likelihood can be used on", problem)
    place = int(check_number("pixel", pixel, low=0, high=model.dimensions - 1, integer=True))
    drawn = int(check_number("samples", samples, low=1, high=100_000, integer=True))
    wanted = int(check_number("neighbours", neighbours, low=0, high=1_000_000, integer=True))
    q = model.encode(x)
    said = _of_pixel(model.decode(q.sample(generator, samples=drawn)[:, 0]), place)
    others = _nearest(model, x, q.mean, data, wanted)[:, place].double()
    truth = float(x[0, place])
    mean = said.mean.mean()
    # Var x = E[Var(x|z)] + Var(E[x|z])
    std = (_variance(said).mean() + said.mean.var(correction=0)).sqrt()
    if isinstance(said, Bernoulli):
        kind: Literal["mass", "density", "score"] = "mass" if support == "binary" else "score"
        values, probability = torch.tensor([0.0, 1.0]).double(), torch.stack([1.0 - mean, mean])
    else:
        kind = "density"
        known = torch.cat([data[:, place].double(), x[:, place].double()])
        ends = (float(known.min()), float(known.max())) if support == "real" else (0.0, 1.0)
        edges = _edges(said, *ends)
        # Between a and b, the mean density is (F(b) − F(a))/(b − a)
        probability = _below(said, edges).mean(1).diff() / edges.diff()
        values = 0.5 * (edges[1:] + edges[:-1])
    return PixelPrediction(
        likelihood=model.likelihood,
        kind=kind,
        values=values,
        probability=probability,
        mean=float(mean),
        std=float(std),
        truth=truth,
        others=others,
        inside=None if support == "real" else _inside(said),
    )


def _of_pixel(likelihood: Likelihood, pixel: int) -> Likelihood:
    """Return the likelihood of one pixel in float64, with parameters (S,) for S codes."""
    if isinstance(likelihood, Gaussian):
        return Gaussian(likelihood.mean[:, pixel].double(), likelihood.sigma.double())
    if isinstance(likelihood, ContinuousBernoulli):
        return ContinuousBernoulli(likelihood.logits[:, pixel].double())
    if isinstance(likelihood, Bernoulli):
        return Bernoulli(likelihood.logits[:, pixel].double())
    refuse("likelihood", "must be one that the pixel's distribution is known of", type(likelihood).__name__)


def _nearest(model: VAE, x: Tensor, code: Tensor, data: Tensor, count: int) -> Tensor:
    """Return the rows of the data whose mean codes are nearest to a code, nearest first, without x itself."""
    same = (data == x).all(1).nonzero()[:1, 0]
    distance = (model.encode(data).mean - code).double().square().sum(1)
    distance[same] = math.inf
    return data[distance.argsort(stable=True)[: min(count, len(data) - len(same))]]


def _variance(said: Likelihood) -> Tensor:
    """Var(x_d|z) of each code, (S,) or a scalar."""
    if isinstance(said, Gaussian):
        return said.sigma.square()
    if isinstance(said, ContinuousBernoulli):
        return continuous_bernoulli_variance(said.logits)
    return said.mean * (1.0 - said.mean)


def continuous_bernoulli_variance(logits: Tensor) -> Tensor:
    """Var(x|z) of a continuous Bernoulli, same shape as the logits: from 1/12 of logit 0 down to 1/l²."""
    size = logits.abs()
    safe = size.clamp_min(SERIES_BELOW)
    # 1/l² − e^{−l}/(1 − e^{−l})²
    closed = safe.square().reciprocal() - torch.exp(-safe) / torch.expm1(-safe).square()
    # 1/12 − l²/240 + l⁴/6048 − l⁶/172800 + l⁸/5322240
    s = size.square()
    series = 1 / 12 + s * (-1 / 240 + s * (1 / 6048 + s * (-1 / 172800 + s / 5322240)))
    return torch.where(size < SERIES_BELOW, series, closed)


def _edges(said: Likelihood, low: float, high: float) -> Tensor:
    """Return the edges of a density's cells, (G + 1,), around the pixel's range from low to high."""
    if isinstance(said, Gaussian):
        tail, room = REACH * float(said.sigma), FARTHEST * (high - low if high > low else 1.0)
        low, high = (
            max(min(low, float(said.mean.min()) - tail), low - room),
            min(max(high, float(said.mean.max()) + tail), high + room),
        )
    return torch.linspace(low, high, CELLS + 1, dtype=torch.float64)


def _below(said: Likelihood, values: Tensor) -> Tensor:
    """P(x_d ≤ v|z) of each value and code of a likelihood with a density, (V, S)."""
    if isinstance(said, ContinuousBernoulli):
        return continuous_bernoulli_tails(said.logits, values[:, None])[0]
    if not isinstance(said, Gaussian):
        refuse("likelihood", "must have a density", type(said).__name__)
    return torch.special.ndtr((values[:, None] - said.mean) / said.sigma)


def _inside(said: Likelihood) -> float:
    if not isinstance(said, Gaussian):
        return 1.0
    return float(_below(said, torch.tensor([0.0, 1.0]).double()).mean(1).diff())
