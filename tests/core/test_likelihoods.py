"""Likelihoods against torch.distributions, enumeration and quadrature."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate

from vae_core.likelihoods import (
    LIKELIHOODS,
    Bernoulli,
    ContinuousBernoulli,
    Gaussian,
    misfit,
    score_name,
)
from vae_core.likelihoods.continuous_bernoulli import log_partition, partition_slope

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def tensor(*values, dtype=F64):
    return torch.tensor(values, dtype=dtype)


def family(name, parameters):
    if name == "bernoulli":
        return Bernoulli(parameters)
    if name == "gaussian":
        return Gaussian(parameters, torch.tensor(0.3, dtype=parameters.dtype))
    return ContinuousBernoulli(parameters)


# ---- log_prob -----------------------------------------------------------------------------------


def test_bernoulli_equals_torch_distributions():
    logits = 3 * torch.randn(20, 7, generator=seeded(), dtype=F64)
    x = torch.bernoulli(torch.full((20, 7), 0.5, dtype=F64), generator=seeded(1))
    truth = torch.distributions.Bernoulli(logits=logits).log_prob(x)
    torch.testing.assert_close(Bernoulli(logits).log_prob_per_dimension(x), truth, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(Bernoulli(logits).log_prob(x), truth.sum(1), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("sigma", [1e-3, 0.2, 1.0, 50.0])
def test_gaussian_equals_torch_distributions(sigma):
    mean, x = torch.randn(2, 20, 7, generator=seeded(), dtype=F64)
    sigma = torch.tensor(sigma, dtype=F64)
    truth = torch.distributions.Normal(mean, sigma).log_prob(x)
    torch.testing.assert_close(Gaussian(mean, sigma).log_prob(x), truth.sum(1), rtol=1e-12, atol=1e-10)


def test_continuous_bernoulli_equals_torch_distributions_where_torch_is_right():
    logits = tensor(-9.0, -2.0, -0.7, 0.7, 2.0, 9.0)
    x = torch.rand(5, 6, generator=seeded(), dtype=F64)
    truth = torch.distributions.ContinuousBernoulli(logits=logits).log_prob(x)
    ours = ContinuousBernoulli(logits.expand(5, 6)).log_prob_per_dimension(x)
    torch.testing.assert_close(ours, truth, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("logit", [19.9, 20.1, 25.0, 37.0])
def test_bernoulli_keeps_small_log_probabilities_at_large_logits(logit):
    # log p(1) = −log(1 + e^−l), which a softplus with a threshold at 20 would make 0
    ours = Bernoulli(tensor(logit)).log_prob(tensor(1.0))
    assert float(ours) == pytest.approx(-math.log1p(math.exp(-logit)), rel=1e-2)


# ---- normalisation ------------------------------------------------------------------------------


def test_bernoulli_sums_to_one_over_all_images():
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=3)), dtype=F64)
    for scale in (1.0, 10.0, 30.0):
        logits = scale * torch.randn(3, generator=seeded(int(scale)), dtype=F64)
        total = Bernoulli(logits.expand(8, 3)).log_prob(images).exp().sum()
        assert float(total) == pytest.approx(1.0, abs=1e-13)


@pytest.mark.parametrize("sigma", [0.05, 1.0])
def test_gaussian_integrates_to_one(sigma):
    p = Gaussian(tensor(0.3), torch.tensor(sigma, dtype=F64))
    grid = torch.linspace(0.3 - 12 * sigma, 0.3 + 12 * sigma, 2001, dtype=F64)
    total = torch.trapezoid(p.log_prob_per_dimension(grid).exp(), grid)
    assert float(total) == pytest.approx(1.0, abs=1e-12)


LAMBDAS = [1e-6, 1e-3, 0.2, 0.38, 0.5 - 1e-3, 0.5 - 1e-6, 0.5 - 1e-9, 0.5]
LAMBDAS = [*LAMBDAS, *(1.0 - value for value in LAMBDAS[:-1])]


@pytest.mark.parametrize("lam", LAMBDAS)
def test_continuous_bernoulli_integrates_to_one_and_to_its_mean(lam):
    logit = math.log(lam) - math.log1p(-lam)
    p = ContinuousBernoulli(tensor(logit))

    def density(x):
        return math.exp(float(p.log_prob(tensor(x))))

    total, _ = integrate.quad(density, 0.0, 1.0, epsabs=1e-13, epsrel=1e-13)
    mean, _ = integrate.quad(lambda x: x * density(x), 0.0, 1.0, epsabs=1e-13, epsrel=1e-13)
    assert total == pytest.approx(1.0, abs=1e-9)
    assert float(p.mean) == pytest.approx(mean, abs=1e-9)


def test_series_and_closed_form_of_the_continuous_bernoulli_meet():
    at, step = 0.5, 1e-12
    for sign in (1, -1):
        sides = sign * tensor(at - step, at + step)
        for function in (log_partition, partition_slope):
            below, above = function(sides)
            assert float(above - below) == pytest.approx(0.0, abs=2e-12 + 1e-10)


def test_continuous_bernoulli_gradient_is_its_mean_and_finite_everywhere():
    logits = tensor(-1e4, -30.0, -0.5, -1e-9, 0.0, 1e-9, 0.3, 0.5, 30.0, 1e4).requires_grad_()
    (slope,) = torch.autograd.grad(log_partition(logits).sum(), logits)
    torch.testing.assert_close(slope, partition_slope(logits.detach()), rtol=1e-9, atol=1e-10)


# ---- extremes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_bernoulli_at_extreme_logits(dtype, x, logit):
    value = Bernoulli(tensor(logit, dtype=dtype)).log_prob(tensor(x, dtype=dtype))
    assert value.dtype == dtype
    # log(1 + e^−10000) is 0: what is left is linear in the wrong share of x
    assert float(value) == -1e4 * (x if logit < 0 else 1.0 - x)


@pytest.mark.parametrize("dtype", [torch.float32, F64])
@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_continuous_bernoulli_at_extreme_logits(dtype, x, logit):
    value = ContinuousBernoulli(tensor(logit, dtype=dtype)).log_prob(tensor(x, dtype=dtype))
    # p(x) = |l| e^{−|l| (1 − x)} / (1 − e^{−|l|}) for l > 0, and mirrored
    truth = math.log(1e4) - 1e4 * (x if logit < 0 else 1.0 - x)
    assert value.dtype == dtype
    # x l − log ∫: what is left of two numbers of size 10,000 is known to their rounding
    assert float(value) == pytest.approx(truth, rel=1e-13, abs=1e4 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_gradients_and_moments_are_finite_at_extremes(name, dtype):
    parameters = tensor(-1e4, -1.0, 0.0, 1.0, 1e4, dtype=dtype).requires_grad_()
    p = family(name, parameters)
    for x in (0.0, 0.5, 1.0):
        (gradient,) = torch.autograd.grad(p.log_prob(torch.full_like(parameters, x)), parameters)
        assert bool(gradient.isfinite().all())
    for value in (p.mean, p.mode, p.sample(seeded())):
        assert value.dtype == dtype
        assert bool(value.isfinite().all())


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_float32_agrees_with_float64(name):
    parameters = 4 * torch.randn(50, 9, generator=seeded(), dtype=F64)
    x = torch.bernoulli(torch.full((50, 9), 0.5, dtype=F64), generator=seeded(1))
    double = family(name, parameters).log_prob(x)
    single = family(name, parameters.float()).log_prob(x.float())
    torch.testing.assert_close(single.double(), double, rtol=2e-6, atol=2e-5)


# ---- means, modes, samples ----------------------------------------------------------------------


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_mode_is_nowhere_beaten(name):
    parameters = tensor(-3.0, -0.2, 0.1, 0.6, 4.0)
    p = family(name, parameters)
    at_mode = p.log_prob_per_dimension(p.mode)
    points = (0.0, 1.0) if name == "bernoulli" else np.linspace(0, 1, 101)
    for x in points:
        assert bool((p.log_prob_per_dimension(torch.full_like(parameters, x)) <= at_mode + 1e-12).all())


@pytest.mark.parametrize("name", LIKELIHOODS)
@pytest.mark.parametrize("parameter", [-20.0, -1.3, 0.0, 1e-3, 0.4, 6.0])
def test_samples_have_the_mean_and_the_mean_log_prob(name, parameter):
    n = 20_000
    p = family(name, torch.full((n, 1), parameter, dtype=F64))
    x = p.sample(seeded(3))
    if name != "gaussian":
        assert float(x.min()) >= 0.0
        assert float(x.max()) <= 1.0
    standard_error = float(x.std()) / math.sqrt(n) + 1e-9
    assert abs(float(x.mean() - p.mean[0, 0])) < 4 * standard_error
    # The entropy too: E[−log p] over samples against the sum or the integral.
    one = family(name, tensor(parameter))
    log_p = p.log_prob(x)
    if name == "bernoulli":
        points, weights = tensor(0.0, 1.0), torch.ones(2, dtype=F64)
    else:
        low, high = (0.0, 1.0) if name != "gaussian" else (parameter - 4.0, parameter + 4.0)
        nodes, gauss = np.polynomial.legendre.leggauss(200)
        points = torch.tensor(low + (high - low) * (nodes + 1) / 2)
        weights = torch.tensor(gauss * (high - low) / 2)
    log_points = one.log_prob_per_dimension(points)
    truth = float((weights * log_points.exp() * log_points).sum())
    assert abs(float(log_p.mean()) - truth) < 4 * float(log_p.std()) / math.sqrt(n) + 1e-6


def test_samples_depend_on_the_generator_alone():
    for name in LIKELIHOODS:
        p = family(name, torch.zeros(4, 5))
        before = torch.random.get_rng_state()
        first, again, other = p.sample(seeded(1)), p.sample(seeded(1)), p.sample(seeded(2))
        assert torch.equal(first, again)
        assert not torch.equal(first, other)
        assert torch.equal(before, torch.random.get_rng_state())


# ---- names --------------------------------------------------------------------------------------


def test_a_bernoulli_on_grey_pixels_has_a_score_and_no_likelihood():
    assert score_name("bernoulli", "binary") == "log-likelihood"
    assert score_name("bernoulli", "unit") == "Bernoulli score"
    for name in ("gaussian", "continuous-bernoulli"):
        assert score_name(name, "unit") == "log-likelihood"
    assert score_name("gaussian", "real") == "log-likelihood"


def test_only_the_gaussian_fits_real_numbers():
    assert misfit("gaussian", "real") is None
    for name in ("bernoulli", "continuous-bernoulli"):
        assert "real numbers" in misfit(name, "real")
        assert misfit(name, "unit") is None
        assert misfit(name, "binary") is None
