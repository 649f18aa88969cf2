"""9: the information in the codes, measured within a minibatch."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vae_core.diagnostics import AggregatePosterior, prior_kl
from vae_core.divergences import standard_normal_kl
from vae_core.estimators import log_mean_exp
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.curve import Curve, Line
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained, images_of
from vae_core.rng import generator
from vae_core.theorems import Link, Side

SETTINGS = RunSettings(latent_dim=8)
BATCH = 32
SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
LOOKED_AT = 1024
"""Images whose codes are drawn, in batches."""
DRAWS = 20_000


def among_all(z: Tensor, q: DiagonalGaussian, batch: Tensor) -> Tensor:
    """Return log q(z|x) − log q(z) of a batch; z (B, L) are draws, q holds all N images."""
    own = DiagonalGaussian(q.mean[batch], q.log_var[batch])
    log_q_z = log_mean_exp(q.log_prob(z[:, None]).T)
    return own.log_prob(z) - log_q_z


def among_the_batch(z: Tensor, q: DiagonalGaussian, batch: Tensor) -> Tensor:
    """Return the same with q(z) made of the batch alone."""
    own = DiagonalGaussian(q.mean[batch], q.log_var[batch])
    log_q_z = log_mean_exp(own.log_prob(z[:, None]).T)
    return own.log_prob(z) - log_q_z


def _elbo(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    q = model.encode(x)
    return (model.decoder(q.at(noise[0])).log_prob(x) - standard_normal_kl(q).sum(1)).mean()


def _information(part: Part) -> Bound:
    """I_q over all watched images, in batches; as a Bound, so that it can be watched."""

    def information(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        return _in_batches(part, model.encode(x), noise[0], BATCH).mean()

    return information


def _in_batches(part: Part, q: DiagonalGaussian, noise: Tensor, size: int) -> Tensor:
    """Return log q(z|x) − log q(z) of one draw for each image of the noise, batch by batch."""
    rows = torch.arange(len(noise)).split(size)
    return torch.cat(
        [part(DiagonalGaussian(q.mean[row], q.log_var[row]).at(noise[row]), q, row) for row in rows]
    )


@torch.no_grad()
def _codes(model: VAE) -> tuple[DiagonalGaussian, Tensor]:
    """Return q(z|x) of all training images in a drawn order, and noise for the first of them."""
    x = images_of(SETTINGS).train.double()
    source = generator(SETTINGS.seed, "museum: information")
    x = x[torch.randperm(len(x), generator=source)]
    noise = torch.randn((LOOKED_AT, SETTINGS.latent_dim), generator=source, dtype=x.dtype)
    return model.encode(x), noise


@torch.no_grad()
def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    q, noise = _codes(run.last)
    values = _in_batches(part, q, noise, BATCH)
    error = float(values.std()) / math.sqrt(len(values))
    kl = float(standard_normal_kl(q).sum(1).mean())
    source = generator(SETTINGS.seed, "museum: KL(q(z) ‖ p(z))")
    beside = prior_kl(AggregatePosterior(q.mean, q.log_var), samples=DRAWS, generator=source)
    # E KL(q(z|x) ‖ p) = I_q + KL(q(z) ‖ p)
    right = Side(
        "I_q + KL(q(z) ‖ p(z))",
        float(values.mean()) + beside.value,
        math.hypot(error, beside.error),
        "Monte Carlo",
    )
    return ((Link.between(Side("E KL(q(z|x) ‖ p(z))", kl, 0.0, "exact"), right),),)


@torch.no_grad()
def _curve(run: Trained) -> Curve:
    q, noise = _codes(run.last)
    whole = float(_in_batches(among_all, q, noise, BATCH).mean())
    within = [float(_in_batches(among_the_batch, q, noise, size).mean()) for size in SIZES]
    return Curve(
        np.array(SIZES, np.float64),
        (
            Line("among all images", "sound", np.full(len(SIZES), whole)),
            Line("within a batch", "reported", np.array(within)),
            Line("log B, the ceiling", "exact", np.log(np.array(SIZES, np.float64))),
        ),
        axis="B, images in a batch",
        unit="nats",
        logarithmic=True,
        sentence=f"Within batches of {BATCH} the codes seem to hold {within[SIZES.index(BATCH)]:.1f} nats; "
        f"among all {len(q.mean):,} training images they hold {whole:.1f}.",
    )


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    off = wrong.reported - sound.reported
    choice = 0 if off < -0.05 else 1 if off > 0.05 else 2
    return Answer(
        choice,
        f"Within batches of {BATCH} it is {wrong.reported:.2f} nats, among all held-out images "
        f"{sound.reported:.2f}; log {BATCH} = {math.log(BATCH):.2f}.",
    )


MINIBATCH_INFORMATION = Bug(
    number=9,
    slug="minibatch-information",
    title="Minibatch information",
    words="The information in the codes, I(x; z), compares q(z|x) with q(z), the mixture over all images. "
    "Here the mixture is made of the minibatch alone: an image has only 31 others to be mistaken for.",
    source="lagging calc_mi and #8, disvae #54 and #60",
    question="q(z) is made of a batch of 32 images. What becomes of I(x; z)?",
    choices=(
        "Too low: no batch tells more than log 32 = 3.47 nats",
        "Too high: a batch is easier to tell apart",
        "Right on average, and only noisier",
    ),
    answer=_answer,
    shows="One model, measured twice. Within a batch of B images the estimate is capped by log B, and climbs "
    "to the truth only as the batch becomes the whole data set.",
    sound=among_all,
    wrong=among_the_batch,
    settings=SETTINGS,
    trains=lambda part: _elbo,
    reports=_information,
    in_training=False,
    identities=(
        Identity(
            title="Information and marginal make up the KL",
            statement="The mean KL of all training images in closed form, and its two parts: I(x; z) as "
            "coded on 1,024 draws, and KL(q(z) ‖ p(z)) on 20,000 others.",
            formula="E KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ p(z))",
        ),
    ),
    measure=_measure,
    curve=_curve,
    reported_as="information",
    unit="nats",
)
