"""The scores of a decoder, against their definitions by torch.distributions, and in limiting cases."""

import importlib
import math

import numpy as np
import pytest
import torch
from torch import distributions

from vae_core import VAE, SettingError
from vae_core.diagnostics import ImageMean, decoder_scores
from vae_core.likelihoods import LIKELIHOODS

F64 = torch.float64
SHAPE, D, S = (1, 4, 3), 12, 5


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(likelihood, *, shape=SHAPE, latent_dim=2, sigma=1.0):
    model = VAE(shape, latent_dim=latent_dim, hidden=(7,), likelihood=likelihood, sigma=sigma).double()
    if likelihood == "gaussian":
        model.decoder.log_sigma.fill_(math.log(sigma))  # in float64, where a run has it in float32
    return model


def grey(rows=9, dimensions=D):
    return torch.rand(rows, dimensions, generator=seeded(5), dtype=F64)


def binary(rows=9):
    return (grey(rows) > 0.6).double()


@torch.no_grad()
def draws(model, x, seed=0):
    """q(z|x) and S draws of the decoder's outputs, (S, B, D), by the documented use of the generator."""
    q = model.encode(x)
    noise = torch.randn((S, *q.mean.shape), generator=seeded(seed), dtype=F64)
    outputs = model.decoder.outputs(q.mean + torch.exp(0.5 * q.log_var) * noise)
    return distributions.Normal(q.mean, torch.exp(0.5 * q.log_var)), outputs


def assert_mean(found, values):
    values = values.numpy()
    assert found.value == pytest.approx(values.mean(), rel=1e-9, abs=1e-12)
    assert found.error == pytest.approx(values.std(ddof=1) / len(values) ** 0.5, rel=1e-9, abs=1e-12)


# ---- the definitions ---------------------------------------------------------------------------


def test_a_gaussian_by_torch_distributions():
    x, model = grey(), model_of("gaussian", sigma=0.2)
    q, mu = draws(model, x)
    scores = decoder_scores(model, x, support="unit", samples=S, generator=seeded())
    reconstruction = distributions.Normal(mu, 0.2).log_prob(x).sum(2).mean(0)
    kl = distributions.kl_divergence(q, distributions.Normal(0.0, 1.0)).sum(1)
    assert_mean(scores.reconstruction, reconstruction)
    assert_mean(scores.kl, kl)
    assert_mean(scores.elbo, reconstruction - kl)
    assert_mean(scores.expected_squared_error, (x - mu).square().mean(2).mean(0))
    at_mean = model.decoder.outputs(q.mean).detach()
    assert_mean(scores.squared_error, (x - at_mean).square().mean(1))
    assert (scores.images, scores.latent_dim) == (9, 2)
    assert scores.binary_elbo is scores.bits is scores.floor is scores.missing_normaliser is None


def test_a_score_is_its_floor_and_the_divergence_from_the_pixels():
    x, model = grey(), model_of("bernoulli")
    _, logits = draws(model, x)
    scores = decoder_scores(model, x, support="unit", samples=S, generator=seeded())
    # BCE(x, p) = h(x) + KL(Bern(x) ‖ Bern(p))
    entropy = torch.special.entr(x) + torch.special.entr(1 - x)
    assert_mean(scores.floor, entropy.sum(1))
    divergence = distributions.kl_divergence(
        distributions.Bernoulli(probs=x.expand_as(logits)), distributions.Bernoulli(logits=logits)
    )
    assert_mean(scores.reconstruction, -(entropy.sum(1) + divergence.sum(2).mean(0)))
    assert -scores.reconstruction.value > scores.floor.value
    assert scores.bits is None


def test_what_a_score_leaves_out_is_what_the_continuous_bernoulli_of_its_logits_has():
    x = grey()
    score, density = model_of("bernoulli"), model_of("continuous-bernoulli")
    density.load_state_dict(score.state_dict())
    one, other = (
        decoder_scores(model, x, support="unit", samples=S, generator=seeded()) for model in (score, density)
    )
    missing = one.missing_normaliser.value
    assert one.reconstruction.value + missing == pytest.approx(other.reconstruction.value, rel=1e-12)
    assert missing >= D * math.log(2)
    assert other.missing_normaliser is other.floor is None
    # log C(λ) by quadrature: C(λ) ∫₀¹ λˣ (1 − λ)^(1 − x) dx = 1
    nodes, weights = (torch.tensor(part) for part in np.polynomial.legendre.leggauss(40))
    points, lam = (nodes + 1) / 2, torch.sigmoid(draws(score, x)[1])[..., None]
    integral = (lam**points * (1 - lam) ** (1 - points) * weights / 2).sum(-1)
    assert_mean(one.missing_normaliser, -integral.log().sum(2).mean(0))


def test_where_the_decoder_says_a_half_the_score_leaves_out_log_two_a_pixel():
    x, model = grey(), model_of("bernoulli")
    with torch.no_grad():
        model.decoder.linears[-1].weight.zero_()
    scores = decoder_scores(model, x, support="unit", generator=seeded())
    assert scores.missing_normaliser == ImageMean(pytest.approx(D * math.log(2)), pytest.approx(0, abs=1e-12))


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_on_binary_images_all_have_probabilities(likelihood):
    x, model = binary(), model_of(likelihood, sigma=0.4)
    q, outputs = draws(model, x)
    scores = decoder_scores(model, x, support="binary", samples=S, generator=seeded())
    logits = (outputs - 0.5) / 0.4**2 if likelihood == "gaussian" else outputs
    log_p = distributions.Bernoulli(logits=logits).log_prob(x).sum(2).mean(0)
    kl = distributions.kl_divergence(q, distributions.Normal(0.0, 1.0)).sum(1)
    assert_mean(scores.binary_elbo, log_p - kl)
    assert scores.binary_elbo.value < 0
    assert (scores.binary_elbo == scores.elbo) == (likelihood == "bernoulli")
    assert scores.floor is scores.missing_normaliser is scores.bits is None


# ---- bits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", ["gaussian", "continuous-bernoulli"])
def test_bits_are_the_elbo_in_another_unit(likelihood):
    x, model = 0.99 * grey(), model_of(likelihood)
    scores = decoder_scores(model, x, support="unit", levels=17, generator=seeded())
    assert scores.bits.value == pytest.approx(-scores.elbo.value / D / math.log(2) + math.log2(17), rel=1e-12)
    assert scores.bits.error == pytest.approx(scores.elbo.error / D / math.log(2), rel=1e-12)
    assert decoder_scores(model, x, support="unit", generator=seeded()).bits is None


def test_a_decoder_that_says_nothing_costs_the_bits_of_a_level():
    model = model_of("continuous-bernoulli")
    with torch.no_grad():
        for layer in (model.encoder.linears[-1], model.decoder.linears[-1]):
            layer.weight.zero_()
            layer.bias.zero_()
    scores = decoder_scores(model, 0.99 * grey(), support="unit", levels=256, generator=seeded())
    # The density is 1 on [0, 1]ᴰ and q(z|x) is the prior: 8 bits for each of 256 levels.
    assert scores.bits == ImageMean(pytest.approx(8.0, abs=1e-12), pytest.approx(0.0, abs=1e-12))
    assert scores.active_units == 0
    assert scores.squared_error.value == pytest.approx(scores.expected_squared_error.value, rel=1e-12)


def test_a_score_has_no_bits():
    scores = decoder_scores(
        model_of("bernoulli"), 0.99 * grey(), support="unit", levels=17, generator=seeded()
    )
    assert scores.bits is None


# ---- sharpness and units -----------------------------------------------------------------------


def test_sharpness_compares_the_steps_between_neighbours():
    x, model = grey(), model_of("gaussian")
    scores = decoder_scores(model, x, support="unit", generator=seeded())

    def roughness(images):
        images = images.reshape(-1, *SHAPE[1:]).numpy()
        down, across = np.diff(images, axis=1) ** 2, np.diff(images, axis=2) ** 2
        return (down.sum() + across.sum()) / (down.size + across.size)

    decoded = model.decoder.outputs(model.encode(x).mean).detach()
    assert scores.sharpness == pytest.approx(roughness(decoded) / roughness(x), rel=1e-12)


def test_a_decoder_of_one_grey_is_not_sharp_and_points_have_no_sharpness():
    x, model = grey(), model_of("gaussian")
    with torch.no_grad():
        model.decoder.linears[-1].weight.zero_()
    assert decoder_scores(model, x, support="unit", generator=seeded()).sharpness == 0.0
    flat = torch.full_like(x, 0.3)
    assert decoder_scores(model, flat, support="unit", generator=seeded()).sharpness is None
    points = model_of("gaussian", shape=(1, 1, 2))
    assert decoder_scores(points, grey(9, 2), support="real", generator=seeded()).sharpness is None


def test_a_dimension_is_active_from_a_hundredth_of_a_nat():
    x, model = grey(), model_of("gaussian", latent_dim=3)
    with torch.no_grad():
        model.encoder.linears[-1].weight.zero_()
        # KL = ½ μ²: 0.0099, 0.0101 and 2 nats
        mean = torch.tensor([0.0198, 0.0202, 4.0, 0.0, 0.0, 0.0], dtype=F64).sqrt()
        model.encoder.linears[-1].bias.copy_(mean)
    scores = decoder_scores(model, x, support="unit", generator=seeded())
    assert (scores.active_units, scores.latent_dim) == (2, 3)
    assert scores.kl.value == pytest.approx(0.0099 + 0.0101 + 2.0, rel=1e-12)


# ---- how it is computed ------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_the_size_of_a_chunk_changes_nothing(likelihood, monkeypatch):
    x, model = grey(), model_of(likelihood)
    whole = decoder_scores(model, x, support="unit", levels=17, generator=seeded())
    monkeypatch.setattr(
        importlib.import_module("vae_core.diagnostics.decoder_scores"), "PIXELS_AT_ONCE", 2 * D
    )
    parts = decoder_scores(model, x, support="unit", levels=17, generator=seeded())
    assert parts.elbo.value == pytest.approx(whole.elbo.value, rel=1e-12)
    assert parts.squared_error.value == pytest.approx(whole.squared_error.value, rel=1e-12)
    assert parts.sharpness == pytest.approx(whole.sharpness, rel=1e-12)


def test_two_decoders_get_the_same_noise_and_the_model_stays_as_it_is():
    x = grey().float()
    model = VAE(SHAPE, hidden=(7,), likelihood="gaussian")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    first, again = (decoder_scores(model, x, support="unit", generator=seeded(1)) for _ in range(2))
    assert first == again
    assert first != decoder_scores(model, x, support="unit", generator=seeded(2))
    assert model.dtype == torch.float32
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


REFUSED = [
    ({"support": "grey"}, r"^support must be one of "),
    ({"support": "real"}, r"^likelihood must fit the data, got a bernoulli decoder needs data in "),
    ({"x": torch.zeros(1, D)}, r"^x must have at least 2 images"),
    ({"x": torch.zeros(3, D + 1)}, r"^x must be a floating tensor of shape \(rows, 12\)"),
    ({"samples": 0}, r"^samples must be a whole number from 1 "),
    ({"levels": 1}, r"^levels must be a whole number from 2 to 65536, got 1\.$"),
    ({"levels": 17, "support": "binary"}, r"^levels must be None unless the support is unit"),
]


@pytest.mark.parametrize(("change", "sentence"), REFUSED)
def test_a_bad_setting_is_refused(change, sentence):
    given = {"x": torch.zeros(3, D), "support": "unit", "generator": seeded()} | change
    with pytest.raises(SettingError, match=sentence):
        decoder_scores(model_of("bernoulli"), given.pop("x"), **given)
