"""The shipped models load, are whole, and are as good as they say."""

import json

import numpy as np
import pytest
import torch

from vae_core import SettingError, elbo_terms, load_dataset
from vae_core.rng import generator
from vae_core.training import observe
from vae_core.training.shipped import (
    FOLDER,
    SHIPPED,
    TEST_SAMPLES,
    load_shipped,
    shipped_names,
    shipped_test_elbo,
)

# Nats per image: what a validation and a test split of some hundred rows may lie apart.
APART = {"two-moons": 0.2}


def test_models_of_each_kind_come_along_and_are_small():
    assert shipped_names()[0] == "binary-digits-2d"
    configs = [load_shipped(name).config for name in shipped_names()]
    assert {c.likelihood for c in configs} == {"bernoulli", "gaussian", "continuous-bernoulli"}
    assert any(c.latent_dim > 2 for c in configs)
    assert "two-moons" in {c.dataset for c in configs}
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == set(shipped_names())
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < 20_000_000
    with pytest.raises(SettingError, match=r"^shipped model must be one of "):
        load_shipped("../binary-digits-2d")


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_model_is_whole(name):
    snapshot = load_shipped(name)
    assert snapshot.config == SHIPPED[name]
    data = load_dataset(snapshot.config.dataset)
    record = json.loads((FOLDER / name / "run.json").read_text())
    assert record["dataset_digest"] == data.digest
    assert snapshot.image_shape == data.image_shape
    assert snapshot.step > 0
    assert not record["failed"]
    assert all(np.isfinite(value).all() for value in snapshot.weights.values())
    assert all(value.dtype == np.float32 for value in snapshot.weights.values())


@pytest.mark.parametrize("name", shipped_names())
@torch.no_grad()
def test_the_recorded_test_elbo_is_reproduced(name):
    snapshot = load_shipped(name)
    data, model = load_dataset(snapshot.config.dataset), snapshot.model()
    terms = elbo_terms(model, data.test.x, samples=TEST_SAMPLES, generator=generator(0, "test"))
    elbo = float(terms.elbo.mean())
    assert elbo == pytest.approx(shipped_test_elbo(name), abs=1e-3)
    # Validation lies near it: no more than four standard errors of their difference, and a bit for choosing.
    seen = observe(snapshot, data)
    spread = float(terms.elbo.std()) * (2 / len(data.test)) ** 0.5
    assert abs(seen.reconstruction - seen.kl - elbo) < 4 * spread + APART.get(name, 2.0)
    assert seen.kl > 0.5
