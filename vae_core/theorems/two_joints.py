"""Theorem 3: the ELBO as a KL divergence of two joints, in the two orders of their factors."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.data import tiny_binary_distribution
from vae_core.finite_world import finite_world
from vae_core.theorems.assumptions import DISTINCT, MASS
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_KL, with_misread_kl
from vae_core.units import LOG_TWO_PI

DRAWS = 64
"""Of z per image."""
WORLD = (1, 3, 3)


def _two_orders(case: Case) -> tuple[Link, ...]:
    """E ELBO + H, and −KL(q(z) ‖ p(z)) − E KL(q(x|z) ‖ p(x|z)), with p_D the images at hand."""
    if case.model.image_shape == WORLD and case.model.latent_dim <= 2:
        return (_enumerated(case),)
    z = case.q.sample(case.noise("joints"), samples=DRAWS)
    # E_q log p(x|z) − KL + H, H = log N
    own = case.model.decoder(z).log_prob(case.x) - case.recipe.kl(case.q).sum(1) + math.log(len(case.x))
    other = torch.stack([_other_order(case, z[:, image]) for image in range(len(case.x))], 1)
    sides = [
        Side(symbol, float(value.mean()), _error(value), "Monte Carlo")
        for symbol, value in (
            ("E ELBO + H", own),
            ("−KL(q(z) ‖ p(z)) − E KL(q(x|z) ‖ p(x|z))", other),
        )
    ]
    # Both means are over the same codes, so that most of their noise is shared.
    return (Link(sides[0], sides[1], _error(own - other)),)


def _other_order(case: Case, z: Tensor) -> Tensor:
    """Return log p(z)/q(z) − Σ_n q(n|z) log q(n|z)/p(x_n|z) at draws z (S, L) from q(z), (S,) nats."""
    likelihood = case.model.decoder(z[:, None])
    log_p = likelihood.log_prob(case.x)
    log_q = case.q.log_prob(z[:, None]) - math.log(len(case.x))
    # q(z) = 1/N Σ_n q(z|x_n), q(n|z) = q(z|x_n)/N q(z)
    log_q_z = torch.logsumexp(log_q, 1)
    log_share = log_q - log_q_z[:, None]
    kl = (log_share.exp() * (log_share - log_p)).sum(1)
    log_prior = -0.5 * (z.square() + LOG_TWO_PI).sum(1)
    return log_prior - log_q_z - kl


def _error(values: Tensor) -> float:
    """Return the standard error of the mean of draws (S, B), each image's drawn alike."""
    return math.sqrt(float(values.var(0).sum()) / len(values)) / values.shape[1]


def _enumerated(case: Case) -> Link:
    """Both sides over all 512 images, with p_D the known distribution, and integrals over z on a grid."""
    world = finite_world(case.model)
    by_symbol = {term.symbol: term.value for form in world.forms for _, term in form.terms}
    x, p_data = tiny_binary_distribution()
    mean_kl = float(p_data @ case.recipe.kl(case.model.encode(x)).sum(1))
    left = by_symbol["E_ε log p(x|μ + σ ε)"] - mean_kl + world.entropy
    right = -by_symbol["KL(q(z) ‖ p(z))"] - by_symbol["E_q(z) KL(q(x|z) ‖ p(x|z))"]
    return Link(
        Side("E ELBO + H", left, world.forms[0].stability, "exact"),
        Side("−KL(q(z) ‖ p(z)) − E KL(q(x|z) ‖ p(x|z))", right, world.forms[6].stability, "exact"),
        max(world.forms[0].stability, world.forms[6].stability),
    )


TWO_JOINTS = Theorem(
    number=3,
    title="The ELBO compares two joints",
    statement="Up to the entropy of the data, the mean ELBO is minus a KL divergence from the inference "
    "joint to the generative one. Taken apart the other way, it is the KL of the codes and that of the "
    "decoder: what InfoVAE weighs anew. The data are the images at hand, each with probability 1/N.",
    formula="E ELBO + H = −KL(q(x, z) ‖ p(x, z)) = −KL(q(z) ‖ p(z)) − E_{q(z)} KL(q(x|z) ‖ p(x|z))",
    source="Zhao, Song & Ermon 2019, arXiv:1706.02262, section 2",
    relation="=",
    assumptions=(MASS, DISTINCT),
    measure=_two_orders,
    exact=False,
    tolerance=1e-8,
    most_error=0.5,
    break_it=with_misread_kl,
    breaks=MISREAD_KL,
)
