"""Calibration, on data drawn from the model itself: probabilities come true, residuals are normal."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from scipy import integrate

from vae_core.checks import SettingError
from vae_core.diagnostics import Reliability, Residuals, calibration
from vae_core.diagnostics import calibration as function
from vae_core.diagnostics.calibration import residuals_of
from vae_core.likelihoods import ContinuousBernoulli
from vae_core.likelihoods.tails import continuous_bernoulli_tails
from vae_core.models import VAE
from vae_core.rng import generator

F64 = torch.float64
GRADES = torch.linspace(-4, 4, 40, dtype=F64)
STEEP = torch.tensor([-60.0, -9.0, -0.4, -1e-3, 0.0, 1e-9, 0.7, 5.0, 300.0], dtype=F64)


@torch.no_grad()
def constant(likelihood: str, outputs: torch.Tensor, *, sigma: float = 1.0) -> VAE:
    """A model whose decoder says the same whatever the code."""
    model = VAE((1, 1, len(outputs)), hidden=(3,), likelihood=likelihood, sigma=sigma).double()
    model.decoder.linears[-1].weight.zero_()
    model.decoder.linears[-1].bias.copy_(outputs)
    return model


@torch.no_grad()
def linear_gaussian(weight: torch.Tensor, sigma: float, *, log_var: float | None = None) -> VAE:
    """x = w z + σ ε with the exact posterior for encoder, or with another variance."""
    model = VAE((1, 1, len(weight)), latent_dim=1, hidden=(), likelihood="gaussian", sigma=sigma).double()
    size = float(weight @ weight) + sigma**2
    model.decoder.linears[0].weight.copy_(weight[:, None])
    model.decoder.linears[0].bias.zero_()
    # q(z|x) = N(wᵀx/(wᵀw + σ²), σ²/(wᵀw + σ²))
    model.encoder.linears[0].weight.copy_(weight[None] / size)
    model.encoder.linears[0].bias.zero_()
    model.encoder.constant_log_var.fill_(math.log(sigma**2 / size) if log_var is None else log_var)
    return model


def ones(logits: torch.Tensor, count: int, *, seed: int = 0) -> torch.Tensor:
    uniform = torch.rand(count, len(logits), generator=generator(seed, "pixels"), dtype=F64)
    return (uniform < torch.sigmoid(logits)).double()


def reliability(model: VAE, x: torch.Tensor, *, support: str = "binary", **more) -> Reliability:
    found = calibration(model, x, support=support, generator=generator(0, "codes"), **more)
    assert isinstance(found, Reliability)
    return found


def residuals(model: VAE, x: torch.Tensor, *, support: str = "real", **more) -> Residuals:
    found = calibration(model, x, support=support, generator=generator(0, "codes"), **more)
    assert isinstance(found, Residuals)
    return found


def chi_square(found: Residuals, number: int) -> float:
    """The p-value of the histogram under a standard normal law."""
    counts = number * found.density.numpy() * np.diff(found.edges)
    expected = number * np.diff(scipy.stats.norm.cdf(found.edges))
    enough = expected > 10
    chi = ((counts - expected) ** 2 / expected)[enough].sum()
    return float(scipy.stats.chi2.sf(chi, enough.sum() - 1))


# ---- a Bernoulli's probabilities ------------------------------------------------------------------


def test_probabilities_of_a_right_model_come_true() -> None:
    x = ones(GRADES, 3000)
    found = reliability(constant("bernoulli", GRADES), x, bins=10)
    a = torch.sigmoid(GRADES).numpy()
    counts, edges = np.histogram(a, 10, (0, 1))
    np.testing.assert_allclose(found.edges, edges, atol=1e-15)
    np.testing.assert_array_equal(found.count, 4 * 3000 * counts)
    sums, _ = np.histogram(a, 10, (0, 1), weights=a)
    np.testing.assert_allclose(found.predicted, sums / counts, rtol=1e-12)
    assert float(((found.observed - found.predicted) / found.error).abs().max()) < 4
    # Pixels are independent here, and four equal codes an image tell no more than one
    variance, _ = np.histogram(a, 10, (0, 1), weights=a * (1 - a))
    np.testing.assert_allclose(found.error, np.sqrt(variance / 3000) / counts, rtol=0.1)
    assert (found.images, found.grey) == (3000, False)


def test_a_shifted_bias_is_off_by_the_shift() -> None:
    x = ones(GRADES, 3000)
    found = reliability(constant("bernoulli", GRADES + 1), x, bins=1)
    truth = float(torch.sigmoid(GRADES + 1).mean() - torch.sigmoid(GRADES).mean())
    assert float(found.predicted - found.observed) == pytest.approx(truth, abs=4 * float(found.error))
    assert float(found.error) < 0.1 * truth


def test_pixels_of_an_image_are_one_observation() -> None:
    # All forty pixels of an image are equal: as if it had one
    x = ones(torch.zeros(1, dtype=F64), 200).expand(200, 40)
    found = reliability(constant("bernoulli", torch.zeros(40, dtype=F64)), x, bins=4)
    means = x[:, 0].numpy()
    assert list(found.count) == [0, 0, 4 * 200 * 40, 0]
    assert float(found.error[2]) == pytest.approx(means.std(ddof=1) / math.sqrt(200), rel=1e-12)
    for column in (found.predicted, found.observed, found.error):
        assert column.isnan().tolist() == [True, True, False, True]
    assert reliability(constant("bernoulli", torch.zeros(40, dtype=F64)), x[:1]).error[6] == math.inf


def test_codes_move_pixels_between_bins() -> None:
    model = VAE((1, 1, 8), hidden=(6,), likelihood="bernoulli", seed=3)
    x = ones(torch.zeros(8, dtype=F64), 50).float()
    found = reliability(model, x, samples=3, bins=7)
    # The same by NumPy
    with torch.no_grad():
        q, source = model.encode(x), generator(0, "codes")
        a = torch.cat([model.decode(q.sample(source)[0]).mean for _ in range(3)]).double().numpy().ravel()
    pixels = np.tile(x.numpy(), (3, 1)).ravel()
    counts, _ = np.histogram(a, 7, (0, 1))
    with np.errstate(invalid="ignore"):
        predicted = np.histogram(a, 7, (0, 1), weights=a)[0] / counts
        observed = np.histogram(a, 7, (0, 1), weights=pixels)[0] / counts
    np.testing.assert_array_equal(found.count, counts)
    np.testing.assert_allclose(found.predicted, predicted, rtol=1e-6)
    np.testing.assert_allclose(found.observed, observed, rtol=1e-6)


def test_grey_pixels_have_a_mean_grey_value() -> None:
    x = torch.rand(100, 40, generator=generator(0, "grey"), dtype=F64)
    found = reliability(constant("bernoulli", GRADES), x, support="unit", bins=1)
    assert found.grey
    assert float(found.observed) == pytest.approx(float(x.mean()), rel=1e-12)


def test_many_images_are_decoded_in_parts(monkeypatch) -> None:
    model, x = constant("bernoulli", GRADES), ones(GRADES, 57)
    whole = reliability(model, x)
    monkeypatch.setitem(function.__globals__, "AT_ONCE", 400)
    parts = reliability(model, x)
    for name in ("predicted", "observed", "error", "count"):
        torch.testing.assert_close(getattr(parts, name), getattr(whole, name), equal_nan=True)


# ---- a Gaussian's residuals -----------------------------------------------------------------------


def test_with_the_exact_posterior_the_residuals_are_standard_normal() -> None:
    weight, sigma = torch.tensor([1.2, -0.5, 0.3], dtype=F64), 0.7
    model = linear_gaussian(weight, sigma)
    z, noise = torch.randn(20_000, 4, generator=generator(1, "joint"), dtype=F64).split([1, 3], 1)
    x = z * weight + sigma * noise
    found = residuals(model, x, samples=1)
    assert found.mean == pytest.approx(0, abs=4 / math.sqrt(60_000))
    assert found.std == pytest.approx(1, abs=4 / math.sqrt(120_000))
    assert found.beyond == pytest.approx(2 * scipy.stats.norm.sf(4), abs=4 * math.sqrt(6.3e-5 / 60_000))
    assert chi_square(found, 60_000) > 1e-3
    assert (found.kind, found.images, found.ends) == ("standardised", 20_000, 0.0)
    np.testing.assert_allclose(
        found.normal, np.diff(scipy.stats.norm.cdf(found.edges)) / np.diff(found.edges), rtol=1e-9
    )
    # An encoder without spread sees residuals smaller: E r²/D = (D − 1 + σ²/(wᵀw + σ²))/D
    sure = residuals(linear_gaussian(weight, sigma, log_var=-20.0), x)
    share = sigma**2 / (float(weight @ weight) + sigma**2)
    assert sure.std**2 == pytest.approx((2 + share) / 3, rel=0.02)


@pytest.mark.parametrize("sigma", [0.25, 0.5, 2.0])
def test_a_wrong_sigma_shows_in_the_standard_deviation(sigma: float) -> None:
    x = torch.randn(2000, 5, generator=generator(0, "normal"), dtype=F64)
    found = residuals(constant("gaussian", torch.full((5,), 0.1, dtype=F64), sigma=sigma), x)
    r = (x.numpy() - 0.1) / sigma
    assert found.mean == pytest.approx(r.mean(), rel=1e-5)
    assert found.std == pytest.approx(r.std(), rel=1e-5)
    assert found.beyond == pytest.approx((abs(r) > 4).mean(), abs=1e-12)
    counts, _ = np.histogram(r, found.edges)
    np.testing.assert_allclose(found.density, counts / r.size / np.diff(found.edges), rtol=1e-9)


# ---- a continuous Bernoulli's residuals -----------------------------------------------------------


@pytest.mark.parametrize("size", [1e-3, 0.3, 4.0, 60.0, 600.0])
def test_both_tails_are_those_of_a_truncated_exponential(size: float) -> None:
    x = torch.linspace(0, 1, 41, dtype=F64)
    law = scipy.stats.truncexpon(b=size, scale=1 / size)
    below, above = continuous_bernoulli_tails(torch.tensor(-size, dtype=F64), x)
    np.testing.assert_allclose(below, law.cdf(x), rtol=1e-9, atol=1e-300)
    # scipy's upper tail is less sure of its last digits
    np.testing.assert_allclose(above, law.sf(x), rtol=1e-9, atol=1e-12)
    mirrored = continuous_bernoulli_tails(torch.tensor(size, dtype=F64), 1 - x)
    torch.testing.assert_close(mirrored, (above, below), rtol=1e-9, atol=1e-16)
    assert (below[0], above[0], below[-1], above[-1]) == (0, 1, 1, 0)


@pytest.mark.parametrize("logit", [-7.0, -0.2, 0.0, 1e-8, 3.0])
def test_the_tails_integrate_the_density(logit: float) -> None:
    law = ContinuousBernoulli(torch.tensor(logit, dtype=F64))
    for x in (0.0, 0.03, 0.5, 0.97, 1.0):
        below, above = continuous_bernoulli_tails(law.logits, torch.tensor(x, dtype=F64))
        assert float(below + above) == pytest.approx(1, abs=1e-14)
        mass, _ = integrate.quad(
            lambda t: math.exp(float(law.log_prob_per_dimension(torch.tensor(t, dtype=F64)))), 0, x
        )
        assert float(below) == pytest.approx(mass, abs=1e-10)


def test_quantile_residuals_of_a_right_model_are_standard_normal() -> None:
    # F⁻¹ by scipy: the density falls as e^{−|l| x}, or rises
    source = np.random.default_rng(0)
    columns = []
    for logit in STEEP.tolist():
        size = max(abs(logit), 1e-9)
        drawn = scipy.stats.truncexpon.rvs(b=size, scale=1 / size, size=8000, random_state=source)
        columns.append(drawn if logit <= 0 else 1 - drawn)
    x = torch.from_numpy(np.stack(columns, 1)).clamp(0, 1)
    found = residuals(constant("continuous-bernoulli", STEEP), x, support="unit", samples=1)
    assert found.kind == "quantile"
    assert found.mean == pytest.approx(0, abs=4 / math.sqrt(72_000))
    assert found.std == pytest.approx(1, abs=4 / math.sqrt(144_000))
    assert chi_square(found, 72_000) > 1e-3
    # and is far from it with the wrong logits
    assert (
        chi_square(residuals(constant("continuous-bernoulli", STEEP + 1), x, support="unit"), 72_000) < 1e-9
    )


def test_far_tails_keep_their_residuals() -> None:
    law = ContinuousBernoulli(torch.tensor([-200.0, 200.0], dtype=F64))
    found = residuals_of(law, torch.tensor([0.9, 0.1], dtype=F64))
    # 1 − F(0.9) ≈ e^{−180}
    assert float(found[0]) == pytest.approx(-scipy.stats.norm.ppf(math.exp(-180)), rel=1e-6)
    assert float(found[1]) == pytest.approx(-float(found[0]), rel=1e-9)


def test_pixels_at_the_ends_are_counted_apart() -> None:
    x = torch.tensor([[0.0, 0.2, 0.5, 1.0], [0.0, 0.5, 0.5, 0.8]], dtype=F64)
    found = residuals(constant("continuous-bernoulli", torch.zeros(4, dtype=F64)), x, support="unit")
    r = scipy.stats.norm.ppf([0.2, 0.5, 0.5, 0.5, 0.8])
    assert (found.beyond, found.ends) == (0.375, 0.375)
    assert found.mean == pytest.approx(r.mean(), abs=1e-12)
    assert found.std == pytest.approx(r.std(), rel=1e-9)
    assert float(found.density @ found.edges.diff()) == pytest.approx(0.625)
    none = residuals(constant("continuous-bernoulli", GRADES), ones(GRADES, 10), support="binary")
    assert (none.beyond, none.ends) == (1.0, 1.0)
    assert math.isnan(none.mean)
    assert math.isnan(none.std)
    assert float(none.density.sum()) == 0


# ---- what is refused ------------------------------------------------------------------------------


def test_what_has_no_calibration_is_refused() -> None:
    model, x = constant("bernoulli", GRADES), ones(GRADES, 4)
    for change, message in (
        (
            {"support": "real"},
            "support must be one that the likelihood can be used on, got a bernoulli decoder",
        ),
        ({"support": "grey"}, "support must be one of binary, unit, real, got 'grey'"),
        ({"samples": 0}, "samples must be a whole number from 1 to 1000, got 0"),
        ({"bins": 0}, "bins must be a whole number from 1 to 200, got 0"),
    ):
        with pytest.raises(SettingError) as refused:
            calibration(model, x, **{"support": "binary", "generator": generator(0, "codes"), **change})
        assert str(refused.value).startswith(message)
    with pytest.raises(SettingError, match=r"^x must have at least one image, got 'none'\.$"):
        reliability(model, x[:0])
    with pytest.raises(SettingError, match=r"^likelihood must have a density, got"):
        residuals_of(model.decode(torch.zeros(1, 2, dtype=F64)), x)
