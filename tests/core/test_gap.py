"""Fits of q, and the gap's parts, against the linear model's closed forms and brute force."""

import math

import pytest
import torch

import vae_core
from vae_core.checks import SettingError
from vae_core.diagnostics import gap_decomposition
from vae_core.estimators import (
    fit_posterior,
    linear_gaussian_log_likelihood,
    posterior_grid,
    quadrature_log_likelihood,
)
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def linear(latent_dim, sigma=0.6, seed=3):
    model = VAE((1, 2, 3), latent_dim=latent_dim, hidden=(), likelihood="gaussian", sigma=sigma, seed=seed)
    x = 1.5 * torch.randn(4, 6, generator=seeded(1), dtype=F64)
    return model.double(), x


def posterior(model, x):
    w, b = model.decoder.linears[0].weight.detach(), model.decoder.linears[0].bias.detach()
    variance = math.exp(2.0 * float(model.decoder.log_sigma))
    precision = torch.eye(model.latent_dim, dtype=F64) + w.T @ w / variance
    return (x - b) @ w @ torch.linalg.inv(precision) / variance, precision


@pytest.mark.parametrize("latent_dim", [1, 2, 5])
def test_the_parts_of_a_linear_models_gap_are_the_closed_forms(latent_dim):
    model, x = linear(latent_dim)
    mean, precision = posterior(model, x)
    exact = linear_gaussian_log_likelihood(model, x)
    parts = gap_decomposition(model, x, log_likelihood=exact, tolerance=1e-6)
    # the best diagonal leaves ½ (Σ log Λ_ii − log |Λ|)
    leaves = 0.5 * (precision.diagonal().log().sum() - torch.logdet(precision))
    # the encoder: ½ dᵀ Λ d for its mean, ½ Σ (Λ_ii s_i − 1 − log Λ_ii s_i) for its variances s
    with torch.no_grad():
        q = model.encode(x)
    d, ratio = q.mean - mean, precision.diagonal() * q.std**2
    costs = 0.5 * ((d @ precision) * d).sum(1) + 0.5 * (ratio - 1.0 - ratio.log()).sum(1)
    slack = 1e-6 if latent_dim <= 2 else 4.0  # Monte Carlo beyond two dimensions, in standard errors
    for part, truth in (
        (parts.amortization, costs),
        (parts.covariance, leaves.expand(4)),
        (parts.family, torch.zeros(4, dtype=F64)),
        (parts.total, costs + leaves),
    ):
        allowed = slack if latent_dim <= 2 else slack * part.error + 1e-6
        assert bool(((part.value - truth).abs() <= allowed).all())
    torch.testing.assert_close(
        parts.total.value, parts.amortization.value + parts.covariance.value + parts.family.value
    )
    # the fits themselves converge to the best q, whatever the noise
    torch.testing.assert_close(parts.full.q.mean, mean, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(
        parts.full.q.cov, torch.linalg.inv(precision).expand(4, -1, -1), rtol=1e-3, atol=1e-4
    )
    torch.testing.assert_close(
        parts.diagonal.q.std, precision.diagonal().rsqrt().expand(4, -1), rtol=1e-3, atol=0
    )
    assert bool((parts.full.left <= 1e-6).all())


def test_an_error_of_the_mean_costs_half_d_precision_d():
    model, x = linear(2)
    mean, precision = posterior(model, x)
    d = torch.tensor([0.3, -0.2], dtype=F64)
    best = precision.diagonal().log().neg().expand(4, 2)
    costs = []
    for shift in (0.0 * d, d):
        model.encode = lambda x, shift=shift: DiagonalGaussian(mean + shift, best)
        costs.append(gap_decomposition(model, x, tolerance=1e-6).amortization.value)
    assert bool((costs[0].abs() < 1e-6).all())
    torch.testing.assert_close(costs[1], (0.5 * d @ precision @ d).expand(4), rtol=1e-6, atol=1e-6)


def test_the_total_gap_is_the_kl_on_the_grid_and_no_part_is_negative():
    model = VAE((1, 2, 3), latent_dim=2, hidden=(6,), seed=5).double()
    with torch.no_grad():
        for layer in model.decoder.linears:
            layer.weight.mul_(2.0)
    x = torch.bernoulli(torch.full((3, 6), 0.5, dtype=F64), generator=seeded(1))
    parts = gap_decomposition(model, x)
    with torch.no_grad():
        q = model.encode(x)
    for image in range(3):
        own = slice(image, image + 1)
        fits = torch.cat([q.mean[own], parts.diagonal.q.mean[own], parts.full.q.mean[own]])
        stds = torch.cat([q.std[own], parts.diagonal.q.std[own], parts.full.q.std[own]])
        grid = posterior_grid(model, x[own], beside=(fits, stds))
        total, error = grid.kl_from(q.mean[image], torch.diag(q.std[image] ** 2))
        left, left_error = grid.kl_from(parts.full.q.mean[image], parts.full.q.cov[image])
        assert abs(total - float(parts.total.value[image])) <= error + float(parts.total.error[image]) + 1e-4
        assert (
            abs(left - float(parts.family.value[image]))
            <= left_error + float(parts.family.error[image]) + 1e-4
        )
    for part in (parts.amortization, parts.covariance, parts.family):
        assert bool((part.value >= -part.error - 1e-6).all())


def test_no_nearby_q_is_better_than_the_fit():
    model = VAE((1, 2, 3), latent_dim=2, hidden=(6,), seed=5).double()
    x = torch.bernoulli(torch.full((1, 6), 0.5, dtype=F64), generator=seeded(1))
    fit = fit_posterior(model, x)
    grid = posterior_grid(model, x, beside=(fit.q.mean, fit.q.std), points=300)
    best, _ = grid.kl_from(fit.q.mean[0], fit.q.cov[0])
    assert best == pytest.approx(float(quadrature_log_likelihood(model, x).value - fit.elbo), abs=2e-3)
    for seed in range(12):
        u = 0.03 * torch.randn(6, generator=seeded(seed), dtype=F64)
        other = fit.q.root[0] @ (torch.eye(2, dtype=F64) + u[2:].reshape(2, 2))
        worse, _ = grid.kl_from(fit.q.mean[0] + fit.q.root[0] @ u[:2], other @ other.T)
        assert worse >= best - 2e-4


def test_beyond_two_dimensions_the_gap_is_a_lower_bound():
    model = VAE((1, 2, 3), latent_dim=4, hidden=(6,), seed=5)
    x = torch.bernoulli(torch.full((3, 6), 0.5), generator=seeded(1))
    parts = gap_decomposition(model, x, samples=2000)
    assert parts.total.kind == "lower_bound"
    assert parts.log_likelihood.kind == "lower_bound"
    assert bool((parts.total.value >= -4.0 * parts.total.error).all())
    assert bool((parts.amortization.value >= -4.0 * parts.amortization.error).all())


def test_settings_are_checked():
    model, x = linear(2)
    with pytest.raises(SettingError, match=r"^family must be one of diagonal, full, got 'round'\.$"):
        fit_posterior(model, x, family="round")
    with pytest.raises(SettingError, match=r"^starts must have means of shape \(4, 2\)"):
        fit_posterior(model, x, starts=[DiagonalGaussian(x[:1, :2], x[:1, :2])])
    with pytest.raises(SettingError, match=r"^samples must be"):
        gap_decomposition(model, x, samples=0)
    assert vae_core.gap_decomposition is gap_decomposition
