"""8: the mean of logs where log p(x) is the log of a mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from vae_core.data import tiny_binary_distribution
from vae_core.divergences import standard_normal_kl
from vae_core.estimators import Estimate, quadrature_log_likelihood
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part, spoken
from vae_core.museum.curve import Curve, Line
from vae_core.museum.evidence import log_ratio
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.rng import generator
from vae_core.theorems import Link, Side

MOST = 1000
"""K of the estimate."""
WITHIN = 1e-4
"""Nats: what log p(x) by quadrature may be off."""
LIKELIEST = 64
"""Images whose log p(x) is known by quadrature, the likeliest."""
SETTINGS = RunSettings(
    dataset="tiny-binary", pixels="as they are", hidden=(32,), reported_samples=64, steps=400
)
RUNGS = (1, 2, 5, 10, 20, 50, 100, 200, 500, MOST)


def log_mean_weight(log_w: Tensor) -> Tensor:
    """Estimate log p(x) from log w, (K, B)."""
    estimate = torch.logsumexp(log_w, 0) - math.log(len(log_w))
    return estimate


def mean_log_weight(log_w: Tensor) -> Tensor:
    """Estimate it by the mean of log w."""
    estimate = log_w.mean(0)
    return estimate


def _elbo(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    q = model.encode(x)
    return (model.decoder(q.at(noise[0])).log_prob(x) - standard_normal_kl(q).sum(1)).mean()


def _estimate(part: Part) -> Bound:
    def estimate(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        return part(log_ratio(model, x, noise)).mean()

    return estimate


@dataclass(frozen=True, eq=False)
class _World:
    """Tiny images under a model.

    Attributes:
        log_w: Of all 512, (K, 512).
        likely: Which are the likeliest, (LIKELIEST,).
        share: How likely each of those is among them.
        exact: log p(x) of those, by quadrature.
    """

    log_w: Tensor
    likely: Tensor
    share: Tensor
    exact: Estimate


@lru_cache(maxsize=1)
@torch.no_grad()
def _world(run: Trained) -> _World:
    x, probability = tiny_binary_distribution()
    shape = (MOST, len(x), SETTINGS.latent_dim)
    noise = torch.randn(shape, generator=generator(SETTINGS.seed, "museum: K draws"), dtype=x.dtype)
    share, likely = probability.topk(LIKELIEST)
    exact = quadrature_log_likelihood(run.last, x[likely], tolerance=WITHIN)
    return _World(log_ratio(run.last, x, noise), likely, share / share.sum(), exact)


@torch.no_grad()
def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    world = _world(run)
    said = part(world.log_w)
    weights = (world.log_w - torch.logsumexp(world.log_w, 0) + math.log(MOST)).exp()
    scatter = weights.std(0) / math.sqrt(MOST)
    # Σ_x p̂(x); Var p̂(x) = p̂(x)² Var(w/p̂)/K
    off = (said.exp() * scatter).square().sum().sqrt()
    total = Side("Σ_x p̂(x)", float(said.exp().sum()), float(off), "Monte Carlo")
    off = (world.share * scatter[world.likely]).square().sum().sqrt()
    mean = Side("E log p̂(x)", float(world.share @ said[world.likely]), float(off), "Monte Carlo")
    exact = world.exact
    known = Side("E log p(x)", float(world.share @ exact.value), float(world.share @ exact.error), "exact")
    return (
        (Link.between(total, Side("1", 1.0, 0.0, "exact")),),
        (Link.between(mean, known),),
    )


@torch.no_grad()
def _curve(run: Trained) -> Curve:
    world = _world(run)
    log_w = world.log_w[:, world.likely]
    known = float(world.share @ world.exact.value)

    climbing, level = (
        np.array([float(world.share @ _in_parts(part, log_w, k)) for k in RUNGS])
        for part in (log_mean_weight, mean_log_weight)
    )
    return Curve(
        np.array(RUNGS, np.float64),
        (
            Line("log of the mean", "sound", climbing),
            Line("mean of the logs", "reported", level),
            Line("log p(x), exact", "exact", np.full(len(RUNGS), known)),
        ),
        axis="K, draws of z for each image",
        unit="nats per image",
        logarithmic=True,
        sentence=f"At K = {MOST:,} the log of the mean is {abs(climbing[-1] - known):.3f} nats from log "
        f"p(x), the mean of the logs {known - level[-1]:.3f}.",
    )


def _in_parts(part: Part, log_w: Tensor, k: int) -> Tensor:
    """Return the mean of the estimates from all whole groups of K draws, (B,)."""
    groups = log_w[: len(log_w) // k * k].reshape(-1, k, log_w.shape[1])
    return part(groups.transpose(0, 1).reshape(k, -1)).reshape(-1, log_w.shape[1]).mean(0)


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    short = sound.reported - wrong.reported
    choice = 2 if short < -0.02 else 0 if short > 0.02 else 1
    return Answer(
        choice,
        f"With K = {SETTINGS.reported_samples} it says {spoken(wrong.reported, 3)}, and "
        f"{spoken(sound.reported, 3)} is right: the mean of logs stays at the ELBO whatever K.",
    )


MEAN_OF_LOGS = Bug(
    number=8,
    slug="mean-of-logs",
    title="Mean of logs",
    words="log p(x) is estimated from K weights w. It is the log of their mean; the mean of their logs is "
    "the ELBO again, for any K.",
    source="arahuja/generative-tf #1, tensorflow/probability #189, CategoricalNF #2",
    question="The K log-weights are averaged, and K is raised from 1 to 1,000. What does the estimate do?",
    choices=(
        "It stays below log p(x), at the ELBO",
        "It reaches log p(x), only more slowly",
        "It ends above log p(x)",
    ),
    answer=_answer,
    shows="One model, the same draws: the log of the mean climbs to log p(x), the mean of the logs stays "
    "where it was at K = 1. All 512 tiny images are listed, so their probabilities can be summed.",
    sound=log_mean_weight,
    wrong=mean_log_weight,
    settings=SETTINGS,
    trains=lambda part: _elbo,
    reports=_estimate,
    in_training=False,
    identities=(
        Identity(
            title="Probabilities of all images sum to one",
            statement="e to the estimate, summed over all 512 images, with 1,000 draws for each.",
            formula="Σ_x p̂(x) = 1",
            unit="probability",
        ),
        Identity(
            title="The estimate meets quadrature",
            statement="The mean estimate over the 64 likeliest images, by their probability, and the same "
            "of log p(x) by quadrature. At K = 1,000 the estimate’s own bias is far below its error.",
            formula="E_x log p̂(x) = E_x log p(x)",
        ),
    ),
    measure=_measure,
    curve=_curve,
    reported_as="estimate of log p(x)",
)
