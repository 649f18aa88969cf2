"""Rounded products: near enough to the exact ones, only where layers are wide, and as good in training."""

import pytest
import torch

from tests.core.small_runs import digits
from vae_core.data import load_dataset
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import Run, TrainConfig
from vae_core.training.gradients import FlatParameters, write_gradients
from vae_core.training.products import PRECISIONS, Products, RoundedProducts, fastest_precision, products

CASES = [("bernoulli", 1.0), ("gaussian", 0.5), ("gaussian", "learned"), ("continuous-bernoulli", 1.0)]


@pytest.mark.parametrize(("likelihood", "sigma"), CASES)
def test_gradients_differ_by_rounding_alone(likelihood: str, sigma: float | str) -> None:
    x = load_dataset("mnist-5k").train.x[:64]
    noise = torch.randn((64, 2), generator=generator(0, "noise"))
    model = VAE((1, 28, 28), hidden=(128, 96), likelihood=likelihood, sigma=sigma)
    flat = FlatParameters.of(model)
    found = {}
    for precision in PRECISIONS:
        write_gradients(model, x, noise, weight=1.0, precision=precision)
        found[precision] = flat.gradients.clone()
    difference = (found["bfloat16"] - found["float32"]).norm() / found["float32"].norm()
    # bfloat16 rounds to one part in 256 at most; over many products the errors average
    assert 0 < difference < 1 / 128


def test_only_wide_layers_are_rounded() -> None:
    x = torch.zeros(3, 200)
    assert type(products(torch.nn.Linear(200, 64), x, "bfloat16")) is RoundedProducts
    assert type(products(torch.nn.Linear(200, 63), x, "bfloat16")) is Products
    assert type(products(torch.nn.Linear(200, 64), x, "float32")) is Products


def test_a_linear_model_is_never_rounded() -> None:
    weights = []
    for precision in PRECISIONS:
        config = TrainConfig(
            dataset="digits", likelihood="gaussian", sigma="learned", hidden=(), precision=precision, steps=60
        )
        run = Run(config, digits())
        run.advance(steps=60)
        weights.append(run.snapshot().key)
    assert weights[0] == weights[1]


def test_rounded_training_is_the_same_every_time_and_as_good() -> None:
    data = load_dataset("digits")
    elbos = {}
    for precision in PRECISIONS:
        config = TrainConfig(dataset="digits", hidden=(128, 96), precision=precision, steps=300)
        first, second = Run(config, data), Run(config, data)
        first.advance(steps=300)
        second.advance(steps=300)
        assert first.snapshot().key == second.snapshot().key
        elbos[precision] = first.history.validation.elbo[-1]
    assert elbos["bfloat16"] != elbos["float32"]
    assert abs(elbos["bfloat16"] - elbos["float32"]) < 0.25


def test_the_default_is_one_of_the_precisions_and_no_part_of_a_link() -> None:
    assert TrainConfig().precision == fastest_precision()
    assert fastest_precision() in PRECISIONS
    for precision in PRECISIONS:
        assert TrainConfig(precision=precision).to_query() == {}
