"""Quadrature over z: against closed forms, scipy, enumeration and brute force."""

import itertools
import math

import pytest
import torch
from scipy.stats import exponnorm, norm
from torch.distributions import MultivariateNormal

import vae_core
from vae_core.checks import SettingError
from vae_core.estimators import (
    adaptive,
    linear_gaussian_log_likelihood,
    posterior_grid,
    posterior_moments,
    quadrature_log_likelihood,
)
from vae_core.likelihoods.softplus import softplus_sum
from vae_core.models import VAE

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def shaken(model, scale=1.0, seed=4):
    """A model with weights that are no more those of the start; float64."""
    model = model.double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(scale * torch.randn(parameter.shape, generator=seeded(seed), dtype=F64))
    return model


def linear(latent_dim, pixels, sigma, scale=1.0):
    model = VAE((1, 1, pixels), latent_dim=latent_dim, hidden=(), likelihood="gaussian", sigma=sigma)
    return shaken(model, scale)


def decoder_of(outputs, *, pixels=1, latent_dim=2, sigma=1e-3, likelihood="gaussian"):
    """A model whose decoder is a given function."""
    model = VAE((1, 1, pixels), latent_dim=latent_dim, hidden=(), likelihood=likelihood, sigma=sigma).double()
    model.decoder.layers[-1].bias.data.zero_()
    model.decoder.outputs = outputs
    return model


# ---- closed forms -------------------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2])
@pytest.mark.parametrize(("pixels", "sigma"), [(2, 1.0), (6, 0.7), (20, 0.05), (200, 0.3), (50, 1e-2)])
def test_linear_models_agree_with_the_closed_form(latent_dim, pixels, sigma):
    model = linear(latent_dim, pixels, sigma)
    with torch.no_grad():
        z = 1.5 * torch.randn(5, latent_dim, generator=seeded(2), dtype=F64)
        x = model.decode(z).sample(seeded(3))
    found = quadrature_log_likelihood(model, x, tolerance=1e-5)
    exact = linear_gaussian_log_likelihood(model, x)
    assert found.kind == "exact"
    assert bool(((found.value - exact.value).abs() <= 1e-6).all())
    assert bool(((found.value - exact.value).abs() <= found.error + exact.error).all())


def test_the_posterior_of_a_linear_model_is_the_closed_form():
    model = linear(2, 6, 0.3)
    x = 2.0 * torch.randn(4, 6, generator=seeded(3), dtype=F64)
    found = posterior_moments(model, x, tolerance=1e-6)
    w, b = model.decoder.layers[0].weight.detach(), model.decoder.layers[0].bias.detach()
    cov = torch.linalg.inv(torch.eye(2, dtype=F64) + w.T @ w / 0.09)
    mean = (x - b) @ w @ cov / 0.09
    torch.testing.assert_close(found.mean, mean, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found.cov, cov.expand(4, 2, 2), rtol=1e-5, atol=1e-7)
    assert bool(((found.best - mean).norm(dim=1) < 0.3).all())


def test_a_ring_of_width_half_a_thousandth_is_an_exponentially_modified_gaussian():
    # x = ‖z‖² + σ u, and ‖z‖² is exponential with mean 2
    model = decoder_of(lambda z: z.square().sum(1, keepdim=True))
    x = torch.tensor([[0.01], [0.5], [2.0]], dtype=F64)
    found = quadrature_log_likelihood(model, x)
    truth = torch.tensor(exponnorm.logpdf(x[:, 0].numpy(), K=2.0 / 1e-3, loc=0.0, scale=1e-3))
    assert bool(((found.value - truth).abs() <= found.error).all())
    assert found.kind == "exact"


def test_what_is_not_reached_is_called_an_estimate(monkeypatch):
    monkeypatch.setattr(adaptive, "MOST_PAIRS", 100)
    model = decoder_of(lambda z: z.square().sum(1, keepdim=True))
    found = quadrature_log_likelihood(model, torch.tensor([[2.0]], dtype=F64))
    truth = exponnorm.logpdf(2.0, K=2.0 / 1e-3, loc=0.0, scale=1e-3)
    assert found.kind == "estimate"
    assert abs(float(found.value) - truth) <= float(found.error)


# ---- needles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_far_modes_are_found(seed):
    # The same x is explained at five codes, up to 6 from the origin, through bumps of width 0.15 at each.
    u = torch.rand(5, 2, generator=seeded(seed), dtype=F64)
    radius, turn = 6.0 * u[:, 0].sqrt(), 2.0 * math.pi * u[:, 1]
    modes = torch.stack([radius * turn.cos(), radius * turn.sin()], 1)

    def outputs(z):
        nearest = (z[:, None] - modes).square().sum(2)
        return torch.exp(-0.5 * nearest / 0.15**2).sum(1, keepdim=True)

    model = decoder_of(outputs, sigma=0.05)
    found = quadrature_log_likelihood(model, torch.tensor([[1.0], [0.6]], dtype=F64))
    line = torch.arange(-8.0, 8.0, 0.011, dtype=F64)
    log_prior = -0.5 * line.square() - 0.5 * math.log(2.0 * math.pi)
    total = torch.full((2,), -math.inf, dtype=F64)
    for some, prior in zip(line.split(200), log_prior.split(200), strict=True):
        mean, both = outputs(torch.cartesian_prod(some, line)), (prior[:, None] + log_prior).flatten()
        log_prob = -0.5 * ((torch.tensor([1.0, 0.6]) - mean) / 0.05) ** 2 - 0.5 * math.log(
            2 * math.pi * 0.05**2
        )
        total = torch.logaddexp(total, torch.logsumexp(log_prob + both[:, None], 0))
    truth = total + 2.0 * math.log(0.011)
    assert bool(((found.value - truth).abs() <= found.error + 1e-7).all())
    assert found.kind == "exact"


@pytest.mark.parametrize("turn", [0.0, 0.3, math.pi / 4, 1.2])
def test_rotated_ridges_are_followed(turn):
    # A posterior of width 1 along and 0.002 across, at any angle.
    along = torch.tensor([[math.cos(turn), math.sin(turn)]], dtype=F64)
    across = torch.tensor([[-math.sin(turn), math.cos(turn)]], dtype=F64)
    w = torch.cat([0.3 * along, across])
    model = decoder_of(lambda z: z @ w.T, pixels=2, sigma=0.002)
    x = torch.tensor([[0.2, 0.5], [0.0, -2.0]], dtype=F64)
    found = quadrature_log_likelihood(model, x)
    truth = MultivariateNormal(torch.zeros(2, dtype=F64), w @ w.T + 4e-6 * torch.eye(2, dtype=F64))
    assert bool(((found.value - truth.log_prob(x)).abs() <= found.error).all())
    assert found.kind == "exact"


def test_the_ball_grows_for_an_image_that_lies_far_out():
    model = linear(2, 4, 0.05)
    with torch.no_grad():
        x = model.decode(torch.tensor([[0.0, 9.0], [0.5, 0.0], [-14.0, 3.0]], dtype=F64)).mean
    found = quadrature_log_likelihood(model, x)
    exact = linear_gaussian_log_likelihood(model, x)
    assert found.kind == "exact"
    assert bool(((found.value - exact.value).abs() <= found.error).all())


# ---- every likelihood, every activation ----------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_all_binary_images_have_probability_one(latent_dim):
    model = shaken(VAE((1, 2, 3), latent_dim=latent_dim, hidden=(5,)), scale=1.5)
    x = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6)), dtype=F64)
    found = quadrature_log_likelihood(model, x)
    assert found.kind == "exact"
    assert abs(float(found.value.exp().sum()) - 1.0) <= float((found.value.exp() * found.error).sum())


@pytest.mark.parametrize(
    ("likelihood", "activation"),
    [("bernoulli", "tanh"), ("gaussian", "tanh"), ("continuous-bernoulli", "tanh"), ("gaussian", "relu")],
)
def test_every_likelihood_agrees_with_brute_force(likelihood, activation):
    model = VAE((1, 2, 3), hidden=(7,), likelihood=likelihood, activation=activation, sigma=0.2)
    model = shaken(model, scale=0.7)
    x = torch.bernoulli(torch.full((4, 6), 0.5, dtype=F64), generator=seeded(1))
    found = quadrature_log_likelihood(model, x)
    step = 0.04 if activation == "tanh" else 0.008  # kinks
    line = torch.arange(-6.0, 6.0, step, dtype=F64)
    z = torch.cartesian_prod(line, line)
    with torch.no_grad():
        log_prob = torch.stack([model.decode(z).log_prob(one) for one in x], 1)
    prior = torch.tensor(norm.logpdf(z.numpy()).sum(1))
    truth = torch.logsumexp(log_prob + prior[:, None], 0) + 2.0 * math.log(step)
    assert found.kind == "exact"
    assert bool(((found.value - truth).abs() <= found.error + 1e-5).all())


@pytest.mark.parametrize("pixels", [3, 784, 2500])
def test_the_sum_of_softplus_is_torchs(pixels):
    logits = 10.0 * torch.randn(4, pixels, generator=seeded(1), dtype=F64)
    logits[0], logits[1] = 0.0, 800.0 * torch.sign(logits[1])
    kept = logits.clone()
    truth = torch.nn.functional.softplus(logits, threshold=40.0).sum(1)
    torch.testing.assert_close(softplus_sum(logits), truth, rtol=1e-13, atol=1e-13)
    assert torch.equal(logits, kept)


def test_batches_and_float32_change_nothing(monkeypatch):
    model = VAE((1, 2, 3), hidden=(7,), seed=3)
    x = torch.bernoulli(torch.full((5, 6), 0.5), generator=seeded(1))
    whole = quadrature_log_likelihood(model, x)
    assert whole.value.dtype == F64
    monkeypatch.setattr("vae_core.estimators.quadrature.BATCH", 2)
    parts = quadrature_log_likelihood(model.double(), x.double())
    torch.testing.assert_close(parts.value, whole.value, rtol=0.0, atol=2e-4)
    assert model.decoder.linears[0].weight.dtype == torch.float32


def test_more_dimensions_and_bad_settings_are_refused():
    with pytest.raises(SettingError, match=r"^model must have 1 or 2 latent dimensions .*, got 3\.$"):
        quadrature_log_likelihood(VAE((1, 2, 3), latent_dim=3), torch.zeros(1, 6))
    with pytest.raises(SettingError, match=r"^tolerance must be"):
        quadrature_log_likelihood(VAE((1, 2, 3)), torch.zeros(1, 6), tolerance=0.0)
    with pytest.raises(SettingError, match=r"^x must be"):
        quadrature_log_likelihood(VAE((1, 2, 3)), torch.zeros(1, 5))
    with pytest.raises(SettingError, match=r"^x must be one image"):
        posterior_grid(VAE((1, 2, 3)), torch.zeros(2, 6))
    assert vae_core.quadrature_log_likelihood is quadrature_log_likelihood


# ---- the grid of the page -----------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 2])
def test_the_kl_on_the_grid_is_the_gap(latent_dim):
    model = shaken(VAE((1, 2, 3), latent_dim=latent_dim, hidden=(5,)), scale=0.2)
    x = torch.bernoulli(torch.full((1, 6), 0.5, dtype=F64), generator=seeded(1))
    with torch.no_grad():
        q = model.encode(x)
    grid = posterior_grid(model, x, beside=(q.mean, q.std), tolerance=1e-6)
    assert abs(grid.difference) < 1e-4
    assert float(grid.log_density.exp().sum()) * grid.area == pytest.approx(1.0, abs=1e-12)
    kl, error = grid.kl_from(q.mean[0], torch.diag(q.std[0] ** 2))
    # The ELBO by a sum over the noise
    line = torch.arange(-7.5, 7.5, 0.03, dtype=F64)
    noise = torch.cartesian_prod(*[line] * latent_dim).reshape(-1, latent_dim)
    weight = torch.tensor(norm.pdf(noise.numpy())).prod(1) * 0.03**latent_dim
    with torch.no_grad():
        z = q.mean + q.std * noise
        log_w = model.decode(z).log_prob(x) + torch.tensor(norm.logpdf(z.numpy()).sum(1)) - q.log_prob(z)
    elbo = float((weight * log_w).sum())
    assert abs(kl - (grid.log_likelihood[0] - elbo)) <= error + grid.log_likelihood[1] + 1e-6
    assert error < 1e-3
