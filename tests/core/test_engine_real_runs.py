"""The engine around real runs: it changes when steps happen, and never what they compute."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.fakes import Clock, wait_until
from vae_core.checks import SettingError
from vae_core.data import Dataset, load_dataset
from vae_core.engine import Engine, RunFactory, RunView
from vae_core.training import Run, TrainConfig

CONFIG = TrainConfig(dataset="two-moons", likelihood="gaussian", sigma=0.1, hidden=(16,), steps=300)


def seen(engine: Engine, identity: str) -> RunView:
    view = engine.view(identity)
    assert view is not None
    return view


def alone(*changes: tuple[int, str, float]) -> Run:
    """The same training without an engine."""
    run = Run(CONFIG, load_dataset(CONFIG.dataset))
    for step, setting, value in changes:
        run.advance(steps=step - run.step)
        run.set(setting, value)
    run.advance(steps=CONFIG.steps)
    return run


def assert_same(view: RunView, run: Run) -> None:
    assert view.snapshot.step == run.step
    assert view.snapshot.key == run.snapshot().key
    for ours, theirs in (
        (view.history.train, run.history.train),
        (view.history.validation, run.history.validation),
    ):
        np.testing.assert_array_equal(ours.step, theirs.step)
        np.testing.assert_array_equal(ours.elbo, theirs.elbo)
        np.testing.assert_array_equal(ours.kl_per_dimension, theirs.kl_per_dimension)


def test_slices_compute_what_a_run_alone_computes(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, slice_s=0.005) as engine:
        identity = engine.submit(CONFIG, visitor="ada")
        other = engine.submit(CONFIG.replace(seed=1), visitor="bob")
        engine.start(identity, visitor="ada")
        engine.start(other, visitor="bob")
        wait_until(lambda: seen(engine, identity).state == "finished", seconds=30)
    assert_same(seen(engine, identity), alone())


def test_saved_freed_and_reopened_it_goes_on_bit_for_bit(tmp_path: Path) -> None:
    clock = Clock()
    with Engine(folder=tmp_path, slice_s=0.005, clock=clock) as engine:
        identity = engine.submit(CONFIG, visitor="ada")
        for _ in range(5):
            engine.step(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).snapshot.step == 5)
        engine.set(identity, "beta", 0.5, visitor="ada")
        wait_until(lambda: seen(engine, identity).interventions)
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 20)
        clock.now = 100.0
        engine.janitor()
        wait_until(lambda: (tmp_path / identity / "run.json").is_file())
    with Engine(folder=tmp_path) as engine:
        assert engine.open(identity, visitor="bob")
        assert 20 < seen(engine, identity).step < CONFIG.steps
        engine.start(identity, visitor="bob")
        wait_until(lambda: seen(engine, identity).state == "finished", seconds=30)
    assert_same(seen(engine, identity), alone((5, "beta", 0.5)))


def test_an_upload_comes_back_with_its_data_and_not_without(tmp_path: Path) -> None:
    draws = torch.randn((200, 2), generator=torch.Generator().manual_seed(0))
    upload = Dataset.from_arrays(draws, name="mine", support="real")
    with Engine(folder=tmp_path) as engine:
        identity = engine.submit(CONFIG, visitor="ada", dataset=upload)
        assert identity != engine.submit(CONFIG, visitor="ada")
        engine.step(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).snapshot.step == 1)
    with Engine(folder=tmp_path) as engine, pytest.raises(SettingError, match="dataset must be the one"):
        engine.open(identity, visitor="ada")
    with Engine(folder=tmp_path) as engine:
        assert engine.submit(CONFIG, visitor="ada", dataset=upload) == identity
        assert seen(engine, identity).step == 1


def test_a_run_that_diverges_ends_with_finite_curves(tmp_path: Path) -> None:
    class Poisoned(RunFactory):
        def build(self, config: TrainConfig, dataset: Dataset) -> Run:
            run = Run(config, dataset)
            run.advance(steps=120)
            with torch.no_grad():
                next(run.model.parameters()).fill_(float("nan"))
            return run

    with Engine(folder=tmp_path, run_factory=Poisoned()) as engine:
        identity = engine.submit(CONFIG, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed", seconds=30)
        view = seen(engine, identity)
        assert "the loss became infinite" in view.sentence
        assert np.isfinite(view.history.train.elbo).all()
        assert all(np.isfinite(weights).all() for weights in view.snapshot.weights.values())
        with pytest.raises(SettingError, match="Try a smaller learning rate"):
            engine.start(identity, visitor="ada")


def test_a_setting_changed_before_the_first_step_is_saved(tmp_path: Path) -> None:
    with Engine(folder=tmp_path) as engine:
        identity = engine.submit(CONFIG, visitor="ada")
        engine.set(identity, "beta", 0.5, visitor="ada")
        wait_until(lambda: seen(engine, identity).interventions)
    with Engine(folder=tmp_path) as engine:
        assert engine.open(identity, visitor="ada")
        assert (seen(engine, identity).state, seen(engine, identity).interventions[0].value) == ("ready", 0.5)


def test_likelihood_and_data_that_do_not_fit_are_refused_in_words(tmp_path: Path) -> None:
    with Engine(folder=tmp_path) as engine, pytest.raises(SettingError, match="likelihood must fit the data"):
        engine.submit(CONFIG.replace(likelihood="bernoulli"), visitor="ada")
