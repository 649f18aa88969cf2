"""log w, the importance bound and the linear model's exact value, against quadrature and closed forms."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch.distributions import MultivariateNormal, Normal

import vae_core
from vae_core.checks import SettingError
from vae_core.estimators import (
    Estimate,
    importance,
    importance_log_likelihood,
    linear_gaussian_log_likelihood,
    log_mean_exp,
    log_weights,
)
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE
from vae_core.objectives import elbo_terms

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def shaken(model, scale=0.5, seed=4):
    """A model with weights that are no more those of the start; float64."""
    model = model.double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(scale * torch.randn(parameter.shape, generator=seeded(seed), dtype=F64))
    return model


def linear(latent_dim=3, sigma=0.7, shape=(1, 2, 3)):
    return shaken(VAE(shape, latent_dim=latent_dim, hidden=(), likelihood="gaussian", sigma=sigma))


def closed_form(model, x):
    w, b = model.decoder.layers[0].weight.detach(), model.decoder.layers[0].bias.detach()
    noise = math.exp(2 * float(model.decoder.log_sigma.detach())) * torch.eye(len(b), dtype=F64)
    return MultivariateNormal(b, w @ w.T + noise).log_prob(x)


# ---- log-weights --------------------------------------------------------------------------------


@torch.no_grad()
def test_log_weights_equal_an_independent_formula():
    model = shaken(VAE((1, 2, 3), hidden=(5,), latent_dim=2))
    x = torch.bernoulli(torch.full((4, 6), 0.5, dtype=F64), generator=seeded(1))
    log_w = log_weights(model, x, samples=7, generator=seeded(2))
    assert log_w.shape == (7, 4)
    q, source = model.encode(x), seeded(2)
    for row in log_w:
        z = q.mean + q.std * torch.randn(4, 2, generator=source, dtype=F64)
        prior = Normal(torch.zeros((), dtype=F64), 1.0).log_prob(z).sum(1)
        posterior = Normal(q.mean, q.std).log_prob(z).sum(1)
        likelihood = torch.distributions.Bernoulli(logits=model.decoder.outputs(z)).log_prob(x).sum(1)
        torch.testing.assert_close(row, likelihood + prior - posterior, rtol=1e-11, atol=1e-11)


@torch.no_grad()
def test_one_sample_is_a_draw_of_the_elbo():
    model = shaken(VAE((1, 2, 3), hidden=(5,), latent_dim=2))
    x = torch.bernoulli(torch.full((4, 6), 0.5, dtype=F64), generator=seeded(1))
    one = importance_log_likelihood(model, x, samples=1, generator=seeded(2))
    terms, q = elbo_terms(model, x, samples=1, generator=seeded(2)), model.encode(x)
    z = q.at(torch.randn(4, 2, generator=seeded(2), dtype=F64))
    ratio = Normal(q.mean, q.std).log_prob(z).sum(1) + 0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
    torch.testing.assert_close(one.value, terms.reconstruction - ratio, rtol=1e-11, atol=1e-11)
    assert bool(one.error.isinf().all())
    assert one.kind == "lower_bound"


@torch.no_grad()
def test_the_mean_of_log_weights_is_the_elbo():
    model = shaken(VAE((1, 2, 3), hidden=(5,), latent_dim=2))
    x = torch.bernoulli(torch.full((4, 6), 0.5, dtype=F64), generator=seeded(1))
    log_w = log_weights(model, x, samples=20_000, generator=seeded(2))
    terms = elbo_terms(model, x, samples=2_000, generator=seeded(3))
    error = log_w.std(0) / math.sqrt(20_000) + log_w.std(0) / math.sqrt(2_000)
    assert bool(((log_w.mean(0) - terms.elbo).abs() < 4 * error).all())


def test_chunks_change_no_number(monkeypatch):
    model = shaken(VAE((1, 2, 3), hidden=(5,), latent_dim=2))
    x = torch.rand(3, 6, generator=seeded(1), dtype=F64)
    whole = log_weights(model, x, samples=53, generator=seeded(2))
    for numbers in (1, 3 * 6 * 7, 3 * 6 * 16):
        monkeypatch.setattr(importance, "CHUNK_NUMBERS", numbers)
        parts = log_weights(model, x, samples=53, generator=seeded(2))
        torch.testing.assert_close(parts, whole, rtol=1e-13, atol=1e-13)
    # and the first draws are the same, however many follow
    torch.testing.assert_close(log_weights(model, x, samples=5, generator=seeded(2)), whole[:5])


def test_chunks_are_bounded_by_the_widest_layer(monkeypatch):
    # 2 pixels and a wide decoder: what has to fit is the hidden layer.
    model = VAE((1, 1, 2), hidden=(256,), likelihood="gaussian")
    seen = []
    outputs = model.decoder.outputs
    monkeypatch.setattr(model.decoder, "outputs", lambda z: seen.append(z.shape[0]) or outputs(z))
    monkeypatch.setattr(importance, "CHUNK_NUMBERS", 256 * 10 * 4)
    log_weights(model, torch.zeros(10, 2), samples=9)
    assert seen == [4, 4, 1]


@torch.no_grad()
def test_another_proposal_may_draw_z():
    model = linear()
    x = torch.randn(4, 6, generator=seeded(1), dtype=F64)

    def prior(x):
        zeros = torch.zeros(len(x), 3, dtype=F64)
        return DiagonalGaussian(zeros, zeros)

    log_w = log_weights(model, x, samples=11, proposal=prior, generator=seeded(2))
    z = torch.stack([torch.randn(4, 3, generator=s, dtype=F64) for s in [seeded(2)] for _ in range(11)])
    torch.testing.assert_close(log_w, model.decoder(z).log_prob(x), rtol=1e-10, atol=1e-10)


def test_bad_sample_counts_are_refused():
    with pytest.raises(SettingError, match=r"^samples must be a whole number"):
        log_weights(linear(), torch.zeros(1, 6, dtype=F64), samples=0)
    with pytest.raises(SettingError, match=r"^x must be"):
        importance_log_likelihood(linear(), torch.zeros(1, 5, dtype=F64), samples=2)


# ---- the importance bound -----------------------------------------------------------------------


@torch.no_grad()
def test_the_bound_rises_with_k_towards_quadrature():
    model = shaken(VAE((1, 2, 3), hidden=(5,), latent_dim=1), scale=0.8)
    x = torch.bernoulli(torch.full((6, 6), 0.5, dtype=F64), generator=seeded(1))
    z = torch.linspace(-9, 9, 4001, dtype=F64)
    log_joint = torch.stack([model.decode(z[:, None]).log_prob(one) for one in x], dim=1)
    log_joint = log_joint + Normal(torch.zeros((), dtype=F64), 1.0).log_prob(z)[:, None]
    truth = torch.logsumexp(log_joint, 0) + math.log(float(z[1] - z[0]))
    # Means over many independent draws of L_K: each below the next, and all below log p.
    log_w = log_weights(model, x, samples=32_000, generator=seeded(2))
    means, errors = [], []
    for k in (1, 4, 16, 64):
        draws = torch.logsumexp(log_w.reshape(-1, k, 6), 1) - math.log(k)
        means.append(draws.mean(0))
        errors.append(draws.std(0) / math.sqrt(len(draws)))
    for below, above in itertools.pairwise(means):
        assert bool((below <= above).all())
    assert bool((means[-1] <= truth + 4 * errors[-1]).all())
    assert bool((means[0] < truth - 4 * errors[0]).any())
    one = importance_log_likelihood(model, x, samples=32_000, generator=seeded(2))
    torch.testing.assert_close(one.value, log_mean_exp(log_w))
    assert bool(((one.value - truth).abs() < 5 * one.error + 1e-3).all())


@torch.no_grad()
def test_the_bound_of_a_linear_model_reaches_its_exact_value():
    model = linear()
    x = model.decode(torch.randn(5, 3, generator=seeded(1), dtype=F64)).sample(seeded(2))
    w = model.decoder.layers[0].weight
    precision = torch.eye(3, dtype=F64) + w.T @ w / 0.49
    mean = torch.linalg.solve(precision, w.T @ (x - model.decoder.layers[0].bias).T / 0.49).T

    def near_posterior(x):
        # twice as wide as the best diagonal: w has finite variance
        return DiagonalGaussian(mean, (2.0 / precision.diagonal()).log().expand(len(x), 3))

    log_w = log_weights(model, x, samples=20_000, proposal=near_posterior, generator=seeded(3))
    value = log_mean_exp(log_w)
    error = (log_w - value).exp().std(0) / math.sqrt(20_000)
    assert bool(((value - closed_form(model, x)).abs() < 4.5 * error).all())


@torch.no_grad()
def test_the_error_is_that_of_repeated_draws():
    model = linear()
    x = model.decode(torch.zeros(1, 3, dtype=F64)).sample(seeded(2))
    wide = DiagonalGaussian(torch.zeros(1, 3, dtype=F64), torch.zeros(1, 3, dtype=F64))
    model.encode = lambda x: wide
    estimates = [importance_log_likelihood(model, x, samples=200, generator=seeded(s)) for s in range(150)]
    spread = torch.stack([e.value for e in estimates]).std()
    claimed = torch.stack([e.error for e in estimates]).mean()
    assert float(claimed / spread) == pytest.approx(1.0, abs=0.3)


def test_an_estimate_tells_its_two_errors_apart():
    estimate = Estimate(torch.tensor([1.0, 3.0]), torch.tensor([0.3, 0.4]), "estimate")
    mean, monte_carlo, spread = estimate.mean()
    assert mean == 2.0
    assert monte_carlo == pytest.approx(0.25)  # √(0.3² + 0.4²)/2
    assert spread == pytest.approx(1.0)  # √2/√2
    assert math.isnan(Estimate(torch.ones(1), torch.zeros(1), "exact").mean()[2])


# ---- the linear model, exactly ------------------------------------------------------------------


@pytest.mark.parametrize("latent_dim", [1, 3, 6, 9])
@pytest.mark.parametrize("sigma", [1e-2, 0.7, "learned"])
def test_the_linear_model_equals_torch_distributions(latent_dim, sigma):
    model = linear(latent_dim=latent_dim, sigma=sigma)
    x = 2 * torch.randn(20, 6, generator=seeded(1), dtype=F64)
    exact = linear_gaussian_log_likelihood(model, x)
    assert exact.kind == "exact"
    assert exact.value.dtype == F64
    truth = closed_form(model, x)
    torch.testing.assert_close(exact.value, truth, rtol=1e-9, atol=1e-9)
    assert bool((exact.error < 1e-6).all())


def test_its_error_covers_what_rounding_does():
    # σ = 1e-4 and large weights: the covariance's condition is 1e10
    model = linear(sigma=1e-4)
    with torch.no_grad():
        model.decoder.layers[0].weight.mul_(30.0)
    x = torch.randn(20, 6, generator=seeded(1), dtype=F64)
    exact = linear_gaussian_log_likelihood(model, x)
    w, b = model.decoder.layers[0].weight.detach().numpy(), model.decoder.layers[0].bias.detach().numpy()
    # The same in the basis of W's singular vectors, where the covariance is diagonal.
    u, s, _ = np.linalg.svd(w, full_matrices=True)
    variance = math.exp(2 * float(model.decoder.log_sigma))
    spectrum = [float(s[i]) ** 2 + variance if i < len(s) else variance for i in range(6)]
    r = (x.numpy() - b) @ u
    truth = [
        -0.5 * sum(math.log(2 * math.pi * v) + float(c) ** 2 / v for c, v in zip(row, spectrum, strict=True))
        for row in r
    ]
    truth = torch.tensor(truth, dtype=F64)
    assert bool(((exact.value - truth).abs() <= exact.error + 1e-11 * truth.abs()).all())
    assert bool((exact.error <= 1e-6 * truth.abs()).all())


def test_float32_models_are_evaluated_in_float64():
    model = VAE((1, 2, 3), hidden=(), likelihood="gaussian", sigma=0.5)
    x = torch.randn(4, 6, generator=seeded(1))
    exact = linear_gaussian_log_likelihood(model, x)
    double = linear_gaussian_log_likelihood(model.double(), x.double())
    assert exact.value.dtype == F64
    torch.testing.assert_close(exact.value, double.value, rtol=1e-6, atol=1e-6)
    assert model.decoder.linears[0].weight.dtype == torch.float32


def test_other_decoders_have_no_closed_form():
    x = torch.zeros(2, 6)
    for settings in ({"hidden": ()}, {"hidden": (4,), "likelihood": "gaussian"}):
        with pytest.raises(SettingError, match=r"^model must have a linear Gaussian decoder .*, got .*\.$"):
            linear_gaussian_log_likelihood(VAE((1, 2, 3), **settings), x)
    with pytest.raises(SettingError, match=r"^x must be"):
        linear_gaussian_log_likelihood(linear(), torch.zeros(2, 5, dtype=F64))


def test_the_public_names_are_there():
    for name in ("linear_gaussian_log_likelihood", "importance_log_likelihood", "log_weights", "Estimate"):
        assert name in vae_core.__all__
        assert getattr(vae_core, name) is not None
