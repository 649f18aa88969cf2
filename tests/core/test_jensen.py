"""Jensen's picture of one image's weights, against NumPy, scipy and the normal law."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

from vae_core.checks import SettingError
from vae_core.diagnostics.jensen import BINS, JensenPicture, jensen_picture
from vae_core.estimators import Estimate
from vae_core.rng import generator

TOP = -150.0


def one(value: float, kind: str = "exact") -> Estimate:
    return Estimate(torch.tensor([value], dtype=torch.float64), torch.zeros(1, dtype=torch.float64), kind)


def normal_weights(std: float, count: int = 40_000) -> torch.Tensor:
    """Log-weights of a log-normal w with E[w] = e^TOP: their mean is TOP − σ²/2."""
    noise = torch.randn(count, generator=generator(0, "jensen"), dtype=torch.float64)
    return TOP - 0.5 * std**2 + std * noise


def picture(log_w: torch.Tensor, *, top: float = TOP, elbo: float | None = None) -> JensenPicture:
    bottom = float(log_w.mean()) if elbo is None else elbo
    return jensen_picture(log_w, log_likelihood=one(top), elbo=one(bottom))


@pytest.mark.parametrize("std", [0.2, 1.0, 1.8])
def test_the_gap_of_log_normal_weights_is_half_their_variance(std: float) -> None:
    found = picture(normal_weights(std), elbo=TOP - 0.5 * std**2)
    assert found.gap == pytest.approx(0.5 * std**2, abs=1e-12)
    # Var of the sample variance: 2σ⁴/N
    assert 0.5 * found.variance == pytest.approx(found.gap, abs=4 * std**2 / math.sqrt(2 * found.draws))
    # Var log w̄ ≈ (e^{σ²} − 1)/N
    assert found.bound == pytest.approx(TOP, abs=5 * math.sqrt((math.exp(std**2) - 1) / found.draws))
    # The normal law fits: χ² over the bins that expect enough
    counts, expected = found.log_counts.numpy(), found.normal_counts.numpy()
    enough = expected > 10
    chi = float(((counts - expected) ** 2 / expected)[enough].sum())
    assert scipy.stats.chi2.sf(chi, enough.sum() - 2) > 1e-4


def test_its_numbers_are_those_of_numpy() -> None:
    log_w = normal_weights(1.3, 5000)
    found = picture(log_w, elbo=-151.0)
    values = log_w.numpy()
    ratio = np.exp(values - TOP)
    assert (found.gap, found.draws) == (1.0, 5000)
    assert found.bound == pytest.approx(np.log(np.exp(values - TOP).mean()) + TOP, abs=1e-9)
    assert found.variance == pytest.approx(values.var(ddof=1), rel=1e-9)
    assert found.effective == pytest.approx(ratio.sum() ** 2 / (ratio**2).sum(), rel=1e-9)
    assert found.small == pytest.approx((ratio < 0.01).mean(), abs=1e-12)
    assert found.greatest == pytest.approx(ratio.max(), rel=1e-9)
    edges = found.ratio_edges.numpy()
    np.testing.assert_array_equal(found.ratio_counts, np.histogram(ratio, edges)[0])
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(np.clip(np.quantile(ratio, 0.995), 2, 5))
    assert found.beyond == (ratio > edges[-1]).sum() > 0
    counts, log_edges = np.histogram(values, BINS)
    np.testing.assert_allclose(found.log_edges, log_edges, atol=1e-9)
    np.testing.assert_array_equal(found.log_counts, counts)
    law = scipy.stats.norm(values.mean(), values.std(ddof=1))
    np.testing.assert_allclose(found.normal_counts, 5000 * np.diff(law.cdf(log_edges)), atol=1e-6)
    np.testing.assert_allclose(found.dots, np.quantile(values - TOP, (np.arange(200) + 0.5) / 200), atol=1e-9)


@pytest.mark.parametrize("spread", [30.0, 300.0])
def test_weights_that_span_hundreds_of_nats_give_finite_numbers(spread: float) -> None:
    log_w = TOP - torch.linspace(0.0, spread, 2000, dtype=torch.float64)
    found = picture(log_w)
    assert found.small > 0.8
    assert found.beyond == 0
    assert found.ratio_edges[-1] == 2
    assert found.log_counts.sum() == found.ratio_counts.sum() == 2000
    assert found.greatest == pytest.approx(1.0)
    assert all(math.isfinite(v) for v in (found.gap, found.bound, found.variance, found.effective))


def test_equal_weights_have_no_gap_and_no_tail() -> None:
    found = picture(torch.full((100,), TOP, dtype=torch.float64))
    assert (found.gap, found.variance, found.small) == (0, 0, 0)
    assert found.effective == pytest.approx(100)
    assert found.tail == -math.inf
    assert found.log_counts.sum() == 100
    assert found.normal_counts.abs().sum() == 0


def test_what_is_no_row_of_weights_is_refused() -> None:
    with pytest.raises(SettingError, match="log_w must be 25 numbers"):
        picture(torch.zeros(24))
    with pytest.raises(SettingError, match="log_w must be 25 numbers"):
        picture(torch.zeros(30, 2))
    with pytest.raises(SettingError, match="log_likelihood must be of one image"):
        jensen_picture(
            torch.zeros(30), log_likelihood=Estimate(torch.zeros(2), torch.zeros(2), "exact"), elbo=one(0.0)
        )
