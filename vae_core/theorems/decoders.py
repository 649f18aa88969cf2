"""Theorems 14 to 17: σ, β, cross-entropy and units, on one decoder."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from vae_core.divergences import standard_normal_kl
from vae_core.estimators import log_mean_exp
from vae_core.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, on_binary
from vae_core.likelihoods.continuous_bernoulli import log_partition
from vae_core.likelihoods.score_floor import bernoulli_score_floor
from vae_core.models import VAE
from vae_core.theorems.assumptions import GAUSSIAN, IN_UNIT_INTERVAL
from vae_core.theorems.bounds import log_joint
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Assumption, Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_KL, with_misread_kl
from vae_core.units import LOG_TWO_PI

DRAWS = 8
OTHER_BETA = 4.0
"""Where the model was trained with β = 1, for which there is nothing to show."""
SCALE = 2.0
HALVINGS = 60
LOG_SIGMAS = (-12.0, 12.0)
NODES = 64
WEIGHTS = 16


def _best_sigma(case: Case) -> tuple[Link, ...]:
    """σ² that maximises E_q log p(x|z), found by bisection of its slope, and the mean squared error."""
    noise = torch.randn((DRAWS, *case.q.mean.shape), generator=case.noise("sigma"), dtype=torch.float64)
    mean = case.model.decoder(case.q.at(noise)).mean
    low, high = LOG_SIGMAS
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _slope(mean, case.x, middle) > 0.0 else (low, middle)
    # E_q ‖x − μ(z)‖²/D
    measured = case.model.decoder(case.q.at(case.recipe.code_noise * noise)).mean
    error = float((case.x - measured).square().mean())
    left = Side("argmax σ² of E_q log p(x|z)", math.exp(low + high), 0.0, "same draws")
    return (Link(left, Side("E_q ‖x − μ(z)‖²/D", error, 0.0, "same draws"), 0.0),)


@torch.enable_grad()
def _slope(mean: Tensor, x: Tensor, log_sigma: float) -> float:
    """Return the slope of the mean of log N(x; μ, σ²) in log σ."""
    at = torch.tensor(log_sigma, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(Gaussian(mean, at.exp()).log_prob(x).mean(), at)
    return float(slope)


BEST_SIGMA = Theorem(
    number=14,
    title="The best σ² is the expected squared error",
    statement="Codes and decoder as they are, the σ of the greatest likelihood is the root mean squared "
    "error, the code's own noise included; there −E log p(x|z) is D/2 (1 + log 2πσ²). A learned σ "
    "settles at it on the training images. The error of the mean code alone is another number.",
    formula="argmax_σ² E_q log N(x; μ(z), σ² I) = E_q ‖x − μ(z)‖²/D",
    source="Rybkin, Daniilidis & Levine 2021, eq. 6",
    relation="=",
    assumptions=(GAUSSIAN,),
    measure=_best_sigma,
    exact=True,
    tolerance=1e-8,
    most_error=1e-8,
    break_it=lambda case: case.altered(code_noise=0.0),
    breaks="The error is that of the mean code: the noise of z is left out.",
    unit="squared pixel values",
)


def _trade(case: Case) -> tuple[Link, ...]:
    """L(β, σ²), and β L(1, βσ²) with what differs between the two densities."""
    beta = OTHER_BETA if case.beta in (0.0, 1.0) else case.beta
    mean = case.model.decoder(case.q.sample(case.noise("trade"), samples=DRAWS)).mean
    sigma = torch.exp(case.model.decoder.log_sigma)
    # L(β, σ²) = E_q log N(x; μ, σ²) − β KL
    left = Gaussian(mean, sigma).log_prob(case.x).mean(0) - beta * case.recipe.kl(case.q).sum(1)
    wider = Gaussian(mean, sigma * math.sqrt(beta))
    other = wider.log_prob(case.x).mean(0) - standard_normal_kl(case.q).sum(1)
    log_scale = LOG_TWO_PI + 2.0 * torch.log(sigma)
    # β L(1, βσ²) + D/2 [β log 2πβσ² − log 2πσ²]
    right = beta * other + 0.5 * case.model.dimensions * (beta * (log_scale + math.log(beta)) - log_scale)
    return (
        Link(
            Side(f"L(β, σ²), β = {beta:g},", float(left.mean()), 0.0, "same draws"),
            Side("β L(1, βσ²) + ½D [β log 2πβσ² − log 2πσ²]", float(right.mean()), 0.0, "same draws"),
            0.0,
        ),
    )


BETA_IS_SIGMA = Theorem(
    number=15,
    title="β is a σ in disguise",
    statement="For a Gaussian decoder of a given σ, the β-ELBO is β times the ELBO of σ √β, but for a "
    "constant: both have the same best weights. With a learned σ the constant moves, and they have not.",
    formula="L(β, σ²) = β L(1, βσ²) + D/2 [β log 2πβσ² − log 2πσ²]",
    source="Rybkin, Daniilidis & Levine 2021, section 3; Lucas et al. 2019, section 4",
    relation="=",
    assumptions=(GAUSSIAN,),
    measure=_trade,
    exact=True,
    tolerance=1e-8,
    most_error=1e-8,
    break_it=with_misread_kl,
    breaks=MISREAD_KL,
)


def _logits(case: Case) -> Tensor | None:
    """Return the logits of pixels at the mean codes, (B, D); None where the decoder has none."""
    likelihood = case.model.decode(case.q.mean)
    if isinstance(likelihood, Bernoulli | ContinuousBernoulli):
        return likelihood.logits
    return on_binary(likelihood).logits if case.support == "binary" else None


PROBABILITIES = Assumption(
    "probabilities of pixels",
    "The decoder must say a probability for each pixel: a Gaussian does so on binary pixels only.",
    lambda case: _logits(case) is not None,
)


def _floor(case: Case) -> tuple[Link, ...]:
    """Cross-entropy, and its floor + KL; the integral of what it takes for a likelihood, and 1/C(λ)."""
    logits = _logits(case)
    if logits is None:
        return ()
    x = case.x
    cross_entropy = -Bernoulli(logits).log_prob(x)
    log_a, log_b = F.logsigmoid(logits), F.logsigmoid(-logits)
    # KL(x ‖ a) = x log x/a + (1 − x) log (1 − x)/(1 − a)
    kl = (torch.xlogy(x, x) - x * log_a + torch.xlogy(1 - x, 1 - x) - (1 - x) * log_b).sum(1)
    right = bernoulli_score_floor(x) + kl
    nodes, weights = (torch.tensor(part) for part in np.polynomial.legendre.leggauss(NODES))
    u = 0.5 * (nodes + 1.0)
    # Σ_d log ∫₀¹ λˣ (1 − λ)^{1−x} dx of one image, by Gauss-Legendre's rule
    first = logits[:1, :, None]
    inside = torch.logsumexp(Bernoulli(first).log_prob_per_dimension(u) + (0.5 * weights).log(), 2).sum(1)
    # −log C(λ) = log ∫ e^{lx} dx − log(1 + eˡ)
    closed = (log_partition(logits[:1]) - F.softplus(logits[:1])).sum(1)
    return (
        Link(
            Side("BCE(x, a)", float(cross_entropy.mean()), 0.0, "exact"),
            Side("Σ h(x) + KL(x ‖ a)", float(right.mean()), 0.0, "exact"),
            0.0,
        ),
        Link(
            Side("log ∫ e^{−BCE} dx", float(inside.mean()), 0.0, "exact"),
            Side("−Σ log C(λ)", float(closed.mean()), 0.0, "exact"),
            0.0,
        ),
    )


FLOOR = Theorem(
    number=16,
    title="Cross-entropy on grey pixels has a floor",
    statement="Cross-entropy is the entropy of the pixels and a KL from them, so on grey pixels it never "
    "reaches 0. Taken for a density on [0, 1] it integrates to 1/C(λ), at most ½ a pixel, and not to 1.",
    formula="BCE(x, a) = Σ h(x_d) + KL(x ‖ a); ∫₀¹ λˣ (1 − λ)^{1−x} dx = 1/C(λ) ≤ ½",
    source="Loaiza-Ganem & Cunningham 2019, eq. 4 and 8",
    relation="=",
    assumptions=(IN_UNIT_INTERVAL, PROBABILITIES),
    measure=_floor,
    exact=True,
    tolerance=1e-6,
    most_error=1e-6,
    break_it=lambda case: replace(case, x=2.0 * case.x - 1.0),
    breaks="Pixels are rescaled to [−1, 1].",
)


def _units(case: Case) -> tuple[Link, ...]:
    """L_K of a model in other units, and that of the model less D log a."""
    other = _rescaled(case.model, SCALE, sigma=case.recipe.scaled_sigma)
    noise = torch.randn((WEIGHTS, *case.q.mean.shape), generator=case.noise("units"), dtype=torch.float64)
    values = []
    for model, x in ((other, SCALE * case.x), (case.model, case.x)):
        at = replace(case, model=model, x=x)
        q = model.encode(x)
        z = q.at(noise)
        values.append(float(log_mean_exp(log_joint(at, x, z) - q.log_prob(z)).mean()))
    shift = case.model.dimensions * math.log(SCALE)
    return (
        Link(
            Side("L_K of a x", values[0], 0.0, "same draws"),
            Side("L_K of x − D log a", values[1] - shift, 0.0, "same draws"),
            0.0,
        ),
    )


def _rescaled(model: VAE, scale: float, *, sigma: bool) -> VAE:
    """Return the model for pixels that are `scale` times as large."""
    other = copy.deepcopy(model)
    output = other.decoder.linears[-1]
    output.weight.mul_(scale)
    output.bias.mul_(scale)
    other.encoder.linears[0].weight.div_(scale)
    if sigma:
        other.decoder.log_sigma.add_(math.log(scale))
    return other


OTHER_UNITS = Theorem(
    number=17,
    title="Other units, another log-likelihood",
    statement="Measured in pixels a times as large, the same model has a log-density lower by D log a. "
    "So densities compare in the same units only, and never with the mass of a Bernoulli.",
    formula="log p_a(a x) = log p(x) − D log a",
    source="Change of variables; Theis, van den Oord & Bethge 2016",
    relation="=",
    assumptions=(GAUSSIAN,),
    measure=_units,
    exact=True,
    tolerance=1e-8,
    most_error=1e-8,
    break_it=lambda case: case.altered(scaled_sigma=False),
    breaks="σ stays as it was, as a fixed σ does when somebody rescales the pixels.",
)
