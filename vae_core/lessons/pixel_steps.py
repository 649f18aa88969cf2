"""Chapter 6: the derivations, for a Bernoulli and for a Gaussian decoder."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.lessons.lesson import Step
from vae_core.lessons.pixels import UNIT, PixelsSeen
from vae_core.likelihoods import Bernoulli, Gaussian, Likelihood

GREY = 0.5
"""The reconstruction that another is compared with: every pixel half-way."""
NUDGE = 1e-4
"""Of log σ, for a slope."""


def steps(seen: PixelsSeen) -> tuple[Step, ...]:
    """Return the derivation of the decoder at hand."""
    if isinstance(seen.likelihood, Bernoulli):
        return bernoulli_steps(seen, seen.likelihood)
    return gaussian_steps(seen)


def log_of_product(factors: Tensor) -> float:
    """Return the log of a product of many positive numbers, multiplied as they are.

    Mantissa and exponent are kept apart, so that a product of 784 small numbers does not vanish.

    Args:
        factors: (D,).
    """
    mantissa, exponent = 1.0, 0
    for factor in factors.tolist():
        mantissa, more = math.frexp(mantissa * factor)
        exponent += more
    return math.log(mantissa) + exponent * math.log(2.0)


def slack(value: float) -> float:
    """How far two sums over all pixels may differ by rounding, nats."""
    return 1e-9 * (1.0 + abs(value))


def bernoulli_steps(seen: PixelsSeen, likelihood: Bernoulli) -> tuple[Step, ...]:
    """From logits to a floor: four steps."""
    x, logits = seen.x[0], likelihood.logits[0]
    # a = 1/(1 + e^{−l}),  1 − a = 1/(1 + eˡ)
    a, rest = 1.0 / (1.0 + torch.exp(-logits)), 1.0 / (1.0 + torch.exp(logits))
    by_a = float((torch.xlogy(x, a) + torch.xlogy(1.0 - x, rest)).sum())
    # h(x) + KL(x ‖ a) = −Σ x log x + (1 − x) log(1 − x) + Σ x log(x/a) + (1 − x) log[(1 − x)/(1 − a)]
    kl = float((torch.xlogy(x, x / a) + torch.xlogy(1.0 - x, (1.0 - x) / rest)).sum())
    name = "log p(x|z)" if seen.binary else "s(x, z)"
    total, allowed = seen.total, 1e-6 + slack(seen.total)
    return (
        Step(
            "Independent pixels",
            "Given z the pixels are independent: the log of a product of 0 to 1 is a sum of logs.",
            f"{{reconstruction: {name}}} = log Π_d {{a: a_d}}^{{x_d}} (1 − {{a: a_d}})^{{1−x_d}}",
            "Σ_d x_d log {a: a_d} + (1 − x_d) log(1 − {a: a_d})",
            log_of_product(a**x * rest ** (1.0 - x)),
            by_a,
            allowed,
        ),
        Step(
            "Sigmoid",
            "a is the sigmoid of the logit l. Code takes l: the log of a rounded probability is not safe.",
            "Σ_d x_d log {a: a_d} + (1 − x_d) log(1 − {a: a_d})",
            "Σ_d x_d l_d − log(1 + e^{l_d})",
            by_a,
            total,
            allowed,
        ),
        Step(
            "Entropy and KL",
            "A cross-entropy is an entropy and a KL; only the KL depends on the decoder.",
            f"− {{reconstruction: {name}}}",
            "Σ_d h(x_d) + Σ_d KL(x_d ‖ {a: a_d})",
            -total,
            seen.floor + kl,
            allowed,
        ),
        Step(
            "KL ≥ 0",
            "No decoder gets below the entropies. On black and white pixels they are 0.",
            f"− {{reconstruction: {name}}}",
            "Σ_d h(x_d)",
            -total,
            seen.floor,
            allowed,
            relation="≥",
        ),
    )


def gaussian_steps(seen: PixelsSeen) -> tuple[Step, ...]:
    """From a density to the best σ, what σ = 1 costs, and β: six steps."""
    x, mean, sigma = seen.x, seen.likelihood.mean, seen.sigma
    errors, pixels = seen.reference, seen.x.shape[1]
    best, squared = errors.best_sigma, float((x - mean).square().sum())

    def log_p(width: float, around: Tensor = mean) -> float:
        return float(_gaussian(around, width).log_prob(x)[0])

    grey = torch.full_like(mean, GREY)
    density = torch.exp(-0.5 * ((x - mean) / sigma).square()) / math.sqrt(2.0 * math.pi * sigma**2)
    slope = (log_p(sigma * math.exp(NUDGE)) - log_p(sigma * math.exp(-NUDGE))) / (2.0 * NUDGE)
    plain = -0.5 * squared - 0.5 * pixels * math.log(2.0 * math.pi)
    highest = -0.5 * pixels * (1.0 + math.log(2.0 * math.pi * best**2))
    here, unit = log_p(sigma), log_p(UNIT)
    far = log_p(sigma, grey)
    return (
        Step(
            "Independent pixels",
            f"The log of a product of densities is a sum of logs; σ is the one that is set, {sigma:g}.",
            "log Π_d N(x_d; {mu: μ_d}, {sigma: σ^2})",
            "− ½ Σ_d [(x_d − {mu: μ_d})^2/{sigma: σ^2} + log 2π{sigma: σ^2}]",
            log_of_product(density[0]) if float(density.min()) > 0.0 else float(density.log().sum()),
            here,
            1e-6 + slack(here),
        ),
        Step(
            "Put σ = 1 in",
            "What is left is half of the squared error, and a constant that code often drops.",
            "{reconstruction: log p_{σ=1}(x|z)}",
            "− ½ Σ_d (x_d − {mu: μ_d})^2 − D/2 log 2π",
            unit,
            plain,
            slack(plain),
        ),
        Step(
            "Derivative",
            "By log σ, at the σ that is set: above 0 the log-likelihood would rise with σ.",
            "d {reconstruction: log p(x|z)} / d log {sigma: σ}",
            "Σ_d (x_d − {mu: μ_d})^2/{sigma: σ^2} − D",
            slope,
            squared / sigma**2 - pixels,
            1e-3 + 1e-6 * abs(squared / sigma**2),
            unit="nats per log σ",
        ),
        Step(
            "Slope zero",
            f"It is 0 where σ² is the mean squared error, {best**2:.4g}: the error term is D/2 there.",
            "{reconstruction: log p_{best}(x|z)}",
            "− D/2 (1 + log 2π{sigma: σ_{best}^2})",
            log_p(best),
            highest,
            slack(highest),
        ),
        Step(
            "Subtract",
            "What σ = 1 costs depends on the mean squared error alone.",
            "{reconstruction: log p_{best}(x|z)} − {reconstruction: log p_{σ=1}(x|z)}",
            "D/2 ({sigma: σ_{best}^2} − 1 − log {sigma: σ_{best}^2})",
            log_p(best) - unit,
            errors.excess(UNIT),
            slack(unit),
        ),
        Step(
            "Constants cancel",
            "Against an image all of ½, σ only divides by σ²: the same as a KL weighed with β = σ².",
            "log p_σ(x|{mu: μ}) − log p_σ(x|½)",
            "1/{sigma: σ^2} [log p_{σ=1}(x|{mu: μ}) − log p_{σ=1}(x|½)]",
            here - far,
            (unit - log_p(UNIT, grey)) / sigma**2,
            1e-6 + slack(here) + slack(far),
        ),
    )


def _gaussian(mean: Tensor, sigma: float) -> Likelihood:
    return Gaussian(mean, torch.tensor(sigma, dtype=torch.float64))
