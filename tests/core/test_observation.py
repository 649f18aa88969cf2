"""What the pages draw of a model carries the error of its ELBO."""

import numpy as np
import pytest
import torch

from vae_core.data import load_dataset
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator
from vae_core.training import Run, observe
from vae_core.training.config import TrainConfig
from vae_core.training.snapshot import Snapshot, standard_error


def test_the_elbo_of_an_observation_has_its_standard_error_between_images() -> None:
    data = load_dataset("tiny-binary")
    run = Run(TrainConfig(dataset="tiny-binary", hidden=(4,), steps=5), data)
    seen = observe(run.snapshot(), data, seed=3)
    with torch.no_grad():
        noise = generator(3, "validation")
        elbo = elbo_terms(run.snapshot().model(), data.validation.x, generator=noise).elbo.numpy()
    assert seen.reconstruction - seen.kl == pytest.approx(elbo.mean(), rel=1e-5)
    assert seen.elbo_error == pytest.approx(elbo.std(ddof=1) / np.sqrt(len(elbo)), rel=1e-5)


def test_the_standard_error_is_how_far_the_mean_of_other_images_lies() -> None:
    draws = torch.randn((2000, 50), generator=generator(0, "noise"), dtype=torch.float64)
    errors = [standard_error(row) for row in draws]
    assert np.mean(errors) == pytest.approx(float(draws.mean(1).std()), rel=0.05)
    assert standard_error(torch.ones(1)) is None


def test_equal_keys_mean_equal_models() -> None:
    model = VAE((1, 2, 2), latent_dim=2, hidden=(3,), seed=0)
    config = TrainConfig(dataset="tiny-binary", hidden=(3,))
    key = Snapshot.of(model, config, step=0).key
    assert Snapshot.of(model, config.replace(beta=2.0), step=5).key == key
    # The same numbers under another activation are another function.
    assert Snapshot.of(model, config.replace(activation="relu"), step=0).key != key
