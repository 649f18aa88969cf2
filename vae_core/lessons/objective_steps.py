"""The derivation of chapter 4: from log w to two terms, to a closed form, to the mean over the data."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from vae_core.divergences import gaussian_kl
from vae_core.estimators import fitted_proposal, log_weights
from vae_core.lessons.lesson import Step
from vae_core.lessons.objective import ImageBase, ObjectiveSeen, Parts
from vae_core.rng import generator

REACH, POINTS = 7.0, 33
"""Of the grid over z, in σ of q to each side, and along each axis: odd, so that every other node is one."""
DRAWS = 512
EXACT = 1e-6


def grid_over(base: ImageBase, hand: Parts) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return an even grid of z around q, with q's mass in each cell and in each cell of half as fine a grid.

    Returns:
        z (G, L), the masses (G,) twice (the coarse ones 0 at every other node), and log q (G,).
    """
    q, dims = hand.q, base.model.latent_dim
    axis = torch.linspace(-REACH, REACH, POINTS, dtype=torch.float64)
    noise = torch.cartesian_prod(*[axis] * dims).reshape(-1, dims)
    z = q.at(noise[:, None])[:, 0]
    log_q = q.log_prob(z[:, None])[:, 0]
    # q(z) dz, with dz = Π_j σ_j dε
    cell = float(q.std.prod()) * float(axis[1] - axis[0]) ** dims
    mass = log_q.exp() * cell
    every = torch.zeros(POINTS, dtype=torch.float64)
    every[::2] = 2.0
    coarse = mass * torch.cartesian_prod(*[every] * dims).reshape(-1, dims).prod(1)
    return z, mass, coarse, log_q


@lru_cache(maxsize=8)
@torch.no_grad()
def steps(seen: ObjectiveSeen) -> tuple[Step, ...]:
    """Return the derivation, on the q that the sliders have made."""
    base, hand = seen.base, seen.hand
    z, mass, coarse, log_q = grid_over(base, hand)
    log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
    score = base.model.decode(z).log_prob(base.x.expand(len(z), -1))

    def mean(values: Tensor) -> tuple[float, float]:
        fine = float(mass @ values)
        return fine, abs(fine - float(coarse @ values))

    log_w, log_w_error = mean(score + log_prior - log_q)
    rec, rec_error = mean(score)
    kl, kl_error = mean(log_q - log_prior)
    draws = log_weights(
        base.model,
        base.x,
        samples=DRAWS,
        proposal=fitted_proposal(hand.q),
        generator=generator(0, "chapter 4, steps"),
    )[:, 0]
    sampled = 4.0 * float(draws.std()) / math.sqrt(DRAWS)
    rules = EXACT * max(1.0, abs(rec)) + hand.error
    zero, one = torch.zeros_like(hand.q.mean[0]), torch.eye(hand.q.mean.shape[1], dtype=torch.float64)
    full = float(gaussian_kl(hand.q.mean[0], torch.diag_embed(hand.q.std[0].square()), zero, one))
    return (
        Step(
            "Definition",
            f"L(x) is the mean of log w over q, w = p(x, z)/q(z|x): over a grid, and over {DRAWS} draws.",
            "{elbo: L(x)} = ∫ q(z|x) {log_weights: log w} dz",
            "1/K Σ_k {log_weights: log w_k}",
            log_w,
            float(draws.mean()),
            sampled + log_w_error + EXACT,
            kind="Monte Carlo",
        ),
        Step(
            "Log of a product",
            "log p(x, z) = log p(x|z) + log p(z): the mean of a sum is the sum of the means.",
            "∫ q(z|x) {log_weights: log w} dz",
            "{reconstruction: E_q[log p(x|z)]} − {kl: KL(q(z|x) ‖ p(z))}",
            log_w,
            hand.elbo,
            rules + log_w_error,
        ),
        Step(
            "Change of variables",
            "z = μ + σ ⊙ ε: a mean over q is one over ε, which no parameter moves.",
            "∫ q(z|x) {reconstruction: log p(x|z)} dz",
            "E_ε[{reconstruction: log p(x|}{mean: μ} + {std: σ} ⊙ {noise: ε}{reconstruction: )}]",
            rec,
            hand.reconstruction,
            rules + rec_error,
        ),
        Step(
            "Closed form",
            "Between two Gaussians the KL needs neither a grid nor draws.",
            "∫ q(z|x) [log q(z|x) − log p(z)] dz",
            "{kl: ½ Σ_j (σ_j^2 + μ_j^2 − 1 − log σ_j^2)}",
            kl,
            hand.kl,
            EXACT * max(1.0, hand.kl) + kl_error,
        ),
        Step(
            "Independent dimensions",
            "q and p are products, so the KL of all dimensions is the sum of each one’s.",
            "½ [tr Σ + μᵀμ − d − log |Σ|]",
            " + ".join(f"{{kl: KL_{j + 1}}}" for j in range(len(hand.kl_per_dimension))),
            full,
            hand.kl,
            EXACT * max(1.0, hand.kl),
        ),
        _average(seen),
    )


def _average(seen: ObjectiveSeen) -> Step:
    """Return the step from one image to the data, for the encoder's own q."""
    found = seen.average
    error = math.hypot(found.log_w_error, found.reconstruction_error)
    return Step(
        "Mean over the data",
        f"Training averages over images: here {found.images} of them with the encoder’s own q, each side "
        "with draws of its own.",
        "E_{p_D}[{elbo: L(x)}]",
        "E_{p_D}[{reconstruction: E_q log p(x|z)}] − E_{p_D}[{kl: KL(q(z|x) ‖ p(z))}]",
        found.log_w,
        found.reconstruction - found.kl,
        4.0 * error + 1e-3,
        kind="Monte Carlo",
    )
