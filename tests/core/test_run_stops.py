"""When a run stops: by its rule, on validation data; or because it diverged, with its weights whole."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.core.small_runs import TINY, assert_same, digits, done, rows
from vae_core import Dataset, Run, SettingError, TrainConfig, load_dataset
from vae_core.training import stopping
from vae_core.training.optimiser import FlatAdam

# ---- stopping -----------------------------------------------------------------------------------


def test_it_stops_by_time_on_validated_weights():
    run = Run(TINY.replace(stop="time", time_limit_s=1.0, steps=1_000_000), digits())
    run.advance(steps=5)
    assert run.seconds_left <= 1.0
    run.seconds = 0.9999  # as if it had trained so long
    while not run.finished:
        run.advance(steps=1)
    assert run.stop_reason.startswith("Finished: the time limit of 1 s, at step ")
    assert run.history.validation.step[-1] == run.step
    assert run.step < 100


def test_a_plateau_keeps_the_best_weights():
    config = TINY.replace(stop="plateau", patience=2, steps=5000, learning_rate=0.3, schedule="constant")
    run = Run(config, digits())
    run.advance(steps=5000)
    assert run.finished
    assert not run.failed
    assert run.step < 5000
    assert run.stop_reason == (
        f"Finished at step {run.step:,}: no gain on the validation ELBO in 2 validations. "
        "The best weights on validation data are kept."
    )
    curve = run.history.validation
    best = int(curve.elbo[:-1].argmax())
    assert curve.elbo[best] > curve.elbo[-2] + stopping.LEAST_GAIN
    # the last row is about the weights that are kept
    assert curve.elbo[-1] == curve.elbo[best]
    assert curve.step[-1] == curve.step[-2] == run.step
    # the weights are those of the best validation: stopped there, a run has the same
    there = Run(config, digits())
    there.advance(steps=int(curve.step[best]))
    assert run.snapshot().key == there.snapshot().key
    # and two validations without a gain ended it; the extra ones at the start don't count
    stale = curve.step[best + 1 : -1]
    assert len(stale[stale % 100 == 0]) == 2


def test_stopping_looks_at_validation_data_only():
    # The same training rows with other validation rows stop elsewhere, with other test rows they don't.
    data = digits()
    object_of = {name: getattr(data, name) for name in data.__dataclass_fields__}
    other_test = Dataset(**{**object_of, "test": data.train})
    config = TINY.replace(stop="plateau", patience=1, learning_rate=0.1)
    one, other = Run(config, data), Run(config, other_test)
    one.advance(steps=130)
    other.advance(steps=130)
    assert_same(one, other)


# ---- divergence ---------------------------------------------------------------------------------


def assert_failed_cleanly(run):
    assert run.failed
    assert run.finished
    assert run.stop_reason.startswith("Stopped at step ")
    assert f"The weights of step {run.step:,} are kept." in run.stop_reason
    assert "Try a smaller learning rate." in run.stop_reason
    assert all(bool(value.isfinite().all()) for value in run.model.state_dict().values())
    for table in rows(run):
        assert np.isfinite(table).all()
    assert run.advance(steps=3) == 0


@pytest.mark.parametrize("poison", [math.inf, math.nan])
def test_an_infinite_weight_stops_at_the_last_good_weights(poison):
    run = Run(TINY, digits())
    run.advance(steps=25)
    good = run.snapshot()
    run.advance(steps=4)
    with torch.no_grad():
        run.model.decoder.linears[0].weight[0, 0] = poison
    run.advance(steps=100)
    assert_failed_cleanly(run)
    assert run.snapshot().key == good.key
    assert run.step == 25
    run.rewind()
    assert not run.failed
    run.advance(steps=130)
    assert_same(run, done())


def test_an_absurd_learning_rate_never_shows_a_number_that_is_none():
    config = TINY.replace(
        likelihood="gaussian", sigma="learned", learning_rate=1.0, schedule="constant", activation="relu",
        hidden=(64, 64, 64), steps=400,
    )  # fmt: skip
    run = done(config)
    for table in rows(run):
        assert np.isfinite(table).all()
    assert all(bool(value.isfinite().all()) for value in run.model.state_dict().values())


@pytest.mark.parametrize("pieces", [[17], [1] * 17, [5, 12]])
def test_weights_that_blow_up_between_measurements_are_never_handed_out(
    pieces: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = FlatAdam.step

    def poisoned(adam: FlatAdam, learning_rate: float) -> None:
        step(adam, learning_rate)
        if run.step == 16:
            adam._flat.values[0] = float("nan")

    run = Run(TINY.replace(steps=400), digits())
    monkeypatch.setattr(FlatAdam, "step", poisoned)
    for piece in pieces:
        run.advance(steps=piece)
    assert run.failed
    assert run.stop_reason is not None
    assert run.stop_reason.startswith("Stopped at step 17: the weights became infinite.")
    assert run.step == 10
    assert run.snapshot().finite
    assert run.history.train.step[-1] <= 10
    assert run.images_per_second >= 0
    run.save(tmp_path)
    assert Run.load(tmp_path, digits()).stop_reason == run.stop_reason


def test_data_beyond_float32_fail_at_once_and_not_later():
    x = np.full((40, 2), 3e38, dtype=np.float32)
    huge = Dataset.from_arrays(x, name="huge", support="real")
    run = Run(TrainConfig(dataset="two-moons", likelihood="gaussian", hidden=(4,), steps=5), huge)
    assert run.failed
    assert len(run.history.validation) == 0


def test_a_likelihood_that_cannot_score_the_data_is_refused():
    moons = load_dataset("two-moons")
    with pytest.raises(SettingError, match=r"^likelihood must fit the data, got a bernoulli decoder needs"):
        Run(TrainConfig(dataset="two-moons"), moons)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(SettingError, match=r"^device must be there, got cuda"):
        Run(TINY.replace(device="cuda"), digits())
