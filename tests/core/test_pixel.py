"""The distribution of one pixel over the encoder's codes, against torch.distributions and quadrature."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import scipy.stats
import torch
from scipy import integrate

from vae_core.checks import SettingError
from vae_core.diagnostics import PixelPrediction, pixel_prediction
from vae_core.diagnostics.pixel import CELLS, continuous_bernoulli_variance
from vae_core.models import VAE
from vae_core.rng import generator

F64 = torch.float64
FAMILIES = ("bernoulli", "gaussian", "continuous-bernoulli")


def row(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=F64)


@torch.no_grad()
def linear(
    likelihood: str,
    *,
    sigma: float = 1.0,
    weights: Sequence[float] = (2.0, 0.0),
    bias: Sequence[float] = (0.5, -1.0),
    std: float = 0.6,
) -> VAE:
    """Two pixels from one code; the code's mean is the first pixel, its spread the same for all images."""
    model = VAE((1, 1, 2), latent_dim=1, hidden=(), likelihood=likelihood, sigma=sigma).double()
    model.decoder.linears[0].weight.copy_(torch.tensor(weights, dtype=F64)[:, None])
    model.decoder.linears[0].bias.copy_(torch.tensor(bias, dtype=F64))
    model.encoder.linears[0].weight.copy_(row(1.0, 0.0))
    model.encoder.linears[0].bias.zero_()
    model.encoder.constant_log_var.fill_(2 * math.log(std))
    return model


def predict(model: VAE, x: torch.Tensor, *, pixel: int = 0, support: str = "unit", **more) -> PixelPrediction:
    data = more.pop("data", row(0.25, 0.5))
    return pixel_prediction(
        model, x, pixel=pixel, data=data, support=support, generator=generator(0, "codes"), **more
    )


def outputs(model: VAE, x: torch.Tensor, *, pixel: int = 0, samples: int = 256) -> torch.Tensor:
    """Logits or means of the pixel at the same codes."""
    z = model.encode(x).sample(generator(0, "codes"), samples=samples)[:, 0]
    return model.decoder.outputs(z)[:, pixel].detach()


def mixture(law: torch.distributions.Distribution) -> torch.distributions.MixtureSameFamily:
    equal = torch.distributions.Categorical(logits=torch.zeros(law.batch_shape, dtype=F64))
    return torch.distributions.MixtureSameFamily(equal, law)


def cells(found: PixelPrediction) -> np.ndarray:
    """The edges that the values are the middles of."""
    wide = float(found.values[1] - found.values[0])
    return np.append(found.values - 0.5 * wide, float(found.values[-1]) + 0.5 * wide)


# ---- each family --------------------------------------------------------------------------------


@pytest.mark.parametrize("support", ["binary", "unit"])
def test_a_bernoulli_gives_probabilities_of_0_and_1(support: str) -> None:
    model, x = linear("bernoulli"), row(1.0, 0.0)
    found = predict(model, x, support=support)
    assert found.kind == {"binary": "mass", "unit": "score"}[support]
    assert (found.likelihood, found.truth, found.inside) == ("bernoulli", 1.0, 1.0)
    assert found.values.tolist() == [0, 1]
    law = mixture(torch.distributions.Bernoulli(logits=outputs(model, x)))
    assert float(found.probability[1]) == pytest.approx(float(law.mean), rel=1e-12)
    assert float(found.probability.sum()) == pytest.approx(1, abs=1e-15)
    assert (found.mean, found.std) == (
        pytest.approx(float(law.mean), rel=1e-12),
        pytest.approx(float(law.stddev), rel=1e-12),
    )
    # E_q sigmoid(2 z + ½), z ~ N(1, 0.6²)
    many = predict(model, x, support=support, samples=40_000)
    truth, _ = integrate.quad(
        lambda z: scipy.stats.norm.pdf(z, 1, 0.6) / (1 + math.exp(-2 * z - 0.5)), -10, 10
    )
    assert many.mean == pytest.approx(truth, abs=4 * 0.12 / 200)


@pytest.mark.parametrize("sigma", [1e-3, 0.1, 1.0])
def test_a_gaussians_density_is_that_of_the_mixture(sigma: float) -> None:
    model, x = linear("gaussian", sigma=sigma), row(0.2, 0.0)
    found = predict(model, x)
    law = mixture(torch.distributions.Normal(outputs(model, x), torch.tensor(sigma, dtype=F64)))
    edges = cells(found)
    mass = np.diff(law.cdf(torch.from_numpy(edges)).detach().numpy())
    np.testing.assert_allclose(found.probability.numpy() * np.diff(edges), mass, atol=1e-8)
    assert found.mean == pytest.approx(float(law.mean), rel=1e-9)
    assert found.std == pytest.approx(float(law.stddev), rel=1e-6)
    # The grid holds nearly all, unless it was cut
    values, shares = found.values.numpy(), found.probability.numpy() * np.diff(edges)
    assert shares.sum() == pytest.approx(1, abs=1e-3 if sigma < 1 else 0.01)
    assert (shares * values).sum() == pytest.approx(found.mean, abs=0.05 * found.std)
    assert found.inside == pytest.approx(float(law.cdf(row(1.0)) - law.cdf(row(0.0))), rel=1e-6)
    # Over z ~ N(0.2, 0.6²) it is N(2 · 0.2 + ½, (2 · 0.6)² + σ²)
    many = predict(model, x, samples=40_000)
    assert many.mean == pytest.approx(0.9, abs=4 * 1.2 / 200)
    assert many.std == pytest.approx(math.hypot(1.2, sigma), rel=0.02)


@pytest.mark.parametrize("bias", [-30.0, -1.0, 0.0, 0.2, 8.0])
def test_a_continuous_bernoullis_density_is_that_of_the_mixture(bias: float) -> None:
    model, x = linear("continuous-bernoulli", bias=(bias, 0.0)), row(0.2, 0.0)
    found = predict(model, x, samples=64)
    # p(v|z) ∝ e^{l v} on [0, 1]; by quadrature
    logits = outputs(model, x, samples=64).numpy()
    scale = [integrate.quad(lambda v, s=s: math.exp(s * v - max(s, 0)), 0, 1)[0] for s in logits]

    def density(v: float) -> float:
        return float(np.mean(np.exp(logits * v - np.maximum(logits, 0)) / scale))

    assert found.kind == "density"
    assert float(found.values[0]) == pytest.approx(0.5 / CELLS)
    assert float(found.values[-1]) == pytest.approx(1 - 0.5 / CELLS)
    for n in (0, 57, CELLS - 1):
        low, high = n / CELLS, (n + 1) / CELLS
        truth = integrate.quad(density, low, high)[0] * CELLS
        assert float(found.probability[n]) == pytest.approx(truth, rel=1e-7)
    mean = integrate.quad(lambda v: v * density(v), 0, 1, points=[0.05, 0.95])[0]
    square = integrate.quad(lambda v: v * v * density(v), 0, 1, points=[0.05, 0.95])[0]
    assert found.mean == pytest.approx(mean, abs=1e-8)
    assert found.std == pytest.approx(math.sqrt(square - mean**2), abs=1e-8)
    assert found.inside == 1.0


@pytest.mark.parametrize("logit", [0.0, 1e-6, -0.3, 0.4999, 0.5, -0.5001, 2.0, -9.0, 80.0])
def test_the_variance_of_a_continuous_bernoulli(logit: float) -> None:
    found = float(continuous_bernoulli_variance(torch.tensor(logit, dtype=F64)))
    if logit == 0:
        assert found == pytest.approx(1 / 12)
        return
    law = scipy.stats.truncexpon(b=abs(logit), scale=1 / abs(logit))
    # By quadrature around the mean: scipy's own var() cancels at small b
    truth, _ = integrate.quad(lambda t: (t - law.mean()) ** 2 * law.pdf(t), 0, 1, epsabs=1e-13)
    assert found == pytest.approx(truth, rel=1e-9 if abs(logit) > 1e-3 else 1e-4)


# ---- limiting cases -----------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", FAMILIES)
def test_without_spread_it_is_the_likelihood_itself(likelihood: str) -> None:
    model, x = linear(likelihood, sigma=0.3, std=1e-4), row(0.2, 0.0)
    found, law = predict(model, x), model.decode(row(0.2))
    assert found.mean == pytest.approx(float(law.mean[0, 0].detach()), abs=1e-3)
    if likelihood == "gaussian":
        assert found.std == pytest.approx(0.3, rel=1e-4)
    # The second pixel doesn't depend on the code at all
    other = predict(model, x, pixel=1)
    assert other.mean == pytest.approx(float(law.mean[0, 1].detach()), abs=1e-12)
    assert other.truth == 0.0


def test_the_grid_of_a_gaussian_is_neither_too_narrow_nor_absurdly_wide() -> None:
    narrow = predict(linear("gaussian", sigma=0.01, std=1e-3, weights=(0, 0)), row(0.2, 0.0))
    assert (cells(narrow)[0], cells(narrow)[-1]) == (pytest.approx(0), pytest.approx(1))
    some = predict(linear("gaussian", sigma=0.5, std=1e-3, weights=(0, 0)), row(0.2, 0.0))
    assert (cells(some)[0], cells(some)[-1]) == (pytest.approx(0.5 - 1.75), pytest.approx(0.5 + 1.75))
    wide = predict(linear("gaussian", sigma=100.0), row(0.2, 0.0))
    assert (cells(wide)[0], cells(wide)[-1]) == (pytest.approx(-4), pytest.approx(5))
    assert wide.std == pytest.approx(100, rel=0.01)
    assert wide.inside == pytest.approx(scipy.stats.norm.pdf(0) / 100, rel=0.01)
    # Real pixels have the range of the data
    real = predict(
        linear("gaussian", sigma=100.0), row(0.2, 0.0), support="real", data=row(-3.0, 0.0)[[0, 0]]
    )
    assert (cells(real)[0], cells(real)[-1]) == (pytest.approx(-3 - 4 * 3.2), pytest.approx(0.2 + 4 * 3.2))
    assert real.inside is None


# ---- the neighbours -----------------------------------------------------------------------------


def test_the_others_are_those_of_the_nearest_mean_codes_without_the_image_itself() -> None:
    # The mean code is the first pixel
    data = torch.tensor([[0.9, 0.1], [0.3, 0.2], [0.35, 0.3], [0.3, 0.4], [0.1, 0.5]], dtype=F64)
    model = linear("gaussian")
    found = predict(model, data[1:2], pixel=1, data=data, neighbours=3)
    assert found.others.tolist() == [0.4, 0.3, 0.5]
    assert found.truth == 0.2
    # An image that is not among them loses none, and a twin of x stays
    assert predict(model, row(0.31, 0.0), pixel=1, data=data, neighbours=2).others.tolist() == [0.2, 0.4]
    twins = torch.cat([data[1:2], data])
    assert predict(model, data[1:2], pixel=1, data=twins, neighbours=2).others.tolist() == [0.2, 0.4]
    assert len(predict(model, data[1:2], data=data).others) == 4
    assert len(predict(model, data[1:2], data=data, neighbours=0).others) == 0
    assert len(predict(model, data[1:2], data=data[1:2]).others) == 0


def test_float32_models_give_float64_records() -> None:
    model = VAE((1, 2, 2), hidden=(4,), likelihood="gaussian", sigma="learned")
    found = predict(model, torch.rand(1, 4, generator=generator(0, "x")), data=torch.zeros(3, 4))
    assert {found.values.dtype, found.probability.dtype, found.others.dtype} == {F64}
    assert not found.probability.requires_grad


# ---- what is refused ----------------------------------------------------------------------------


def test_what_is_no_pixel_is_refused() -> None:
    model, x = linear("bernoulli"), row(0.2, 0.0)
    for change, message in (
        ({"pixel": 2}, "pixel must be a whole number from 0 to 1, got 2."),
        ({"pixel": -1}, "pixel must be a whole number from 0 to 1, got -1."),
        ({"samples": 0}, "samples must be a whole number from 1 to 100000, got 0."),
        ({"neighbours": -1}, "neighbours must be a whole number from 0 to 1000000, got -1."),
        ({"support": "real"}, "support must be one that the likelihood can be used on, got a bernoulli dec"),
        ({"support": "grey"}, "support must be one of binary, unit, real, got 'grey'."),
        ({"data": torch.zeros(3, 5)}, "data must be a float64 tensor of shape (rows, 2), got"),
    ):
        with pytest.raises(SettingError) as refused:
            predict(model, x, **change)
        assert str(refused.value).startswith(message)
    with pytest.raises(SettingError, match=r"^x must be one image, got 2 of them\.$"):
        predict(model, x[[0, 0]])
