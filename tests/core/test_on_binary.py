"""Decoders renormalised on {0, 1}ᴰ, against enumeration of all images."""

import itertools

import pytest
import torch

from vae_core.checks import SettingError
from vae_core.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, on_binary

F64 = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def all_images(dimensions):
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=dimensions)), dtype=F64)


def families(parameters):
    return [
        Bernoulli(parameters),
        ContinuousBernoulli(parameters),
        *(Gaussian(parameters, torch.tensor(sigma, dtype=F64)) for sigma in (0.2, 1.0, 5.0)),
    ]


@pytest.mark.parametrize("dimensions", [1, 2, 5, 9])
def test_it_is_the_likelihood_over_its_sum_over_all_binary_images(dimensions):
    images = all_images(dimensions)
    for p in families(0.5 + drawn(dimensions, seed=dimensions)):
        ours = on_binary(p).log_prob(images)
        assert float(ours.exp().sum()) == pytest.approx(1.0, abs=1e-12)
        log_p = p.log_prob(images)
        torch.testing.assert_close(ours, log_p - torch.logsumexp(log_p, 0), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("sigma", [0.05, 0.3, 1.0, 20.0])
def test_a_gaussian_pixel_is_one_with_probability_sigmoid(sigma):
    mean = 0.5 + drawn(3, 7)
    p = on_binary(Gaussian(mean, torch.tensor(sigma, dtype=F64)))
    # P(x_d = 1|z) = sigmoid((μ_d − ½)/σ²)
    torch.testing.assert_close(p.mean, torch.sigmoid((mean - 0.5) / sigma**2), rtol=1e-12, atol=1e-14)
    ends = torch.stack([torch.zeros_like(mean), torch.ones_like(mean)])
    torch.testing.assert_close(p.mean, torch.distributions.Normal(mean, sigma).log_prob(ends).softmax(0)[1])


def test_a_wide_gaussian_says_nothing_and_a_narrow_one_the_nearer_end():
    mean = torch.tensor([-0.2, 0.4, 0.6, 1.5], dtype=F64)
    wide = on_binary(Gaussian(mean, torch.tensor(100.0, dtype=F64)))
    narrow = on_binary(Gaussian(mean, torch.tensor(1e-4, dtype=F64)))
    assert wide.mean.tolist() == pytest.approx([0.5] * 4, abs=1e-3)
    assert narrow.mean.tolist() == [0.0, 0.0, 1.0, 1.0]
    assert bool(narrow.log_prob(all_images(4)).isfinite().all())


def test_a_bernoulli_stays_itself_and_a_batch_keeps_its_shape():
    p = Bernoulli(drawn(2, 3))
    assert on_binary(p) is p
    mean, x = drawn(4, 2, 3), all_images(3)[:2]
    assert on_binary(Gaussian(mean, torch.tensor(0.5, dtype=F64))).log_prob(x).shape == (4, 2)


def test_an_unknown_family_is_refused():
    with pytest.raises(
        SettingError, match=r"^likelihood must be a Bernoulli, a Gaussian or .* got 'object'\.$"
    ):
        on_binary(object())
