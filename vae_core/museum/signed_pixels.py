"""5: cross-entropy on pixels that were scaled to [−1, 1]."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part, spoken
from vae_core.museum.evidence import held_out
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.theorems import Link, Side

SETTINGS = RunSettings(pixels="signed")
IMAGES = 16


def unit_entropy(logits: Tensor, pixels: Tensor) -> Tensor:
    """Log-probability of pixels that are −1 or 1."""
    x = (pixels + 1) / 2
    return x * logits - F.softplus(logits)


def signed_entropy(logits: Tensor, pixels: Tensor) -> Tensor:
    """The same without mapping them to 0 and 1."""
    x = pixels
    return x * logits - F.softplus(logits)


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        logits = model.decoder.outputs(q.at(noise[0]))
        return (part(logits, x).sum(1) - standard_normal_kl(q).sum(1)).mean()

    return bound


@torch.no_grad()
def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    x = held_out(SETTINGS, IMAGES)
    logits = run.last.decoder.outputs(run.last.encode(x).mean)
    # log Σ_x p(x|z) = Σ_d log [p(−1|z) + p(1|z)]
    both = torch.stack([part(logits, torch.full_like(logits, value)) for value in (-1.0, 1.0)])
    mass = Side("log Σ_x p(x|z)", float(torch.logsumexp(both, 0).sum(1).mean()), 0.0, "exact")
    own = Side("log p(x|z)", float(part(logits, x).sum(1).mean()), 0.0, "exact")
    zero = Side("0", 0.0, 0.0, "exact")
    return (Link(mass, zero, 0.0),), (Link(own, zero, 0.0),)


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    choice = 0 if wrong.reported > 0.0 else 2 if abs(wrong.reported - sound.reported) < 1.0 else 1
    return Answer(
        choice,
        f"It reports {spoken(wrong.reported, 0)} nats per image, the sound run {spoken(sound.reported, 0)}.",
    )


SIGNED_PIXELS = Bug(
    number=5,
    slug="signed-pixels",
    title="Cross-entropy on [−1, 1]",
    words="Pixels were normalised to [−1, 1], as image pipelines do, and go into binary cross-entropy, which "
    "is made for 0 and 1. For a pixel of −1 it has no lowest loss at all.",
    source="pytorch/examples #460 (open since 2018), lightning-bolts #177, pyro #539: cross-entropy on "
    "pixels that are not 0 or 1",
    question="Cross-entropy gets pixels of −1 and 1. What does the run report as its log-likelihood?",
    choices=(
        "It rises above 0, and goes on rising",
        "It stays below 0, but is off",
        "The same as before: it is only another scale",
    ),
    answer=_answer,
    shows="The reported number crosses 0 and climbs, as no log-probability can. Logits run off without end: "
    "one dark picture stands for all digits, and samples turn black or white.",
    sound=unit_entropy,
    wrong=signed_entropy,
    settings=SETTINGS,
    trains=_bound,
    reports=_bound,
    in_training=True,
    identities=(
        Identity(
            title="Probabilities of all images sum to one",
            statement="The log of the sum of p(x|z) over all 2⁶⁴ images: as pixels are independent given z, "
            "it is a sum over pixels. Mean over 16 held-out codes.",
            formula="log Σ_x p(x|z) = 0",
            tolerance=1e-9,
            unit="nats",
        ),
        Identity(
            title="The log of a probability is not positive",
            statement="log p(x|z) of 16 held-out images at their mean codes.",
            formula="log p(x|z) ≤ 0",
            relation="≤",
        ),
    ),
    measure=_measure,
)
