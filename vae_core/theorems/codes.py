"""Theorems 4, 5, 13 and 20: the KL to the prior, what it is made of, and what it bounds."""

from __future__ import annotations

import math

import torch

from vae_core.diagnostics import AggregatePosterior, prior_kl
from vae_core.diagnostics.kl_split import marginal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.theorems.assumptions import distinct, mass
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_KL, negative_kl, with_a_batch, with_misread_kl
from vae_core.units import LOG_TWO_PI

DRAWS = 20_000
REACH = 10.0
NODES = 401
DECODED = 32
"""Draws per image for a distortion."""


def mixture(case: Case, images: int | None = None) -> AggregatePosterior:
    """Return q(z), the mixture over the first images, or over all of them."""
    return AggregatePosterior(case.q.mean[:images], case.q.log_var[:images])


def _mean_kl(case: Case) -> Side:
    """E KL(q(z|x) ‖ p(z)), in closed form."""
    return Side("E KL(q(z|x) ‖ p(z))", float(case.recipe.kl(case.q).sum(1).mean()), 0.0, "exact")


def information(case: Case) -> Side:
    """I_q(x; z) = E KL(q(z|x_n) ‖ q(z)), by draws from each q(z|x_n)."""
    count = len(case.x) if case.recipe.batch is None else case.recipe.batch
    whole = mixture(case, count)
    q = DiagonalGaussian(whole.mean, whole.log_var)
    z = q.sample(case.noise("information"), samples=max(2, DRAWS // count))
    # log q(z|x_n) − log q(z)
    ratio = q.log_prob(z) - whole.log_density(z.flatten(0, 1)).reshape(z.shape[:2])
    error = math.sqrt(float(ratio.var(0).sum()) / len(ratio)) / count
    return Side("I_q(x; z)", float(ratio.mean()), error, "Monte Carlo")


def _surgery(case: Case) -> tuple[Link, ...]:
    """The mean KL, and I_q + KL(q(z) ‖ p(z))."""
    own = information(case)
    whole = prior_kl(mixture(case), samples=DRAWS, generator=case.noise("prior"))
    right = Side(
        "I_q(x; z) + KL(q(z) ‖ p(z))",
        own.value + whole.value,
        math.hypot(own.error, whole.error),
        "Monte Carlo",
    )
    return (Link.between(_mean_kl(case), right),)


SURGERY = Theorem(
    number=4,
    title="The mean KL is information and misfit",
    statement="The mean KL to the prior is the information that a code has about its image, at most log "
    "N, and the KL of the aggregate posterior from the prior.",
    formula="E KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ p(z)), 0 ≤ I_q ≤ log N",
    source="Hoffman & Johnson 2016",
    relation="=",
    assumptions=(),
    measure=_surgery,
    exact=False,
    tolerance=0.0,
    most_error=0.05,
    break_it=with_a_batch,
    breaks="The information is estimated within a minibatch, half of the images, where log B caps it.",
)


def _correlation(case: Case) -> tuple[Link, ...]:
    """KL(q(z) ‖ p(z)), and total correlation + Σ_j KL(q(z_j) ‖ p(z_j))."""
    whole = mixture(case)
    kl = prior_kl(whole, samples=DRAWS, generator=case.noise("prior"))
    z = whole.sample(DRAWS, case.noise("correlation"))
    eye = torch.eye(whole.latent_dim, dtype=z.dtype)
    alone = [whole.along(axis[None]).log_density(z @ axis[:, None]) for axis in eye]
    # TC = E log q(z)/Π_j q(z_j)
    ratio = whole.log_density(z) - torch.stack(alone).sum(0)
    parts = [marginal_kl(mixture(case, case.recipe.batch), j) for j in range(whole.latent_dim)]
    value = float(ratio.mean()) + sum(part for part, _ in parts)
    error = float(ratio.std()) / math.sqrt(len(ratio)) + sum(off for _, off in parts)
    left = Side("KL(q(z) ‖ p(z))", kl.value, kl.error, "Monte Carlo")
    return (Link.between(left, Side("TC + Σ_j KL(q(z_j) ‖ p(z_j))", value, error, "Monte Carlo")),)


TOTAL_CORRELATION = Theorem(
    number=5,
    title="The misfit is dependence and shape",
    statement="The KL of the aggregate posterior from the prior is the total correlation of the codes "
    "and, for each code, the KL of its own distribution.",
    formula="KL(q(z) ‖ p(z)) = TC + Σ_j KL(q(z_j) ‖ p(z_j)), TC = KL(q(z) ‖ Π_j q(z_j))",
    source="Chen, Li, Grosse & Duvenaud 2018, eq. 2",
    relation="=",
    assumptions=(),
    measure=_correlation,
    exact=False,
    tolerance=0.0,
    most_error=0.05,
    break_it=with_a_batch,
    breaks="The KL of each code is that of a minibatch, half of the images, and the rest that of all.",
)


def _rate(case: Case) -> tuple[Link, ...]:
    """H − D ≤ I_q ≤ R, with p_D the images at hand; the first only where p(x|z) is a mass function."""
    own = information(case)
    right = _mean_kl(case)
    links = [Link.between(own, Side("R", right.value, 0.0, "exact"))]
    if mass(case) and distinct(case):
        z = case.q.sample(case.noise("distortion"), samples=DECODED)
        # D = −E_q log p(x|z)
        scores = case.model.decoder(z).log_prob(case.x)
        error = math.sqrt(float(scores.var(0).sum()) / len(scores)) / len(case.x)
        value = math.log(len(case.x)) + float(scores.mean())
        links.insert(0, Link.between(Side("H − D", value, error, "Monte Carlo"), own))
    return tuple(links)


RATE = Theorem(
    number=13,
    title="Rate bounds information",
    statement="The information in the codes is at most the rate, the mean KL. On data of entropy H it is "
    "at least H − D, D the distortion; that is looked at where p(x|z) is a probability and H = log N is "
    "known.",
    formula="H − D ≤ I_q(x; z) ≤ R",
    source="Alemi et al. 2018, eq. 3",
    relation="≤",
    assumptions=(),
    measure=_rate,
    exact=False,
    tolerance=0.0,
    most_error=0.05,
    break_it=lambda case: case.altered(kl=negative_kl),
    breaks="The KL has the wrong sign.",
)


def _closed_form(case: Case) -> tuple[Link, ...]:
    """The closed form, and the integral by the trapezoid rule."""
    mean, std = case.q.mean[..., None], case.q.std[..., None]
    noise = torch.linspace(-REACH, REACH, NODES, dtype=mean.dtype)
    z = mean + std * noise
    log_q = -0.5 * (((z - mean) / std).square() + LOG_TWO_PI) - std.log()
    log_p = -0.5 * (z.square() + LOG_TWO_PI)
    # ∫ q (log q − log p) dz, dz = σ dε
    integral = (log_q.exp() * (log_q - log_p) * std).sum(-1) * (noise[1] - noise[0])
    right = Side("∫ q (log q − log p) dz", float(integral.sum(1).mean()), 0.0, "exact")
    return (Link.between(_mean_kl(case), right),)


CLOSED_KL = Theorem(
    number=20,
    title="The KL's closed form is its integral",
    statement="The KL of a diagonal Gaussian from the standard normal needs no sampling: its closed form "
    "is the integral that defines it.",
    formula="½ Σ_j (σ_j² + μ_j² − 1 − log σ_j²) = ∫ q(z|x) log q(z|x)/p(z) dz",
    source="Kingma & Welling 2014, appendix B",
    relation="=",
    assumptions=(),
    measure=_closed_form,
    exact=True,
    tolerance=1e-8,
    most_error=1e-8,
    break_it=with_misread_kl,
    breaks=MISREAD_KL,
)
