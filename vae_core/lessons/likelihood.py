"""Chapter 1: maximum likelihood is least KL, and p(x) = ∫ p(z) p(x|z) dz is hard to sample.

E_{p_D} log p_θ(x) = −H(p_D) − KL(p_D ‖ p_θ)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.data import tiny_binary_distribution
from vae_core.estimators import effective_sample_size, log_mean_exp
from vae_core.lessons.lesson import Outcome, Step, Verdict
from vae_core.lessons.likelihood_draws import SHARPNESS, KnownPosterior, PriorDraws, heaviest, repeats
from vae_core.lessons.likelihood_family import Family, log_member
from vae_core.lessons.likelihood_toy import ToyEstimates

ASKED = 100
"""The K that the question is about."""
WORTH = 10.0
"""Effective draws that an exercise asks for."""
TOY_ASKED = 8
"""Latent dimensions that an exercise asks about."""
WITHIN = 0.1
"""Share by which a number of draws may be off."""
ROUNDING = 1e-9
"""Nats: how far two sums over all 512 images may differ."""
EVEN_GRID = 2e-3
"""Nats: what an even grid may miss of an integral."""


@dataclass(frozen=True, eq=False)
class LikelihoodSeen:
    """What the instrument is set to, and what was computed for it.

    Attributes:
        draws: Draws from the prior, scored for one image; ``None`` before there are any.
        sharp: The place of the sharpness among `SHARPNESS`.
        samples: K.
        toy: The linear model in each dimension.
        family: The family of one parameter.
        member: The place of its θ.
    """

    draws: PriorDraws | None
    sharp: int
    samples: int
    toy: tuple[ToyEstimates, ...]
    family: Family
    member: int

    @property
    def known(self) -> KnownPosterior | None:
        """What is known exactly at the sharpness that is set; ``None`` before it is."""
        return None if self.draws is None else self.draws.known[self.sharp]

    @property
    def log_p(self) -> Tensor:
        """log p(x|z) of all draws at the sharpness that is set, (N,)."""
        return torch.empty(0) if self.draws is None else self.draws.log_p[self.sharp]

    @property
    def shown(self) -> Tensor:
        """log p(x|z) of the first K draws, (≤ K,)."""
        return self.log_p[: self.samples].double()

    @property
    def estimate(self) -> float:
        """log p̂ of the first K draws, nats."""
        return float(log_mean_exp(self.shown))

    @property
    def effective(self) -> float:
        """How many draws of equal weight the first K are worth."""
        return float(effective_sample_size(self.shown))

    @property
    def heavy(self) -> int:
        """How many of the first K carry nine tenths of the weight."""
        return heaviest(self.shown)


def outcome(seen: LikelihoodSeen) -> Outcome | None:
    """Say on which side of log p(x) the estimates of 100 draws lie."""
    if seen.draws is None or seen.known is None:
        return None
    exact, values = seen.known.log_likelihood, repeats(seen.log_p, ASKED, most=len(seen.log_p))
    low, mean = float((values < exact).double().mean()), float(values.mean())
    error = float(values.std()) / math.sqrt(len(values))
    said = (
        f"With K = {ASKED}, {round(100 * low)} % of {len(values)} estimates lie too low, and their mean is "
        f"{mean:.2f} ± {error:.2f} where log p(x) is {exact:.2f}."
    ).replace("-", "−")
    if abs(mean - exact) <= 2.0 * error:
        return Outcome(0, said)
    return Outcome(1 if mean > exact else 2, said)


def steps(seen: LikelihoodSeen) -> tuple[Step, ...]:
    """Return the derivation: two steps among all 512 images, four on the image that is chosen."""
    if seen.draws is None or seen.known is None:
        return ()
    return (*family_steps(seen), *sampling_steps(seen, seen.known))


def family_steps(seen: LikelihoodSeen) -> tuple[Step, ...]:
    """Return how the KL and the likelihood hang together, at the θ that is set."""
    theta = float(seen.family.thetas[seen.member])
    p, log_p = tiny_binary_distribution()[1], log_member(theta)
    fit, kl = float(seen.family.fit[seen.member]), float(seen.family.kl[seen.member])
    data, model = torch.distributions.Categorical(p), torch.distributions.Categorical(logits=log_p)
    own = float((p * p.log()).sum())
    return (
        Step(
            "Definition of the KL",
            f"The log of a ratio is a difference of logs. Sums over all 512 images, at θ = {theta:.2f}.",
            "{kl: KL(p_D ‖ p_θ)}",
            "E_{p_D} log p_D(x) − {fit: E_{p_D} log p_θ(x)}",
            float(torch.distributions.kl_divergence(data, model)),
            own - fit,
            ROUNDING,
        ),
        Step(
            "Definition of the entropy",
            "The first of the two is −H, whatever θ is: the greatest likelihood is the least KL.",
            "{fit: E_{p_D} log p_θ(x)}",
            "− {entropy: H} − {kl: KL(p_D ‖ p_θ)}",
            fit,
            -float(data.entropy()) - kl,
            ROUNDING,
        ),
    )


def sampling_steps(seen: LikelihoodSeen, known: KnownPosterior) -> tuple[Step, ...]:
    """Return how log p(x) of the chosen image is integrated, and sampled."""
    exact = known.log_likelihood
    ratio = float(torch.exp(log_mean_exp(seen.log_p.double()) - exact))
    # Var[p̂] = p(x)² (E[p(x|z)²]/p(x)² − 1)/K, all of it known
    error = math.sqrt(max(known.draws_for_one - 1.0, 0.0) / len(seen.log_p))
    values = repeats(seen.log_p, seen.samples)
    # Var[log p̂] is about Var[p̂]/p(x)², and more where the draws are few
    foreseen = math.sqrt(max(known.draws_for_one - 1.0, 0.0) / seen.samples)
    deviation = max(foreseen, float(values.std()) if len(values) > 1 else 0.0)
    spread = deviation / math.sqrt(len(values))
    return (
        Step(
            "Sum rule",
            "p(x) adds up p(x, z) over all codes z: here by adaptive cells, and on an even grid.",
            "{log_likelihood: log p_θ(x)}",
            "log Σ_z p({z: z}) {log_weights: p_θ(x|z)} Δz",
            exact,
            known.summed,
            EVEN_GRID + known.error,
        ),
        Step(
            "The mean of a sample",
            f"The mean of p(x|z) over {len(seen.log_p):,} codes from the prior, in units of p(x).",
            "{estimate: p̂(x)} / p_θ(x)",
            "1",
            ratio,
            1.0,
            4.0 * error + known.error,
            kind="Monte Carlo",
            relation="≈",
            unit="times p(x)",
        ),
        Step(
            "Variance of a mean",
            f"Independent draws: the variance falls as 1/K. Here K = {seen.samples:,}.",
            "1/K mean of [{log_weights: p_θ(x|z)}^2 / p_θ(x)^2 − 1]",
            "Var[{estimate: p̂(x)}] / p_θ(x)^2",
            (float(torch.exp(2.0 * (seen.log_p.double() - exact)).mean()) - 1.0) / seen.samples,
            (known.draws_for_one - 1.0) / seen.samples,
            4.0 * known.spread / math.sqrt(len(seen.log_p)) / seen.samples,
            kind="Monte Carlo",
            relation="≈",
            unit="times p(x)²",
        ),
        Step(
            "Jensen's inequality",
            f"The log bends down: the mean of {len(values)} estimates, each of K = {seen.samples:,} draws.",
            "E {estimate: log p̂(x)}",
            "{log_likelihood: log p_θ(x)}",
            float(values.mean()),
            exact,
            4.0 * spread + known.error,
            kind="Monte Carlo",
            relation="≤",
        ),
    )


def check_worth(seen: LikelihoodSeen, _answer: float) -> Verdict | None:
    """Whether the K draws are worth at least ten of equal weight."""
    if seen.draws is None or seen.known is None:
        return None
    found = f"The {seen.samples:,} draws are worth {seen.effective:.1f} of equal weight"
    if seen.effective < WORTH:
        return Verdict(False, f"{found}; ask for more of them, or for another sharpness.")
    costs = f"{seen.known.draws_for_one:,.0f}"
    return Verdict(True, f"{found}. On average it takes {costs} draws for one, at sharpness {_sharp(seen)}.")


def check_toy(seen: LikelihoodSeen, answer: float) -> Verdict:
    """Whether the answer is how many draws one effective draw takes in eight dimensions."""
    by_dimension = {one.latent_dim: one.draws_for_one for one in seen.toy}
    truth, one = by_dimension[TOY_ASKED], by_dimension[1]
    if abs(float(answer) - truth) <= WITHIN * truth:
        return Verdict(True, f"Each dimension costs the same factor, {one:.3f}: together {truth:,.0f} draws.")
    return Verdict(False, "Independent dimensions: a weight is a product, and so is the mean of its square.")


def check_best(seen: LikelihoodSeen, _answer: float) -> Verdict:
    """Whether θ is where the likelihood of the data is greatest."""
    fit, kl = seen.family.fit, seen.family.kl
    if seen.member == int(fit.argmax()):
        least = f"KL(p_D ‖ p_θ) = {float(kl[seen.member]):.4f} nats is the least, too"
        return Verdict(True, f"{least}; it is not 0, for no θ gives p_D.")
    return Verdict(False, "A neighbour of this θ has a greater E log p_θ(x).")


def _sharp(seen: LikelihoodSeen) -> str:
    return f"{SHARPNESS[seen.sharp]:g}"
