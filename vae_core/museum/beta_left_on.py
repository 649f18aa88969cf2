"""10: the β of training left in the bound that is reported."""

from __future__ import annotations

from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part, spoken
from vae_core.museum.evidence import below_evidence, gap_link
from vae_core.museum.identity import BELOW, GAP
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.theorems import Link

SETTINGS = RunSettings()
BETA = 0.2


def plain_bound(reconstruction: Tensor, kl: Tensor, beta: float) -> Tensor:
    """Return the ELBO of each image, whatever β trained the model."""
    elbo = reconstruction - kl
    return elbo


def weighted_bound(reconstruction: Tensor, kl: Tensor, beta: float) -> Tensor:
    """Return what training maximises."""
    elbo = reconstruction - beta * kl
    return elbo


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        reconstruction = model.decoder(q.at(noise[0])).log_prob(x)
        return part(reconstruction, standard_normal_kl(q).sum(1), BETA).mean()

    return bound


def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    bound = _bound(part)
    return below_evidence(bound, SETTINGS, run.last), gap_link(bound, SETTINGS, run.last)


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    off = wrong.reported - sound.reported
    choice = 0 if off > 1.0 else 1 if off < -1.0 else 2
    return Answer(
        choice,
        f"It reports {spoken(wrong.reported, 1)}; at β = 1 the same model has {spoken(sound.reported, 1)}.",
    )


BETA_LEFT_ON = Bug(
    number=10,
    slug="beta-left-on",
    title="β left on",
    words="A model is trained with β = 0.2, which is allowed. Its evaluation uses the same function, and so "
    "reports reconstruction − 0.2 · KL as its bound.",
    source="lagging #9, altosaar #22 (β below 1 is no bound), LION #17 (the loss rises during warm-up)",
    question="A model trained with β = 0.2 is evaluated with β = 0.2. What of the bound that is reported?",
    choices=(
        "More than a nat too high",
        "More than a nat too low",
        "Right: it is what was trained",
    ),
    answer=_answer,
    shows="One model, evaluated twice, so the pictures are the same. The curves draw apart as the codes get "
    "longer: four fifths of the KL that they cost are left out of what is reported.",
    sound=plain_bound,
    wrong=weighted_bound,
    settings=SETTINGS,
    trains=lambda part: _bound(weighted_bound),
    reports=_bound,
    in_training=False,
    identities=(BELOW, GAP),
    measure=_measure,
)
