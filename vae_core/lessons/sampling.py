"""Chapter 5: both expectations of the objective by sampling, and two estimators of its gradient.

E_f[g(u)] ≈ 1/N Σ_i g(u_i), with a standard deviation that falls as 1/√N.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor

from vae_core.lessons.lesson import Outcome, Step, Verdict, number_verdict
from vae_core.lessons.sampling_gradients import GradientDraws, ToyVariance, mean_error
from vae_core.lessons.sampling_pool import BATCHES, DRAWS, ElboPool

FIRST_BATCH, FIRST_DRAWS = 32, 1
HALVED = (16, 1)
"""N and S that an exercise starts from."""
BEYOND = 2048
"""A batch that no slider reaches."""
SHARE = 0.05
"""Of a number: how far off an answer may be."""
ALIKE = 0.55
"""Times the error bar: four times the codes that bring it so low are as good as four times the images."""
ADDED = 1000.0
"""Nats that an exercise adds to log w."""
GROWN = 1.1


@dataclass(frozen=True, eq=False)
class SamplingSeen:
    """What the instrument is set to, and what was measured for it.

    Attributes:
        pool: Terms of the ELBO of many images; ``None`` while they are drawn.
        batch: N.
        draws: S.
        estimates: Of N images and S codes, again and again, (R,) nats; empty before there is a pool.
        bars: The standard deviation of such estimates for each of `BATCHES`, at this S.
        gradients: Both estimators for one image; ``None`` while they are drawn.
        dimension: Which μ_j, from 0.
        baseline: Whether E log w is subtracted from log w in the score-function estimator.
        toy: Both variances of the toy for each number of dimensions.
        toy_dimensions: The number that is set.
    """

    pool: ElboPool | None
    batch: int
    draws: int
    estimates: Tensor
    bars: Sequence[float]
    gradients: GradientDraws | None
    dimension: int
    baseline: bool
    toy: tuple[ToyVariance, ...]
    toy_dimensions: int

    @property
    def pathwise(self) -> Tensor:
        """The reparameterised gradient of each draw by μ_j, (K,)."""
        return torch.empty(0) if self.gradients is None else self.gradients.pathwise[:, self.dimension]

    @property
    def score(self) -> Tensor:
        """The score-function gradient of each draw by μ_j, (K,)."""
        if self.gradients is None:
            return torch.empty(0)
        subtracted = self.gradients.elbo if self.baseline else 0.0
        return self.gradients.scored(subtracted)[:, self.dimension]

    @property
    def exact_gradient(self) -> float:
        """∂L/∂μ_j; no number before it is there."""
        return math.nan if self.gradients is None else float(self.gradients.exact[self.dimension])


def outcome(seen: SamplingSeen) -> Outcome | None:
    """Say whether four times the images or four times the codes lower the error bar more."""
    if seen.pool is None:
        return None
    now = seen.pool.error_bar(*HALVED)
    images = seen.pool.error_bar(4 * HALVED[0], HALVED[1])
    codes = seen.pool.error_bar(HALVED[0], 4 * HALVED[1])
    said = (
        f"With {HALVED[0]} images and one code each the error bar is {now:.3g} nats. Four times the images "
        f"bring it to {images:.3g}, four times the codes to {codes:.3g}."
    )
    return Outcome(2 if codes < ALIKE * now else 0, said)


def steps(seen: SamplingSeen) -> tuple[Step, ...]:
    """Return the derivation: the minibatch first, then the gradient of one image."""
    if seen.pool is None or seen.gradients is None:
        return ()
    return (*pool_steps(seen, seen.pool), *gradient_steps(seen, seen.gradients))


def pool_steps(seen: SamplingSeen, pool: ElboPool) -> tuple[Step, ...]:
    """Return mean and variance of a minibatch's estimate, and where the variance comes from."""
    values, bar = seen.estimates, pool.error_bar(seen.batch, seen.draws)
    single = pool.log_prob - pool.kl
    heavy = _kurtosis(single.flatten())
    # Var of a sample variance: σ⁴ (κ − 1)/R, where κ of a mean of N is 3 + (κ₁ − 3)/N
    scatter = math.sqrt(max(heavy - 3.0, 0.0) / seen.batch + 2.0) / math.sqrt(len(values))
    total = float(pool.fresh.var())
    tail = math.sqrt(max(heavy, _kurtosis(pool.fresh)) - 1.0) / math.sqrt(len(pool.fresh))
    return (
        Step(
            "Expectation is linear",
            f"The mean of {len(values)} estimates, each of N = {seen.batch} and S = {seen.draws}, is the "
            "mean over all images of the pool.",
            "E {estimate: L̂}",
            "{elbo: E_{p_D} L(x)}",
            float(values.mean()),
            pool.mean,
            4.0 * bar / math.sqrt(len(values)),
            kind="Monte Carlo",
        ),
        Step(
            "Law of total variance",
            f"One image, one code: what {len(pool.fresh)} new ones vary by is what images differ by, and "
            "what the codes of one image differ by.",
            "Var {estimate: L̂_1}",
            "{between: Var_x L(x)} + {within: E_x Var_z log p(x|z)}",
            total,
            pool.between + pool.within,
            4.0 * tail * max(total, pool.between + pool.within),
            kind="Monte Carlo",
            unit="squared nats",
        ),
        Step(
            "Variance of a mean",
            "Independent draws: the variance of their mean is theirs, divided by their number.",
            "Std {estimate: L̂}",
            "√( {between: Var_x L(x)}/N + {within: E_x Var_z log p(x|z)}/(N S) )",
            float(values.std()),
            bar,
            4.0 * 0.5 * scatter * bar,
            kind="Monte Carlo",
        ),
    )


def gradient_steps(seen: SamplingSeen, found: GradientDraws) -> tuple[Step, ...]:
    """Return reparameterisation and the score function, on the chosen image."""
    j = seen.dimension
    exact, size = float(found.exact[j]), 1.0 + float(found.exact[j].abs())
    slack = 1e-5 * size + 2.0 * found.gradient_off
    score, name = found.score[:, j], f"μ_{j + 1}"
    unit = "nats per prior σ"
    return (
        Step(
            "Change of variables",
            "z = μ + σ ⊙ ε has the distribution q: a sum over codes z becomes one over noise ε.",
            "E_{{z: z}~q} log p(x|{z: z})",
            "E_{{noise: ε}} log p(x|{mean: μ} + {std: σ} ⊙ {noise: ε})",
            found.by_codes,
            found.by_noise,
            1e-4 + 2.0 * found.off,
        ),
        Step(
            "Differentiate inside",
            "The noise does not depend on μ, so the slope of the mean is the mean of the slopes. Left, a "
            "difference quotient.",
            f"∂{{elbo: L}}/∂{{mean: {name}}}",
            "{pathwise: E_ε ∂_z log p(x, z)}",
            exact,
            float(found.pathwise_mean[j]),
            slack,
            unit=unit,
        ),
        Step(
            "Derivative of a log",
            "∂q = q ∂log q turns the slope of q into an expectation, without a slope of the decoder.",
            f"∂{{elbo: L}}/∂{{mean: {name}}}",
            f"{{score: E_q[log w · ∂log q(z)/∂{name}]}}",
            exact,
            float(found.score_mean[j]),
            slack,
            unit=unit,
        ),
        Step(
            "The score has mean zero",
            f"q always sums to one, so a constant may be taken from log w. Here {len(score):,} draws.",
            f"E_q[∂log q(z)/∂{name}]",
            "0",
            float(score.mean()),
            0.0,
            4.0 * mean_error(score),
            kind="Monte Carlo",
            unit="per prior σ",
        ),
    )


def _kurtosis(values: Tensor) -> float:
    """Return the fourth moment about the mean over the squared variance; 3 for a Gaussian."""
    centred = values - values.mean()
    return float(centred.pow(4).mean() / centred.square().mean().square())


def cheapest(pool: ElboPool, aim: float) -> tuple[int, int] | None:
    """Return the N and S of the sliders with the fewest codes whose error bar is at most `aim`."""
    good = [
        (batch * draws, draws, batch)
        for batch, draws in product(BATCHES, DRAWS)
        if pool.error_bar(batch, draws) <= aim * (1.0 + 1e-9)
    ]
    return (min(good)[2], min(good)[1]) if good else None


def check_cheapest(seen: SamplingSeen, _answer: float) -> Verdict | None:
    """Whether N and S halve the error bar of 16 images and one code, with as few codes as can be."""
    if seen.pool is None:
        return None
    aim, here = 0.5 * seen.pool.error_bar(*HALVED), seen.pool.error_bar(seen.batch, seen.draws)
    best = cheapest(seen.pool, aim)
    if here > aim * (1.0 + 1e-9):
        return Verdict(False, f"The error bar is {here:.3g} nats; it has to be {aim:.3g} or less.")
    if best is None or seen.batch * seen.draws > best[0] * best[1]:
        return Verdict(False, "It is short enough, but fewer codes in all would do.")
    return Verdict(
        True,
        f"{seen.batch * seen.draws} codes in all: the error bar is {here:.3g} nats. Each code is best spent "
        "on an image of its own.",
    )


def check_beyond(seen: SamplingSeen, answer: float) -> Verdict | None:
    """Whether the answer is the error bar of a batch beyond the slider, at the S that is set."""
    if seen.pool is None:
        return None
    truth = seen.pool.error_bar(BEYOND, seen.draws)
    return number_verdict(
        float(answer),
        truth,
        within=SHARE * truth,
        why=f"It is {truth:.3g} nats: four times the images halve the error bar, whatever it was.",
        hint="Take a batch that the slider reaches, and divide its error bar by the root of the ratio.",
    )


def check_constant(seen: SamplingSeen, answer: float) -> Verdict | None:
    """Whether the answer names the estimator that scatters more once a constant is added to log w."""
    if seen.gradients is None:
        return None
    found, j = seen.gradients, seen.dimension
    before = float(found.scored(found.elbo)[:, j].std())
    after = float(found.scored(found.elbo - ADDED)[:, j].std())
    # the slopes of log p(x, z) + c are those of log p(x, z)
    grown = (False, after > GROWN * before)
    right = (grown == (True, False), grown == (False, True), all(grown))[int(answer)]
    if right:
        return Verdict(
            True,
            f"The score function’s spread goes from {before:,.3g} to {after:,.3g}. The other one knows the "
            "decoder only by its slope, and a constant has none.",
        )
    return Verdict(False, "Which of the two formulae has log w in it, and which only a slope of it?")
