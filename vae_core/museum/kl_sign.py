"""3: the KL with the wrong sign."""

from __future__ import annotations

from torch import Tensor

from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.evidence import case_of, kl_draws
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.rng import generator
from vae_core.theorems import Link, Side

SETTINGS = RunSettings()
DRAWS = 4096


def minus_half_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(q(z|x) ‖ N(0, I)) of each image."""
    kl = -0.5 * (1 + log_var - mean**2 - log_var.exp())
    return kl.sum(1)


def plus_half_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """The same without its minus sign."""
    kl = 0.5 * (1 + log_var - mean**2 - log_var.exp())
    return kl.sum(1)


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        return (model.decoder(q.at(noise[0])).log_prob(x) - part(q.mean, q.log_var)).mean()

    return bound


def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    q = case_of(SETTINGS, run.last).q
    said = Side("KL, as coded", float(part(q.mean, q.log_var).mean()), 0.0, "exact")
    value, error = kl_draws(q, generator(SETTINGS.seed, "museum: KL"), samples=DRAWS)
    drawn = Side("E_q[log q(z|x) − log p(z)]", value, error, "Monte Carlo")
    return (
        (Link(Side("0", 0.0, 0.0, "exact"), said, 0.0),),
        (Link.between(said, drawn),),
    )


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    choice = 1 if wrong.kl > 2.0 * sound.kl else 0 if wrong.kl < 0.5 * sound.kl else 2
    return Answer(
        choice, f"KL(q ‖ p) is {wrong.kl:,.0f} nats with the wrong sign, {sound.kl:.1f} with the right one."
    )


KL_SIGN = Bug(
    number=3,
    slug="kl-sign",
    title="The sign of the KL",
    words="The closed form of the KL begins with −½. Without the minus the loss rewards what it should cost.",
    source="pytorch/examples #298 and #824, AntixK #68",
    question="The KL enters the loss with the wrong sign. What does training do?",
    choices=(
        "It draws all codes to the prior",
        "It drives the codes away from the prior without end",
        "The same as before: only the printed number is off",
    ),
    answer=_answer,
    shows="The reported bound climbs without end, while the bound measured properly falls out of the "
    "picture. Codes lie so far out that the decoder sees no difference between them, and samples from the "
    "prior are noise: no code of a digit lies there.",
    sound=minus_half_kl,
    wrong=plus_half_kl,
    settings=SETTINGS,
    trains=_bound,
    reports=_bound,
    in_training=True,
    identities=(
        Identity(
            title="A KL is never negative",
            statement="The mean KL of four held-out images, as the code computes it.",
            formula="0 ≤ KL(q(z|x) ‖ p(z))",
            relation="≤",
        ),
        Identity(
            title="The closed form is the mean of a log-ratio",
            statement="The KL as coded, and the mean of log q(z|x) − log p(z) over 4,096 draws from q.",
            formula="KL(q(z|x) ‖ p(z)) = E_q[log q(z|x) − log p(z)]",
        ),
    ),
    measure=_measure,
)
