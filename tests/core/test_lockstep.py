"""Runs in lockstep see the same batches and noise, and train as each would alone."""

import pytest
import torch

from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.training import Run, TrainConfig
from vae_core.training.lockstep import Lockstep

SMALL = TrainConfig(dataset="digits", hidden=(16,), steps=40, batch_size=32)
GAUSSIAN = SMALL.replace(likelihood="gaussian", sigma=0.5)


def test_lockstep_trains_each_run_as_it_would_train_alone() -> None:
    data = load_dataset("digits")
    pair = Lockstep([Run(SMALL, data), Run(GAUSSIAN, data)])
    assert pair.advance(steps=25) == 25
    for config, run in zip((SMALL, GAUSSIAN), pair.runs, strict=True):
        alone = Run(config, data)
        alone.advance(steps=25)
        for name, value in run.model.state_dict().items():
            assert torch.equal(value, alone.model.state_dict()[name]), name


def test_lockstep_ends_when_all_have_stopped() -> None:
    data = load_dataset("digits")
    pair = Lockstep([Run(SMALL, data), Run(GAUSSIAN.replace(steps=60), data)])
    assert pair.advance(budget_s=30.0) == 60
    assert pair.finished
    assert [run.step for run in pair.runs] == [40, 60]


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (SMALL.replace(seed=1), "seed must be the same for runs in lockstep, got [0, 1]."),
        (SMALL.replace(batch_size=8), "batch_size must be the same for runs in lockstep, got [8, 32]."),
        (SMALL.replace(latent_dim=3), "latent_dim must be the same for runs in lockstep, got [2, 3]."),
    ],
)
def test_lockstep_refuses_runs_that_would_see_other_noise(other: TrainConfig, sentence: str) -> None:
    data = load_dataset("digits")
    with pytest.raises(SettingError) as refusal:
        Lockstep([Run(SMALL, data), Run(other, data)])
    assert str(refusal.value) == sentence


def test_lockstep_refuses_other_data_other_steps_and_nothing() -> None:
    data, moons = load_dataset("digits"), load_dataset("two-moons")
    ahead = Run(SMALL, data)
    ahead.advance(steps=1)
    for runs, setting in (
        ([], "runs"),
        ([Run(SMALL, data), ahead], "step"),
        ([Run(GAUSSIAN, data), Run(GAUSSIAN, moons)], "dataset"),
    ):
        with pytest.raises(SettingError, match=f"^{setting} must be"):
            Lockstep(runs)
