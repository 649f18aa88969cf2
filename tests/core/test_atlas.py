"""The shipped sweeps are whole, small, and where their plans say; their runs open as shipped models."""

import numpy as np
import pytest
import torch

from vae_core import SettingError, elbo_terms, load_dataset
from vae_core.diagnostics import linear_rate
from vae_core.rng import generator
from vae_core.sweeps import InlineExecutor, SweepPlan, atlas
from vae_core.sweeps.atlas import SWEEPS, atlas_names, load_atlas, make
from vae_core.training import TrainConfig
from vae_core.training.shipped import (
    ATLAS,
    TEST_SAMPLES,
    atlas_name,
    is_shipped,
    load_shipped,
    shipped_test_elbo,
)

EVERY = 9
"""So many runs of each sweep are measured again."""


@pytest.mark.parametrize("name", atlas_names())
def test_a_shipped_sweep_has_every_run_of_its_plan(name: str) -> None:
    plan, points = load_atlas(name)
    assert plan == SWEEPS[name]
    assert tuple(point.config for point in points) == plan.configs()
    assert all(point.failed is None for point in points)
    assert {path.name for path in (ATLAS / name / "runs").iterdir()} == {point.run for point in points}


def test_they_are_small_and_cover_likelihoods_and_seeds() -> None:
    assert sum(path.stat().st_size for path in ATLAS.rglob("*")) < 5_000_000
    plan, _ = load_atlas("digits")
    assert set(plan.values) == {"likelihood", "beta"}
    assert len(plan.seeds) == 3
    with pytest.raises(SettingError, match=r"^shipped sweep must be one of "):
        load_atlas("../digits")


@pytest.mark.parametrize("name", atlas_names())
@torch.no_grad()
def test_a_run_opens_as_a_shipped_model_with_its_recorded_test_elbo(name: str) -> None:
    for point in load_atlas(name)[1][::EVERY]:
        model = atlas_name(point.run)
        assert is_shipped(model)
        snapshot = load_shipped(model)
        assert (snapshot.config, snapshot.step) == (point.config, point.config.steps)
        x = load_dataset(point.config.dataset).test.x
        terms = elbo_terms(snapshot.model(), x, samples=TEST_SAMPLES, generator=generator(0, "test"))
        assert float(terms.elbo.mean()) == pytest.approx(shipped_test_elbo(model), abs=1e-3)


def test_names_that_are_none_are_no_shipped_models() -> None:
    for name in ("atlas-", "atlas-0123456789ab", "atlas-../digits", "atlas", ""):
        assert not is_shipped(name)
        with pytest.raises(SettingError, match=r"^shipped model must be one of "):
            load_shipped(name)


def test_the_linear_runs_lie_on_the_exact_curve() -> None:
    plan, points = load_atlas("linear")
    data = load_dataset("digits")
    betas = [point.config.beta for point in points]
    curve = linear_rate(
        data.train.x,
        latent_dim=plan.base.latent_dim,
        sigma=float(plan.base.sigma),
        betas=betas,
        on=data.validation.x,
    )
    found = np.array([[point.rate, point.distortion] for point in points])
    best = np.stack([curve.rate.numpy(), curve.distortion.numpy()], 1)
    # Nats: training stops after some steps, and E_q is sampled.
    np.testing.assert_allclose(found, best, atol=0.2)


def test_a_sweep_is_made_as_it_is_shipped(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = TrainConfig(dataset="digits", hidden=(4,), steps=3, threads=1)
    monkeypatch.setitem(atlas.SWEEPS, "digits", SweepPlan(config, {"beta": (0.5, 2.0)}))
    points = make("digits", InlineExecutor(), tmp_path)
    for point in points:
        kept = {path.name for path in (tmp_path / "digits" / "runs" / point.run).iterdir()}
        assert kept == {"run.json", "point.json", "weights.safetensors"}
