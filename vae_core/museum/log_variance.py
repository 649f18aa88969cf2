"""2: the log-variance read as a log-standard-deviation where z is drawn, and not in the KL."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part, spoken
from vae_core.museum.evidence import case_of, gap_link
from vae_core.museum.identity import GAP, Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.rng import generator
from vae_core.theorems import Link, Side

SETTINGS = RunSettings()
DRAWS = 4096


def half_log_draw(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """Draw z from N(μ, σ²), given log σ²."""
    std = torch.exp(0.5 * log_var)
    return mean + std * noise


def whole_log_draw(mean: Tensor, log_var: Tensor, noise: Tensor) -> Tensor:
    """Draw z with σ² in place of σ."""
    std = torch.exp(log_var)
    return mean + std * noise


def _bound(part: Part) -> Bound:
    def bound(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
        q = model.encode(x)
        z = part(q.mean, q.log_var, noise[0])
        # E_q[log p(x|z)] − KL, with ½ Σ_j (σ_j² + μ_j² − 1 − log σ_j²)
        return (model.decoder(z).log_prob(x) - standard_normal_kl(q).sum(1)).mean()

    return bound


def _variances(part: Part, run: Trained) -> tuple[Link, ...]:
    """The variance of the code's own draws, and the one that its KL prices."""
    q = case_of(SETTINGS, run.last).few_q
    noise = torch.randn(
        (DRAWS, *q.mean.shape), generator=generator(SETTINGS.seed, "museum: variance"), dtype=q.mean.dtype
    )
    # log Var z − log σ² is comparable between dimensions; Var log s² ≈ 2/(S − 1) for normal draws
    found = part(q.mean, q.log_var, noise).var(0)
    error = (2.0 / (DRAWS - 1) / found.numel()) ** 0.5
    return (
        Link.between(
            Side("log Var z", float(found.log().mean()), error, "Monte Carlo"),
            Side("log σ²", float(q.log_var.mean()), 0.0, "exact"),
        ),
    )


def _measure(part: Part, run: Trained) -> tuple[tuple[Link, ...], ...]:
    return _variances(part, run), gap_link(_bound(part), SETTINGS, run.last)


def _answer(sound: Numbers, wrong: Numbers) -> Answer:
    off = wrong.reported - wrong.proper
    choice = 0 if off > 1.0 else 1 if off < -1.0 else 2
    return Answer(
        choice,
        f"It reports {spoken(wrong.reported, 1)}; sound code gives the model {spoken(wrong.proper, 1)}.",
    )


LOG_VARIANCE = Bug(
    number=2,
    slug="log-variance",
    title="Log-variance for log-σ",
    words="The encoder gives log σ². The KL reads it rightly; the draw of z takes it for log σ, and so draws "
    "with σ² where σ belongs.",
    source="keras PR #9972, closed with “its scale is irrelevant”; ctallec #13, rachtsingh/ibp_vae #3, "
    "AntixK #15 and #69",
    question="z is drawn with σ² in place of σ; the KL is right. What of the bound that the run reports?",
    choices=(
        "It is more than a nat too high",
        "It is more than a nat too low",
        "It is hardly wrong: training makes up for it",
    ),
    answer=_answer,
    shows="The pictures look fine, which is why it lasts. Codes are drawn more narrowly than they are paid "
    "for, so the reported bound runs ahead of what the model is worth.",
    sound=half_log_draw,
    wrong=whole_log_draw,
    settings=SETTINGS,
    trains=_bound,
    reports=_bound,
    in_training=True,
    identities=(
        Identity(
            title="Draws have the variance that the KL prices",
            statement="The variance of z over 4,096 draws of the code, and σ² as the encoder gives it and "
            "the KL reads it. Means of logs over two held-out images and both dimensions.",
            formula="log Var z = log σ²",
            unit="log of (prior σ)²",
        ),
        GAP,
    ),
    measure=_measure,
)
