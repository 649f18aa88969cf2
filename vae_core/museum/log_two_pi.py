"""6: log 2π dropped from a Gaussian log-density that is reported in bits per dimension."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.evidence import held_out
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.theorems import Link, Side
from vae_core.units import bits_per_dimension

SETTINGS = RunSettings(
    dataset="digits-dequantised", pixels="as they are", likelihood="gaussian", sigma="learned"
)
LEVELS = 17
IMAGES = 16
REACH = 12.0
"""In σ, to each side of the mean."""
NODES = 2001


def density(x: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    """Return log N(x; μ, σ²) of each pixel."""
    error = ((x - mean) / sigma) ** 2
    return -0.5 * error - torch.log(sigma) - 0.5 * math.log(2 * math.pi)


def density_up_to_a_constant(x: Tensor, mean: Tensor, sigma: Tensor) -> Tensor:
    """Return the same without its constant."""
    error = ((x - mean) / sigma) ** 2
    return -0.5 * error - torch.log(sigma)


def _sigma(model: VAE) -> Tensor:
    return torch.exp(model.decoder.log_sigma)


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        log_p = part(x, model.decoder.outputs(q.at(noise[0])), _sigma(model))
        return (log_p.sum(1) - standard_normal_kl(q).sum(1)).mean()

    return bound


def _bits(part: Part) -> Bound:
    def bits(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        value = float(_bound(part)(model, x, noise).detach())
        found = bits_per_dimension(value, dimensions=x.shape[1], levels=LEVELS)
        return torch.tensor(found, dtype=torch.float64)

    return bits


@torch.no_grad()
def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    x, model, sigma = held_out(SETTINGS, IMAGES), run.last, _sigma(run.last)
    mean = model.decoder.outputs(model.encode(x).mean)
    return (_mass(part, mean[0, 0], sigma),), (_cells(part, x, mean, sigma),)


def _mass(part: Part, mean: Tensor, sigma: Tensor) -> Link:
    """∫ p(x_1|z) dx_1 by the trapezoid rule, and 1."""
    t = torch.linspace(-REACH, REACH, NODES, dtype=torch.float64)
    mass = float(torch.trapezoid(part(mean + sigma * t, mean, sigma).exp(), sigma * t))
    return Link(Side("∫ p(x_1|z) dx_1", mass, 0.0, "exact"), Side("1", 1.0, 0.0, "exact"), 0.0)


def _cells(part: Part, x: Tensor, mean: Tensor, sigma: Tensor) -> Link:
    """Bits of the grey levels themselves, by the normal distribution function, and by the density."""
    level = torch.floor(x * LEVELS)
    low, high = ((edge / LEVELS - mean) / sigma for edge in (level, level + 1.0))
    # P(level) = Φ(high) − Φ(low), from the tail where both lie: nothing cancels
    both = torch.stack([-low.abs(), -high.abs()])
    same = low * high > 0.0
    ends = torch.special.ndtr(both)
    mass = torch.where(same, (ends[0] - ends[1]).abs(), torch.special.ndtr(high) - torch.special.ndtr(low))
    own = float(-mass.log().mean()) / math.log(2.0)
    t, w = (torch.tensor(part_, dtype=torch.float64) for part_ in np.polynomial.legendre.leggauss(8))
    # E_u log p((level + u)/levels | z), u uniform: a parabola in u
    inside = torch.stack([part((level + 0.5 * (1.0 + u)) / LEVELS, mean, sigma) for u in t])
    log_p = float((0.5 * w @ inside.flatten(1)).mean()) * x.shape[1]
    said = bits_per_dimension(log_p, dimensions=x.shape[1], levels=LEVELS)
    return Link(
        Side("−log₂ P(levels|z)/D", own, 0.0, "exact"), Side("bits of the density", said, 0.0, "exact"), 0.0
    )


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    off = sound.reported - wrong.reported
    choice = 0 if off > 0.5 else 1 if off > 0.005 else 2
    return Answer(
        choice,
        f"{wrong.reported:.2f} bits in place of {sound.reported:.2f}: ½ log₂ 2π = 1.33 for each pixel.",
    )


LOG_TWO_PI = Bug(
    number=6,
    slug="log-two-pi",
    title="log 2π dropped",
    words="Constants move no gradient, so the Gaussian’s ½ log 2π is left out of the loss. Then the loss is "
    "reported in bits per dimension, beside other people’s.",
    source="vampprior, whose log-densities drop log 2π (harmless in ratios only); pythae #123 asks which "
    "likelihoods need it",
    question="The Gaussian log-density lacks its ½ log 2π. How far are the reported bits per dimension off?",
    choices=(
        "By more than half a bit: they look better than they are",
        "By about a hundredth of a bit",
        "Not at all: a constant cancels",
    ),
    answer=_answer,
    shows="Pictures and gradients stay the same to the last bit: one model, measured twice. The reported "
    "curve lies 1.33 bits too low at every step.",
    sound=density,
    wrong=density_up_to_a_constant,
    settings=SETTINGS,
    trains=lambda part: _bound(density),
    reports=_bits,
    in_training=False,
    identities=(
        Identity(
            title="A density integrates to one",
            statement="The density of the first pixel of the first held-out image, integrated over ±12 σ.",
            formula="∫ p(x_1|z) dx_1 = 1",
            tolerance=1e-9,
            unit="probability",
        ),
        Identity(
            title="Bits of a density cover the bits of the levels",
            statement="With noise in each grey level, the density’s bits per dimension are at least those of "
            "the levels under the same Gaussians. 16 held-out images at their mean codes.",
            formula="−log₂ P(levels|z)/D ≤ −E_u[log₂ p(x|z)]/D + log₂ 17",
            relation="≤",
            unit="bits per dimension",
        ),
    ),
    measure=_measure,
    reported_as="bits per dimension",
    unit="bits per dimension",
)
