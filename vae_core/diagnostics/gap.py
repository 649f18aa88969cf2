"""Where the nats between log p(x) and the ELBO go: to the encoder, the diagonal, the Gaussian family."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.estimators import (
    Estimate,
    Moments,
    fitted_proposal,
    importance_log_likelihood,
    posterior_moments,
)
from vae_core.estimators.estimate import Kind
from vae_core.estimators.fits import Fit, LogJoint, Noise, elbo_on, entropy, fit_posterior, spread
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE
from vae_core.rng import generator

# Gauss-Hermite nodes along each axis of an ELBO: more for images whose last two rules differ.
NODES = (10, 14, 20, 30, 44, 64)
DRAWS = 2000
# Draws among which a start is looked for, in more than two latent dimensions.
TRIES = 200


@dataclass(frozen=True, eq=False)
class GapDecomposition:
    """log p(x) − ELBO of each image and its three parts, (B,) nats each (Cremer et al. 2018).

    Attributes:
        total: log p(x) − ELBO = KL(q(z|x) ‖ p(z|x)).
        amortization: What the best diagonal q gains over the encoder's.
        covariance: What the best q of full covariance gains over that.
        family: What is left: no Gaussian is the posterior.
        log_likelihood: log p(x), as it was used.
        elbo: Of the encoder's q.
        diagonal: The best diagonal q that was found.
        full: The best q of full covariance that was found.
    """

    total: Estimate
    amortization: Estimate
    covariance: Estimate
    family: Estimate
    log_likelihood: Estimate
    elbo: Estimate
    diagonal: Fit
    full: Fit


@torch.no_grad()
def gap_decomposition(
    model: VAE,
    x: Tensor,
    *,
    log_likelihood: Estimate | None = None,
    moments: Moments | None = None,
    tolerance: float = 1e-3,
    samples: int = 5000,
    seed: int = 0,
) -> GapDecomposition:
    """Split each image's gap into what the encoder, the diagonal and the Gaussian family cost.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        log_likelihood: log p(x) where it is known; else by quadrature in one or two latent dimensions, and in
            more the importance bound with the fitted q, so that total and family are lower bounds.
        moments: What `posterior_moments` found, where it was asked before.
        tolerance: Of quadrature, in nats.
        samples: K of the importance bound.
        seed: Of all noise.

    Returns:
        Four estimates. amortization, covariance and family rest on fits, which find a best q from several
        starts but prove nothing: these are of kind "estimate". The errors add those of the ELBOs (the
        difference from a coarser rule, or one Monte Carlo standard error), of log p(x), and what the fits
        have left to climb. The parts sum to the total.

    Raises:
        SettingError: If a setting or x breaks its rule.
    """
    check_number("samples", samples, low=2, high=10_000_000, integer=True)
    x = x.detach().double()
    exact = model.double()
    encoder = exact.encode(x)
    starts: list[DiagonalGaussian | FullGaussian] = []
    if model.latent_dim <= 2:
        moments = posterior_moments(exact, x, tolerance=tolerance) if moments is None else moments
        if log_likelihood is None:
            met = bool((moments.error <= tolerance).all())
            log_likelihood = Estimate(moments.log_mass, moments.error, "exact" if met else "estimate")
        # At the likeliest code, and narrow: where there are several modes, this finds one.
        narrow = 0.5 * torch.minimum(encoder.std, moments.cov.diagonal(dim1=1, dim2=2).sqrt())
        starts = [
            FullGaussian(moments.mean, torch.linalg.cholesky(moments.cov)),
            DiagonalGaussian(moments.best, 2.0 * narrow.log()),
        ]
    else:
        starts = [_likeliest_draw(exact, x, encoder, seed)]
    diagonal = fit_posterior(exact, x, family="diagonal", starts=starts, seed=seed)
    full = fit_posterior(exact, x, family="full", starts=[diagonal.q, *starts], seed=seed)
    if log_likelihood is None:
        wide = FullGaussian(full.q.mean, 1.2 * full.q.root)
        log_likelihood = importance_log_likelihood(
            exact,
            x,
            samples=samples,
            proposal=fitted_proposal(wide),
            generator=generator(seed, "gap"),
        )
    known = log_likelihood
    qs = [encoder.full(), diagonal.q, full.q]
    values, errors, steps = _elbos(exact, x, qs, seed, tolerance)
    kind: Kind = "lower_bound" if known.kind == "lower_bound" else "estimate"
    if known.kind == "exact" and model.latent_dim <= 2 and bool((errors[0] <= tolerance).all()):
        kind = "exact"
    return GapDecomposition(
        total=Estimate(known.value - values[0], known.error + errors[0], kind),
        amortization=Estimate(values[1] - values[0], steps[0] + diagonal.left, "estimate"),
        covariance=Estimate(values[2] - values[1], steps[1] + diagonal.left + full.left, "estimate"),
        family=Estimate(known.value - values[2], known.error + errors[2] + full.left, "estimate"),
        log_likelihood=known,
        elbo=Estimate(values[0], errors[0], "lower_bound"),
        diagonal=diagonal,
        full=full,
    )


@torch.no_grad()
def quadrature_elbo(
    model: VAE, x: Tensor, *, q: DiagonalGaussian | FullGaussian | None = None, tolerance: float = 1e-3
) -> Estimate:
    """Return the ELBO of q, by Gauss-Hermite rules that grow finer until two agree.

    Args:
        model: A VAE of latent dimension 1 or 2.
        x: Images, (B, D).
        q: One Gaussian an image; the encoder's when None.
        tolerance: What two rules may differ by, in nats.

    Returns:
        Lower bounds of log p(x) in nats, (B,) float64, without Monte Carlo noise. The error is the difference
        of the last two rules.

    Raises:
        SettingError: If the latent dimension is above 2 or x has the wrong shape.
    """
    if model.latent_dim > 2:
        refuse("model", "must have 1 or 2 latent dimensions for quadrature", model.latent_dim)
    target = LogJoint(model, x)
    own = model.encode(x.to(model.dtype)) if q is None else q
    full = FullGaussian(own.mean.double(), own.root.double())
    ladder = [Noise.grid(model.latent_dim, nodes) for nodes in NODES]
    value, error = _settled(target, ladder, full, tolerance)
    return Estimate(value, error, "lower_bound")


def _likeliest_draw(model: VAE, x: Tensor, q: DiagonalGaussian, seed: int) -> DiagonalGaussian:
    """Return q moved to the draw of a wider q that has the greatest p(x, z)."""
    noise = Noise.plain(model.latent_dim, TRIES, generator(seed, "start")).points
    z = q.mean + 2.0 * q.std * noise[:, None]
    best = LogJoint(model, x).at(z, torch.arange(len(x))).argmax(0)
    return DiagonalGaussian(z[best, torch.arange(len(x))], q.log_var)


def _elbos(
    model: VAE, x: Tensor, qs: Sequence[FullGaussian], seed: int, tolerance: float
) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Return the ELBO of each q, its error, and the error of each one's difference from the one before."""
    target, dims = LogJoint(model, x), model.latent_dim
    if dims <= 2:
        ladder = [Noise.grid(dims, nodes) for nodes in NODES]
        values, errors = zip(*(_settled(target, ladder, q, tolerance) for q in qs), strict=True)
        return list(values), list(errors), [a + b for a, b in pairwise(errors)]
    # The same fresh draws for all, so that differences are paired.
    noise, images = Noise.plain(dims, DRAWS, generator(seed, "elbo")), torch.arange(len(x))
    drawn = [target.at(spread(q, noise), images) + entropy(q.root) for q in qs]
    root = math.sqrt(DRAWS)
    return (
        [v.mean(0) for v in drawn],
        [v.std(0) / root for v in drawn],
        [(b - a).std(0) / root for a, b in pairwise(drawn)],
    )


def _settled(
    target: LogJoint, ladder: Sequence[Noise], q: FullGaussian, tolerance: float
) -> tuple[Tensor, Tensor]:
    """Return ELBOs by rules that grow finer until two agree, and how much these differ."""
    rows = torch.arange(len(q.mean))
    value = elbo_on(target, ladder[0], q, rows)
    error = torch.full_like(value, math.inf)
    for noise in ladder[1:]:
        finer = elbo_on(target, noise, FullGaussian(q.mean[rows], q.root[rows]), rows)
        error[rows] = (finer - value[rows]).abs()
        value[rows] = finer
        rows = rows[error[rows] > 0.3 * tolerance]
        if not len(rows):
            break
    return value, error
