"""The VAE: shapes, settings, initial weights, float64 copies; and what pages draw of it."""

import itertools

import numpy as np
import pytest
import torch

from vae_core import VAE, SettingError, TrainConfig, load_dataset
from vae_core.likelihoods import LIKELIHOODS, Bernoulli, ContinuousBernoulli, Gaussian
from vae_core.likelihoods.continuous_bernoulli import partition_slope
from vae_core.models.activations import ACTIVATIONS
from vae_core.models.encoder import LOG_VAR_LIMIT
from vae_core.training import Snapshot, observe
from vae_core.training.initial import start_at_data_mean


@pytest.mark.parametrize(
    ("activation", "likelihood", "hidden"),
    list(itertools.product(ACTIVATIONS, LIKELIHOODS, [(), (5,), (6, 4, 3, 2)])),
)
def test_shapes_and_kinds(activation, likelihood, hidden):
    model = VAE((2, 3, 2), latent_dim=3, hidden=hidden, activation=activation, likelihood=likelihood)
    x = torch.rand(7, 12)
    q = model.encode(x)
    assert q.mean.shape == q.log_var.shape == q.std.shape == (7, 3)
    p = model.decode(q.mean)
    kind = {"bernoulli": Bernoulli, "gaussian": Gaussian, "continuous-bernoulli": ContinuousBernoulli}
    assert type(p) is kind[likelihood]
    assert p.mean.shape == p.log_prob_per_dimension(x).shape == (7, 12)
    assert p.log_prob(x).shape == (7,)
    widths = [layer.out_features for layer in model.decoder.layers]
    assert widths == [*reversed(hidden), 12]
    assert model.dimensions == 12


def test_without_hidden_layers_it_is_linear_with_constant_variance():
    model = VAE((1, 2, 3), latent_dim=2, hidden=(), likelihood="gaussian")
    x, y = torch.randn(2, 5, 6)
    middle = model.encode(0.5 * (x + y))
    torch.testing.assert_close(middle.mean, 0.5 * (model.encode(x).mean + model.encode(y).mean))
    assert torch.equal(model.encode(x).log_var, model.encode(y).log_var)
    z, w = torch.randn(2, 5, 2)
    halfway = model.decode(0.5 * (z + w)).mean
    torch.testing.assert_close(halfway, 0.5 * (model.decode(z).mean + model.decode(w).mean))


def test_the_log_variance_is_kept_in_reach():
    for hidden in ((), (4,)):
        model = VAE((1, 1, 2), hidden=hidden)
        with torch.no_grad():
            for parameter in model.encoder.parameters():
                parameter.fill_(1e4)
        log_var = model.encode(torch.ones(1, 2)).log_var
        assert bool((log_var.abs() <= LOG_VAR_LIMIT).all())


def test_the_same_seed_gives_the_same_weights():
    one, same, other = VAE(seed=3), VAE(seed=3), VAE(seed=4)
    weights = "encoder.layers.0.weight"
    assert torch.equal(one.state_dict()[weights], same.state_dict()[weights])
    assert not torch.equal(one.state_dict()[weights], other.state_dict()[weights])


def test_making_a_model_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    VAE((1, 4, 4), hidden=(8, 8), likelihood="gaussian", sigma="learned")
    assert torch.equal(before, torch.random.get_rng_state())


def test_initial_signals_keep_their_size():
    model = VAE((1, 28, 28), hidden=(400, 400))
    x = torch.randn(500, 784, generator=torch.Generator().manual_seed(0))
    first = model.encoder.layers[0](x).detach()
    assert float(first.std()) == pytest.approx(1.0, rel=0.1)
    for parameter in model.parameters():
        assert bool(parameter.isfinite().all())


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
def test_a_decoder_starts_at_the_mean_of_the_data(likelihood):
    x = load_dataset("digits").train.x
    model = VAE((1, 8, 8), hidden=(16,), likelihood=likelihood, sigma="learned")
    start_at_data_mean(model, x)
    bias = model.decoder.layers[-1].bias.detach()
    inside = (x.mean(0) > 0.01) & (x.mean(0) < 0.99)
    means = {"bernoulli": torch.sigmoid, "gaussian": lambda b: b, "continuous-bernoulli": partition_slope}
    torch.testing.assert_close(means[likelihood](bias)[inside], x.mean(0)[inside], rtol=1e-4, atol=1e-4)
    assert bool(bias.isfinite().all())
    if likelihood == "gaussian":
        spread = (x - x.mean(0)).square().mean().sqrt()
        assert float(model.decoder.log_sigma.detach().exp()) == pytest.approx(float(spread), rel=1e-4)


def test_a_float64_copy_is_a_copy_and_agrees():
    model = VAE((1, 2, 3), hidden=(5,), likelihood="gaussian", sigma="learned")
    double = model.double()
    assert {p.dtype for p in double.parameters()} == {torch.float64}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    x = torch.rand(4, 6)
    close = {"rtol": 1e-5, "atol": 1e-5}
    torch.testing.assert_close(double.encode(x.double()).mean.float(), model.encode(x).mean, **close)
    with torch.no_grad():
        double.decoder.layers[0].weight.zero_()
    assert bool((model.decoder.layers[0].weight != 0).any())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("latent_dim", 0),
        ("latent_dim", 33),
        ("latent_dim", 2.5),
        ("hidden", (0,)),
        ("hidden", (2000,)),
        ("hidden", (4,) * 5),
        ("activation", "sigmoid"),
        ("likelihood", "poisson"),
        ("sigma", 0.0),
        ("sigma", -1.0),
        ("sigma", "free"),
        ("sigma", None),
        ("image_shape", (28, 28)),
        ("image_shape", (1, 0, 4)),
        ("image_shape", (1, 1000, 1000)),
        ("image_shape", (1, 2.0, 2)),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(name, value):
    with pytest.raises(SettingError) as caught:
        VAE(**{name: value})
    assert str(caught.value).startswith(f"{name} must ")
    assert str(caught.value).endswith(".")


def test_bad_input_is_refused():
    model = VAE((1, 2, 3), hidden=(5,))
    with pytest.raises(SettingError, match=r"^x must be a float32 tensor of shape \(rows, 6\)"):
        model.encode(torch.zeros(2, 5))
    with pytest.raises(SettingError, match=r"^z must be a float32 tensor of shape \(rows, 2\)"):
        model.decode(torch.zeros(2, 3))


# ---- what pages draw ----------------------------------------------------------------------------


def test_an_observation_has_the_shapes_of_the_contract_and_repeats():
    data = load_dataset("digits")
    config = TrainConfig(dataset="digits", hidden=(8,), latent_dim=3)
    model = VAE(data.image_shape, hidden=(8,), latent_dim=3)
    snapshot = Snapshot.of(model, config, step=7)
    seen, again = observe(snapshot, data), observe(snapshot, data)
    n = len(data.validation)
    assert seen.latent_mean.shape == (n, 3)
    assert seen.labels.shape == (n,)
    assert seen.kl_per_dimension.shape == (3,)
    assert seen.kl == pytest.approx(float(seen.kl_per_dimension.sum()), rel=1e-5)
    assert seen.originals.shape == seen.reconstructions.shape == (12, 64)
    assert seen.samples.shape == (24, 64)
    assert seen.step == 7
    for name in ("latent_mean", "reconstructions", "samples", "kl_per_dimension"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(again, name))
    # nothing handed out leads back into the data that all share
    seen.originals[:] = 9.0
    seen.labels[:] = 9
    assert float(data.validation.x.max()) <= 1.0
    assert int(data.validation.labels.min()) == 0


def test_points_are_drawn_in_full():
    moons = load_dataset("two-moons")
    model = VAE(moons.image_shape, hidden=(8,), likelihood="gaussian")
    seen = observe(model, moons, step=3)
    assert seen.originals.shape == seen.samples.shape == (min(2000, len(moons.validation)), 2)
    assert seen.step == 3


def test_a_snapshot_is_told_by_its_weights():
    config = TrainConfig(dataset="digits", hidden=(8,))
    one = Snapshot.of(VAE((1, 8, 8), hidden=(8,)), config, step=0)
    same = Snapshot.of(VAE((1, 8, 8), hidden=(8,)), config, step=5)
    other = Snapshot.of(VAE((1, 8, 8), hidden=(8,), seed=1), config, step=0)
    assert one.key == same.key != other.key


def test_numbers_of_another_precision_are_refused_in_one_sentence() -> None:
    model = VAE((1, 2, 2), latent_dim=2, hidden=(3,))
    with pytest.raises(SettingError) as refusal:
        model.encode(torch.zeros(1, 4, dtype=torch.float64))
    assert str(refusal.value) == (
        "x must be a float32 tensor of shape (rows, 4), got torch.float64 of shape (1, 4)."
    )
    assert model.double().encode(torch.zeros(1, 4, dtype=torch.float64)).mean.dtype == torch.float64
