"""7: importance weights computed from the loss, so that the worst draws count most."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.estimators import log_mean_exp
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.evidence import autograd_slope, case_of, evidence_side, log_ratio, slope
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.rng import generator
from vae_core.theorems import Link, Side

SETTINGS = RunSettings(samples=8, reported_samples=8, steps=400)
DRAWS = 2048
FIRST_LOG_VAR = 2
"""Place of log σ_1² among the encoder's outputs."""


def importance_loss(log_w: Tensor) -> Tensor:
    """Return −L_K from log w, (K, B)."""
    loss = -log_mean_exp(log_w)
    return loss.mean()


def loss_weighted_loss(log_w: Tensor) -> Tensor:
    """Return a mean of −log w with weights from the loss."""
    loss = -log_w
    share = torch.softmax(loss, 0).detach()
    return (share * loss).sum(0).mean()


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        return -part(log_ratio(model, x, noise))

    return bound


def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    case, model = case_of(SETTINGS, run.last), run.last
    source = generator(SETTINGS.seed, "museum: weights")
    many = case.few.repeat(DRAWS, 1)
    shape = (SETTINGS.samples, len(many), SETTINGS.latent_dim)
    noise = torch.randn(shape, generator=source, dtype=many.dtype)
    with torch.no_grad():
        log_w = log_ratio(model, many, noise)
        values = torch.stack([-part(one) for one in log_w.split(2, 1)])
    error = float(values.std()) / math.sqrt(DRAWS)
    said = Side(f"reported L_{SETTINGS.samples}", float(values.mean()), error, "Monte Carlo")
    on_same = Side(said.symbol, said.value, 0.0, "same draws")
    first = Side("L_1, on the same draws,", float(log_w.mean()), 0.0, "same draws")
    order = (Link(first, on_same, 0.0), Link.between(said, evidence_side(case)))
    return order, (_slopes(part, model, many[:64], noise[:, :64]),)


def _slopes(part: Part, model: VAE, x: Tensor, noise: Tensor) -> Link:
    """Of L_K in the encoder's first log σ²: by the code's gradient, and by differences of L_K."""

    @torch.no_grad()
    def value(other: VAE) -> float:
        log_w = log_ratio(other, x, noise)
        highest = log_w.amax(0)
        # log 1/K Σ_k w_k
        return float((highest + (log_w - highest).exp().mean(0).log()).mean())

    own = autograd_slope(_bound(part), model, x, noise, place=FIRST_LOG_VAR)
    found, error = slope(value, model, place=FIRST_LOG_VAR)
    return Link(
        Side("gradient of the code", own, 0.0, "same draws"),
        Side("slope of log 1/K Σ w", found, error, "same draws"),
        error,
    )


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    ratio = wrong.std / sound.std
    choice = 0 if ratio < 0.95 else 1 if ratio > 1.05 else 2
    return Answer(choice, f"The mean σ of q(z|x) is {wrong.std:.3f} in place of {sound.std:.3f}.")


WEIGHTED_LOSS = Bug(
    number=7,
    slug="weighted-loss",
    title="Weights on the loss",
    words="An importance-weighted run weighs its K draws by the softmax of log w. Here the softmax is of the "
    "loss, −log w: the worst draw gets the largest weight.",
    source="AntixK models/iwae.py, issue #34 and PR #53",
    question="Of 8 draws the worst counts most, not the best. What does training make of q(z|x)?",
    choices=(
        "σ gets smaller: no draw may be bad",
        "σ gets larger: the bad draws are sought",
        "The same σ: weights only speed training up",
    ),
    answer=_answer,
    shows="The encoder grows timid, and draws closer to its mean. What is printed as L₈ lies below L₁ of the "
    "same draws, so 8 draws seem to make things worse.",
    sound=importance_loss,
    wrong=loss_weighted_loss,
    settings=SETTINGS,
    trains=_bound,
    reports=_bound,
    in_training=True,
    identities=(
        Identity(
            title="More draws, a tighter bound",
            statement="By Jensen’s inequality L₁ ≤ L₈ on any draws, and L₈ lies below log p(x) on average. "
            "2,048 draws of 8 for each of two held-out images.",
            formula="L_1 ≤ L_8 ≤ log p(x)",
            relation="≤",
        ),
        Identity(
            title="The gradient is the slope of the bound",
            statement="How L₈ answers to a shift of the encoder’s first log σ²: by the gradient that the "
            "code trains with, and by differences of log 1/K Σ w on the same noise.",
            formula="∂ code/∂ log σ_1² = ∂ L_8/∂ log σ_1²",
            tolerance=1e-6,
            unit="nats",
        ),
    ),
    measure=_measure,
    reported_as="L₈",
)
