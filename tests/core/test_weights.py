"""The staircase, the effective sample size, the tail's shape and the proposals."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import genpareto
from torch.distributions import MultivariateNormal

from vae_core.checks import SettingError
from vae_core.estimators import (
    effective_sample_size,
    fit_generalised_pareto,
    fitted_proposal,
    importance_ladder,
    importance_log_likelihood,
    linear_gaussian_log_likelihood,
    log_mean_exp,
    log_weights,
    pareto_shape,
    prior_proposal,
    quadrature_log_likelihood,
    widened_encoder,
)
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def model_and_images(count=4, **settings):
    model = VAE((1, 2, 3), hidden=(5,), seed=2, **settings).double()
    return model, torch.bernoulli(torch.full((count, 6), 0.5, dtype=F64), generator=seeded(1))


def test_the_ladder_is_made_of_independent_draws_of_the_bound():
    log_w = torch.randn(1000, 3, generator=seeded(1), dtype=F64)
    ladder = importance_ladder(log_w, [300, 1, 4, 12, 1000])
    assert ladder.samples == (1, 4, 12, 300, 1000)
    for k, step in zip(ladder.samples, ladder.steps, strict=True):
        draws = [log_mean_exp(log_w[i : i + k]) for i in range(0, 1000 - k + 1, k)]
        torch.testing.assert_close(step.value, torch.stack(draws).mean(0))
        assert step.kind == "lower_bound"
        if len(draws) >= 10:
            torch.testing.assert_close(step.error, torch.stack(draws).std(0) / math.sqrt(len(draws)))
    # K = 1 is the ELBO
    torch.testing.assert_close(ladder.steps[0].value, log_w.mean(0))
    # the delta method: Std(w)/(mean(w) √N)
    w = log_w.exp()
    delta = w.std(0) / w.mean(0) / math.sqrt(1000)
    torch.testing.assert_close(ladder.steps[-1].error, delta)


def test_the_ladder_climbs_to_the_exact_value_and_not_over_it():
    model, x = model_and_images(latent_dim=2)
    log_w = log_weights(model, x, samples=60_000, proposal=widened_encoder(model, 1.5), generator=seeded(3))
    exact = quadrature_log_likelihood(model, x)
    ladder = importance_ladder(log_w, [1, 5, 25, 125, 625])
    for step in ladder.steps:
        assert bool((step.error <= 0.05).all())
        assert bool((step.value <= exact.value + 4.5 * step.error + exact.error).all())
    assert bool((ladder.steps[0].value < ladder.steps[-1].value).all())
    assert bool(((ladder.steps[-1].value - exact.value).abs() < 0.02).all())


def test_weights_are_unbiased_where_their_variance_is_finite():
    # E e^{log w} = p(x): the prior as proposal, and p(x|z) ≤ 1, so that the variance is finite
    model, x = model_and_images(latent_dim=2)
    log_w = log_weights(model, x, samples=40_000, proposal=prior_proposal(model), generator=seeded(3))
    w, p = log_w.exp(), quadrature_log_likelihood(model, x).value.exp()
    error = w.std(0) / math.sqrt(len(w))
    assert bool(((w.mean(0) - p).abs() < 4.0 * error).all())
    assert bool((error < 0.05 * p).all())


def test_the_effective_sample_size_counts_equal_weights():
    log_w = torch.log(torch.tensor([[1.0, 1.0], [1.0, 1e-30], [1.0, 1e-30], [1.0, 1.0]], dtype=F64)) + 700.0
    torch.testing.assert_close(effective_sample_size(log_w), torch.tensor([4.0, 2.0], dtype=F64))


@pytest.mark.parametrize("shape", [-0.3, 0.1, 0.5, 1.0])
def test_the_fit_finds_the_shape_of_scipys_generalised_pareto(shape):
    draws = genpareto.rvs(shape, scale=2.5, size=(2000, 6), random_state=np.random.default_rng(1))
    found, scale = fit_generalised_pareto(torch.tensor(draws).sort(0).values)
    # the standard error of the maximum-likelihood shape is (1 + k)/√n
    assert bool(((found - shape).abs() < 4.5 * (1.0 + max(shape, 0.0)) / math.sqrt(2000)).all())
    assert bool(((scale / 2.5 - 1.0).abs() < 0.2).all())
    own = genpareto.fit(draws[:, 0], floc=0.0)
    assert float(found[0]) == pytest.approx(own[0], abs=0.02)


def test_the_tails_shape_is_that_of_known_weights():
    # w = u^−k has a Pareto tail of shape k, whatever the threshold
    u = torch.rand(20_000, 4, generator=seeded(1), dtype=F64)
    for k in (0.3, 0.6, 1.0):
        found = pareto_shape(-k * torch.log(u))
        # from the 425 greatest
        assert bool(((found - k).abs() < 4.5 * (1.0 + k) / math.sqrt(425)).all())
    light = pareto_shape(torch.rand(20_000, 4, generator=seeded(1), dtype=F64))
    assert bool((light < 0.2).all())
    with pytest.raises(SettingError, match=r"^log_w must have at least 25 rows, got 20\.$"):
        pareto_shape(torch.zeros(20, 2))


def test_a_proposal_narrower_than_the_posterior_is_flagged():
    # q = N(0, s²) for p = N(0, 1): the tail's shape tends to 1 − s², here 0.91
    model = VAE((1, 1, 1), latent_dim=1, hidden=(), likelihood="gaussian", sigma=1.0).double()
    model.decoder.linears[0].weight.data.zero_()
    x = torch.zeros(1, 1, dtype=F64)

    def narrow(x):
        return DiagonalGaussian(
            torch.zeros(1, 1, dtype=F64), torch.full((1, 1), 2 * math.log(0.3), dtype=F64)
        )

    assert float(pareto_shape(log_weights(model, x, samples=5000, proposal=narrow))) > 0.6
    equal = log_weights(model, x, samples=5000, proposal=prior_proposal(model))
    assert float(pareto_shape(equal)) == -math.inf


def test_the_fitted_q_of_a_linear_model_makes_all_weights_equal():
    model = VAE((1, 2, 3), latent_dim=2, hidden=(), likelihood="gaussian", sigma=0.5, seed=1).double()
    x = torch.randn(3, 6, generator=seeded(1), dtype=F64)
    w = model.decoder.linears[0].weight.detach()
    cov = torch.linalg.inv(torch.eye(2, dtype=F64) + w.T @ w / 0.25)
    q = FullGaussian(x @ w @ cov / 0.25, torch.linalg.cholesky(cov).expand(3, 2, 2))
    found = importance_log_likelihood(model, x, samples=5, proposal=fitted_proposal(q))
    exact = linear_gaussian_log_likelihood(model, x)
    torch.testing.assert_close(found.value, exact.value)
    z = q.sample(seeded(2), samples=7)
    truth = MultivariateNormal(q.mean, cov.expand(3, 2, 2)).log_prob(z)
    torch.testing.assert_close(q.log_prob(z), truth)
    torch.testing.assert_close(q.cov, cov.expand(3, 2, 2))
    with pytest.raises(SettingError, match=r"^x must be the 3 images"):
        importance_log_likelihood(model, x[:2], samples=5, proposal=fitted_proposal(q))


def test_the_other_proposals_are_what_they_say():
    model, x = model_and_images()
    q, wide = model.encode(x), widened_encoder(model, 3.0)(x)
    torch.testing.assert_close(wide.std, 3.0 * q.std)
    torch.testing.assert_close(wide.mean, q.mean)
    prior = prior_proposal(model)(x)
    assert float(prior.mean.abs().sum() + (prior.std - 1.0).abs().sum()) == 0.0
    with pytest.raises(SettingError, match=r"^factor must be"):
        widened_encoder(model, 0.0)
    with pytest.raises(SettingError, match=r"^samples must be"):
        importance_ladder(torch.zeros(5, 1), [6])
