"""Theorems 2, 6 and 7: what lies between the ELBO and log p(x)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from vae_core.divergences import gaussian_kl, standard_normal_kl
from vae_core.estimators import PosteriorGrid, fit_posterior
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.theorems.assumptions import EXACT_EVIDENCE
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_KL, with_misread_kl
from vae_core.units import LOG_TWO_PI

TEMPERATURES = (24, 48, 96, 192, 384, 768, 1536)
"""Gauss-Legendre nodes between 0 and 1, more until two rules agree."""
AT_ONCE = 2_000_000
"""Numbers of a table of temperatures and codes."""
SETTLED = 1e-7
WIDER = 2.0
"""Than the posterior: a q under which log w is not normal."""
ALLOWED = 1e-3
"""Nats: with errors up to it the sides still say something. They are a thousandth of that as a rule."""


def _gap(case: Case) -> Side:
    """log p(x) − ELBO."""
    (value, off, _), (elbo, elbo_off, _) = case.log_likelihood.mean(), case.elbo.mean()
    return Side("log p(x) − ELBO", value - elbo, off + elbo_off, "exact")


def _posterior_kl(case: Case) -> tuple[Link, ...]:
    """The gap, and KL(q(z|x) ‖ p(z|x))."""
    if case.linear:
        p, q = case.posterior, case.few_q.full()
        kl, error = float(gaussian_kl(q.mean, q.cov, p.mean, p.cov).mean()), 0.0
    else:
        kl, error = _kl_on_grids(case, case.few_q.full())
    return (Link.between(_gap(case), Side("KL(q(z|x) ‖ p(z|x))", kl, error, "exact")),)


def _kl_on_grids(case: Case, q: FullGaussian) -> tuple[float, float]:
    """Return the mean KL of Gaussians from p(z|x), summed on grids, and its error."""
    parts = [grid.kl_from(q.mean[row], q.cov[row]) for row, grid in enumerate(case.grids)]
    return sum(value for value, _ in parts) / len(parts), max(error for _, error in parts)


GAP_IS_KL = Theorem(
    number=2,
    title="The gap is the KL to the true posterior",
    statement="What the ELBO lacks to log p(x) is the KL divergence of the encoder's q from the true "
    "posterior, so the ELBO is a bound, and tight where q is the posterior.",
    formula="log p(x) − ELBO(x) = KL(q(z|x) ‖ p(z|x)) ≥ 0",
    source="Kingma & Welling 2014, eq. 1",
    relation="=",
    assumptions=(EXACT_EVIDENCE,),
    measure=_posterior_kl,
    exact=True,
    tolerance=1e-8,
    most_error=ALLOWED,
    break_it=with_misread_kl,
    breaks=MISREAD_KL,
)


def _parts(case: Case) -> tuple[Link, ...]:
    """The gap, and what the encoder and the family cost."""
    if case.linear:
        # Λ, the precision of p(z|x), and d, the error of the mean
        precision = torch.linalg.inv(case.posterior.cov)
        own = precision.diagonal(dim1=1, dim2=2)
        d = case.few_q.mean - case.posterior.mean
        # ½ (Σ log Λ_ii − log |Λ|), what the best diagonal q lacks
        approximation = 0.5 * (own.log().sum(1) - torch.logdet(precision))
        ratio = case.few_q.std.square() * own
        # ½ dᵀ Λ d + ½ Σ (r_i − 1 − log r_i), r_i = σ_i² Λ_ii
        shift = (d[:, None] @ precision @ d[..., None]).flatten()
        amortisation = 0.5 * (shift + (ratio - 1.0 - ratio.log()).sum(1))
        value, error = float((approximation + amortisation).mean()), 0.0
    else:
        best = _best_diagonal(case)
        (own, own_off), (other, off) = case.reconstruction(case.few_q), case.reconstruction(best)
        # ELBO of the best q less that of the encoder's
        amortisation = (other - standard_normal_kl(best).sum(1)) - (
            own - standard_normal_kl(case.few_q).sum(1)
        )
        approximation, error = _kl_on_grids(case, best.full())
        value = float(amortisation.mean()) + approximation
        error += float((own_off + off).mean())
    return (Link.between(_gap(case), Side("amortisation + approximation", value, error, "exact")),)


def _best_diagonal(case: Case) -> DiagonalGaussian:
    """Return the best diagonal q found by climbing from the encoder's and from the likeliest codes."""
    narrow = 0.5 * torch.minimum(case.few_q.std, case.moments.cov.diagonal(dim1=1, dim2=2).sqrt())
    start = DiagonalGaussian(case.moments.best, 2.0 * narrow.log())
    found = fit_posterior(case.model, case.few, family="diagonal", starts=[start], seed=case.seed)
    return DiagonalGaussian(found.q.mean, 2.0 * found.q.std.log())


GAP_SPLITS = Theorem(
    number=6,
    title="The gap splits in two",
    statement="One part of the gap is the encoder's: the best q of the family would not have it. The "
    "other is the family's: no diagonal Gaussian is the posterior.",
    formula="log p − ELBO = amortisation + approximation; linear: ½dᵀΛd + ½Σ(r_i − 1 − log r_i) + ½(Σ "
    "log Λ_ii − log |Λ|)",
    source="Cremer, Li & Duvenaud 2018, eq. 5; closed form from the conjugate Gaussian",
    relation="=",
    assumptions=(EXACT_EVIDENCE,),
    measure=_parts,
    exact=True,
    tolerance=1e-8,
    most_error=ALLOWED,
    break_it=with_misread_kl,
    breaks=MISREAD_KL,
)


def _variances(case: Case) -> tuple[Link, ...]:
    """The gap, and the mean variance of log w on the way from q to the posterior."""
    if case.linear:
        return (_shifted(case),)
    parts = [_path(case, grid, row) for row, grid in enumerate(case.grids)]
    value, error = sum(part for part, _ in parts) / len(parts), max(off for _, off in parts)
    symbol = "½ Var_0(log w)" if case.recipe.taken_for_normal else "∫₀¹ (1 − t) Var_t(log w) dt"
    return (Link.between(_gap(case), Side(symbol, value, error, "exact")),)


def _path(case: Case, grid: PosteriorGrid, row: int) -> tuple[float, float]:
    """Return ∫₀¹ (1 − t) Var_t(log w) dt, the variance under q_t ∝ q wᵗ, on one grid, and its error."""
    mean, log_var = case.q.mean[row], case.q.log_var[row]
    log_q = -0.5 * ((grid.z - mean).square() * torch.exp(-log_var) + log_var + LOG_TWO_PI).sum(1)
    log_w = grid.log_joint.flatten() - log_q
    value, error = math.nan, math.inf
    for nodes in TEMPERATURES:
        points, weights = (torch.tensor(part) for part in np.polynomial.legendre.leggauss(nodes))
        u, step = 0.5 * (points + 1.0), 0.5 * weights
        # t = u², as the variance changes fastest near t = 0; were log w normal, it would not change at all
        t = u.square()
        along = torch.zeros_like(t) if case.recipe.taken_for_normal else t
        finer = float((step * 2.0 * u * (1.0 - t)) @ _variance_along(log_q, log_w, along))
        value, error = finer, math.inf if math.isnan(value) else abs(finer - value)
        if error <= SETTLED:
            break
    # What of the posterior lies beside the grid
    return value, error + abs(grid.difference)


def _variance_along(log_q: Tensor, log_w: Tensor, t: Tensor) -> Tensor:
    """Return Var(log w) under q_t ∝ q wᵗ for each t, (T,)."""
    found = []
    for some in t.split(max(1, AT_ONCE // len(log_q))):
        q_t = torch.softmax(log_q + some[:, None] * log_w, 1)
        centred = log_w - (q_t @ log_w)[:, None]
        found.append((q_t * centred.square()).sum(1))
    return torch.cat(found)


def _shifted(case: Case) -> Link:
    """The gap of the posterior moved to the encoder's mean, under which log w is normal, and Var(log w)/2."""
    p, w = case.posterior, case.model.decoder.linears[-1].weight
    scale = WIDER if case.recipe.taken_for_normal else 1.0
    q = FullGaussian(case.few_q.mean, scale * p.root)
    # E_q log p(x|z) = log p(x|μ) − tr(W Σ Wᵀ)/2σ²
    spread = torch.trace(w @ q.cov[0] @ w.T) * torch.exp(-2.0 * case.model.decoder.log_sigma)
    expected = case.model.decode(q.mean).log_prob(case.few) - 0.5 * spread
    eye = torch.eye(case.model.latent_dim, dtype=w.dtype).expand_as(q.cov)
    elbo = expected - gaussian_kl(q.mean, q.cov, torch.zeros_like(q.mean), eye)
    gap = case.log_likelihood.value - elbo
    # With z = μ + s R ε and δ = R⁻¹ (μ − m), log w = const − ½ [(s² − 1) ‖ε‖² + 2 s ε·δ]
    delta = torch.linalg.solve_triangular(p.root, (q.mean - p.mean)[..., None], upper=False)
    variance = scale**2 * delta.square().sum((1, 2)) + 0.5 * (scale**2 - 1.0) ** 2 * len(eye[0])
    left = Side("log p(x) − ELBO", float(gap.mean()), float(case.log_likelihood.error.mean()), "exact")
    return Link.between(left, Side("½ Var(log w)", 0.5 * float(variance.mean()), 0.0, "exact"))


HALF_VARIANCE = Theorem(
    number=7,
    title="Jensen's gap is half a variance",
    statement="Where log w is normal, the gap is half its variance. In general it is an average of its "
    "variances on the way from q to the posterior, q_t ∝ q wᵗ: they are all the same where log w is "
    "normal, as where q is the posterior, shifted.",
    formula="log p(x) − ELBO = ∫₀¹ (1 − t) Var_t(log w) dt; = ½ Var(log w) where log w is normal",
    source="The cumulants of log w: Taylor's formula for log E_q wᵗ",
    relation="=",
    assumptions=(EXACT_EVIDENCE,),
    measure=_variances,
    exact=True,
    tolerance=1e-8,
    most_error=ALLOWED,
    break_it=lambda case: case.altered(taken_for_normal=True),
    breaks="log w is not normal, and half its variance under q is taken all the same.",
)
