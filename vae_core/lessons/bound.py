"""Chapter 3: log p(x) = log E_q[w] ≥ E_q[log w], for any q that a hand may have made.

log w = log p(x, z) − log q(z); what lies between both sides is KL(q ‖ p(z|x)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.diagnostics.image_gap import ImageGap
from vae_core.diagnostics.jensen import JensenPicture, jensen_picture
from vae_core.divergences import gaussian_kl
from vae_core.estimators import (
    Estimate,
    Moments,
    PosteriorGrid,
    fitted_proposal,
    log_weights,
    posterior_grid,
)
from vae_core.gaussians import FullGaussian
from vae_core.lessons.lesson import Outcome, Step, Verdict, number_verdict
from vae_core.models import VAE
from vae_core.rng import generator

DRAWS = 2000
TOUCHES = 1e-3
"""Nats: an ELBO that lies no further below log p(x) touches it."""
BULK = 5.0
"""Standard deviations of q that a grid has to cover."""
WITHIN = 0.05
"""Nats: how far off a number that is answered may be."""


@dataclass(frozen=True, eq=False)
class BoundSeen:
    """One image, its model, and the q in the hand; B = 1 everywhere, nats.

    Attributes:
        model: In float64, of two latent dimensions.
        x: (1, D).
        gap: What is known of the encoder's q and of the best ones.
        grid: p(z|x) on a grid that covers q as well.
        q: The one in the hand.
        moved: Whether a hand has moved it.
        elbo: Of that q, by Gauss-Hermite rules.
        kl: KL(q ‖ p(z|x)), summed over a grid, and its error.
        prior_kl: KL(q ‖ p(z)) in closed form.
        log_w: log w of draws from q, (N,).
        picture: Jensen's picture of these.
    """

    model: VAE
    x: Tensor
    gap: ImageGap
    grid: PosteriorGrid
    q: FullGaussian
    moved: bool
    elbo: Estimate
    kl: tuple[float, float]
    prior_kl: float
    log_w: Tensor
    picture: JensenPicture

    @property
    def log_likelihood(self) -> float:
        """log p(x) by adaptive quadrature."""
        return float(self.gap.split.log_likelihood.value)

    @property
    def best_gap(self) -> float:
        """log p(x) − ELBO of the best Gaussian that was found."""
        return float(self.gap.split.family.value)

    @property
    def first_gap(self) -> float:
        """log p(x) − ELBO of the encoder's q."""
        return float(self.gap.split.total.value)


@torch.no_grad()
def bound(model: VAE, x: Tensor, gap: ImageGap, q: FullGaussian, *, moved: bool, seed: int = 0) -> BoundSeen:
    """Measure the bound that a q gives for one image.

    Args:
        model: Of two latent dimensions.
        x: The image, (1, D).
        gap: As `image_gap` found it.
        q: Mean (1, 2) and root (1, 2, 2), float64.
        moved: Whether it is another than the encoder's.
        seed: Of the draws.
    """
    exact, x = model.double(), x.double()
    elbo, grid = quadrature_elbo(exact, x, q=q), covering(exact, x, gap, q)
    zero, one = torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    log_w = log_weights(
        exact, x, samples=DRAWS, proposal=fitted_proposal(q), generator=generator(seed, "chapter 3")
    )[:, 0]
    return BoundSeen(
        exact,
        x,
        gap,
        grid,
        q,
        moved,
        elbo,
        grid.kl_from(q.mean[0], q.cov[0]),
        float(gaussian_kl(q.mean[0], q.cov[0], zero, one)),
        log_w,
        jensen_picture(log_w, log_likelihood=gap.split.log_likelihood, elbo=elbo),
    )


def covering(model: VAE, x: Tensor, gap: ImageGap, q: FullGaussian) -> PosteriorGrid:
    """Return p(z|x) on a grid that covers q: the one that is there, or else a new one.

    Raises:
        SettingError: If the model has more than two latent dimensions.
    """
    grid = gap.posterior
    if grid is None:
        refuse("model", "must have 1 or 2 latent dimensions for a grid over z", model.latent_dim)
    low, high = q.mean[0] - BULK * q.std[0], q.mean[0] + BULK * q.std[0]
    if all(a[0] <= lo and hi <= a[-1] for a, lo, hi in zip(grid.axes, low, high, strict=True)):
        return grid
    known = gap.split.log_likelihood
    moments = Moments(known.value, known.error, grid.mean[None], grid.cov[None], grid.mean[None])
    return posterior_grid(model, x, points=len(grid.axes[0]), beside=(q.mean, q.std), moments=moments)


def outcome(seen: BoundSeen) -> Outcome:
    """Say whether any Gaussian's ELBO reaches log p(x) of this image."""
    best, known = seen.log_likelihood - seen.best_gap, seen.log_likelihood
    said = f"The best Gaussian that was found has an ELBO of {best:.3f}; log p(x) is {known:.3f}."
    said = said.replace("-", "−")
    if best > known + TOUCHES:
        return Outcome(0, said)
    if seen.model.likelihood == "gaussian" and not seen.model.hidden:
        return Outcome(1, f"{said} With a linear decoder the posterior is a Gaussian.")
    return Outcome(2, f"{said} {seen.best_gap:.4f} nats stay, for no Gaussian is quite this posterior.")


@torch.no_grad()
def steps(seen: BoundSeen) -> tuple[Step, ...]:
    """Return the derivation of the bound and of its gap, on the q in the hand."""
    grid = seen.grid
    q = torch.distributions.MultivariateNormal(seen.q.mean[0], scale_tril=seen.q.root[0])
    log_q = q.log_prob(grid.z).reshape(grid.log_density.shape)
    mass = log_q.exp() * grid.area
    # Σ_z q(z) w(z), with q(z) w(z) = p(x, z)
    log_mean = float(torch.logsumexp(grid.log_joint.flatten(), 0)) + math.log(grid.area)
    # Σ_z q(z) [log p(x, z) − log q(z)]
    mean_log = float((mass * (grid.log_joint - log_q)).sum())
    # E_q log p(x|z) = Σ_z q(z) [log p(x, z) − log p(z)]
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(grid.z).sum(1).reshape(log_q.shape)
    reconstruction = float((mass * (grid.log_joint - prior)).sum())
    known, elbo, slack = seen.log_likelihood, float(seen.elbo.value), _slack(seen)
    sampled = 4.0 * float(seen.log_w.std()) / math.sqrt(len(seen.log_w))
    return (
        Step(
            "Multiply by one",
            "q(z)/q(z) under the integral makes it an expectation over q.",
            "{log_likelihood: log p(x)}",
            "log E_q[{log_weights: w}],  w = p(x, z)/q(z)",
            known,
            log_mean,
            slack,
        ),
        Step(
            "Jensen's inequality",
            "The logarithm bends down: the log of a mean is no less than the mean of the logs.",
            "log E_q[{log_weights: w}]",
            "E_q[{log_weights: log w}] = {elbo: ELBO}",
            log_mean,
            elbo,
            slack,
            relation="≥",
        ),
        Step(
            "Draw from q",
            f"The mean of log w over {len(seen.log_w):,} draws of z estimates it.",
            "1/K Σ_k {log_weights: log w_k}",
            "{elbo: ELBO}",
            float(seen.log_w.mean()),
            elbo,
            sampled + slack,
            kind="Monte Carlo",
        ),
        Step(
            "Product rule",
            "p(x, z) = p(z) p(x|z): the bound is a reconstruction less a KL to the prior.",
            "E_q[{log_weights: log w}]",
            "{reconstruction: E_q log p(x|z)} − {kl: KL(q ‖ p(z))}",
            mean_log,
            reconstruction - seen.prior_kl,
            slack,
        ),
        Step(
            "Bayes' rule",
            "p(x, z) = p(x) p(z|x): what is missing is a KL to the true posterior.",
            "{log_likelihood: log p(x)} − {elbo: ELBO}",
            "{gap: KL(q ‖ p(z|x))}",
            known - elbo,
            seen.kl[0],
            slack,
        ),
    )


def _slack(seen: BoundSeen) -> float:
    """How far two exact values may differ: the errors that their integrals say they have, and 0.001."""
    return 1e-3 + seen.kl[1] + float(seen.elbo.error) + float(seen.gap.split.log_likelihood.error)


def check_halved(seen: BoundSeen, _answer: float) -> Verdict:
    """Whether the gap is at most halfway from the encoder's to the best one's."""
    gap, wanted = seen.log_likelihood - float(seen.elbo.value), 0.5 * (seen.first_gap + seen.best_gap)
    if not seen.moved:
        return Verdict(False, "This is still the encoder's own q: drag it.")
    if gap <= wanted:
        return Verdict(True, f"The gap is {gap:.3f} nats, where the encoder's q leaves {seen.first_gap:.3f}.")
    return Verdict(False, f"The gap is {gap:.3f} nats; it has to fall to {wanted:.3f}.")


def check_touching(seen: BoundSeen, answer: float) -> Verdict:
    """Whether the answer is what the ELBO would be if q were p(z|x): log p(x)."""
    return number_verdict(
        float(answer),
        seen.log_likelihood,
        within=WITHIN,
        why="With q = p(z|x) every weight is p(x): the mean of the logs is log p(x).",
        hint="Put p(z|x) for q into w = p(x, z)/q(z), and see what is left.",
    )


@torch.no_grad()
def check_spread(seen: BoundSeen, answer: float) -> Verdict:
    """Whether the answer names the q whose log-weights spread more: the encoder's (0) or the best one (1)."""
    encoder = seen.model.encode(seen.x)
    wide = [
        float(
            log_weights(
                seen.model,
                seen.x,
                samples=DRAWS,
                proposal=fitted_proposal(q),
                generator=generator(0, "spread"),
            ).var()
        )
        for q in (encoder.full(), seen.gap.split.full.q)
    ]
    found = f"Var(log w) is {wide[0]:.3f} with the encoder's q and {wide[1]:.3f} with the best one."
    if wide[int(answer)] >= wide[1 - int(answer)]:
        return Verdict(True, f"{found} The less the weights spread, the less Jensen's inequality costs.")
    return Verdict(False, "Look at the draws in Jensen's picture while the ellipse comes closer.")
