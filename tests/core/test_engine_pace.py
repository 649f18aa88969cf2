"""Runs in step: they stand at the same rung while they train, and none waits for one that doesn't."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.fakes import SMALL, FakeFactory, wait_until
from vae_core.engine import Engine, RunFactory
from vae_core.engine.pace import RUNG
from vae_core.training.config import TrainConfig

SLOW = SMALL.replace(seed=1)


def paced(engine: Engine, *configs: TrainConfig) -> list[str]:
    ids = [engine.submit(config, visitor="me") for config in configs]
    engine.keep_in_step(ids, visitor="me")
    for run_id in ids:
        engine.start(run_id, visitor="me")
    return ids


def steps(engine: Engine, ids: list[str]) -> list[int]:
    return [engine.view(run_id).step for run_id in ids]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    def slow(run: object) -> None:
        time.sleep(0.02 if run.config.seed == 1 else 0.002)

    factory = FakeFactory()
    factory.before_advance = slow
    with Engine(folder=tmp_path, run_factory=factory, workers=2) as engine:
        yield engine


def test_a_fast_run_never_goes_far_beyond_a_slow_one(engine: Engine) -> None:
    ids = paced(engine, SMALL, SLOW)
    seen = []

    def far() -> bool:
        seen.append(steps(engine, ids))
        return min(seen[-1]) >= 200

    wait_until(far)
    # two rungs: one view may be of before a rung and the other of after it
    assert max(abs(fast - slow) for fast, slow in seen) <= 2 * RUNG


def test_without_a_pace_the_fast_one_runs_away(engine: Engine) -> None:
    ids = [engine.submit(config, visitor="me") for config in (SMALL, SLOW)]
    for run_id in ids:
        engine.start(run_id, visitor="me")
    wait_until(lambda: steps(engine, ids)[0] > steps(engine, ids)[1] + 10 * RUNG)


def test_nobody_waits_for_a_run_that_is_paused(engine: Engine) -> None:
    ids = paced(engine, SMALL, SLOW)
    wait_until(lambda: min(steps(engine, ids)) > 0)
    engine.pause(ids[1], visitor="me")
    rests = steps(engine, ids)[1]
    wait_until(lambda: steps(engine, ids)[0] > rests + 20 * RUNG)
    engine.start(ids[1], visitor="me")
    waits = steps(engine, ids)[0]
    wait_until(lambda: steps(engine, ids)[1] > waits)
    assert steps(engine, ids)[0] <= steps(engine, ids)[1] + 2 * RUNG


def test_nobody_waits_for_a_run_that_has_ended(engine: Engine) -> None:
    short, long = paced(engine, SMALL.replace(steps=35), SLOW)
    wait_until(lambda: engine.view(short).state == "finished")
    wait_until(lambda: engine.view(long).step > 60)
    assert engine.view(short).step == 35


def test_nobody_waits_for_a_run_that_was_deleted(engine: Engine) -> None:
    ids = paced(engine, SMALL, SLOW)
    wait_until(lambda: min(steps(engine, ids)) > 0)
    engine.remove(ids[1], visitor="me")
    begun = engine.view(ids[0]).step
    wait_until(lambda: engine.view(ids[0]).step > begun + 10 * RUNG)


def test_who_follows_a_run_sets_no_pace(engine: Engine) -> None:
    run_id = engine.submit(SMALL, visitor="somebody")
    with pytest.raises(ValueError, match="only the browser that started it may join"):
        engine.keep_in_step([run_id], visitor="me")


def test_twins_end_where_each_would_have_ended_alone(tmp_path: Path) -> None:
    """The pace decides when steps are made, and never which."""
    base = TrainConfig(dataset="digits", hidden=(8,), steps=60, precision="float32")
    twins = (base, base.replace(likelihood="gaussian", sigma="learned"))
    found = []
    for folder, together in ((tmp_path / "a", True), (tmp_path / "b", False)):
        with Engine(folder=folder, run_factory=RunFactory()) as engine:
            ids = [engine.submit(config, visitor="me") for config in twins]
            if together:
                engine.keep_in_step(ids, visitor="me")
            for run_id in ids:
                engine.start(run_id, visitor="me")
            for run_id in ids:
                wait_until(lambda run_id=run_id: engine.view(run_id).state == "finished")
            found.append([engine.view(run_id).snapshot for run_id in ids])
    for one, other in zip(*found, strict=True):
        assert one.step == other.step == 60
        for name, value in one.weights.items():
            assert torch.equal(torch.tensor(value), torch.tensor(other.weights[name]))


def test_who_joins_another_pace_holds_nobody_back_in_the_old_one(engine: Engine) -> None:
    first, second = paced(engine, SMALL, SLOW)
    wait_until(lambda: min(steps(engine, [first, second])) > 20)
    engine.pause(first, visitor="me")
    third = engine.submit(SMALL.replace(seed=2), visitor="me")
    engine.keep_in_step([first, third], visitor="me")
    for run_id in (first, third):
        engine.start(run_id, visitor="me")
    ids = [first, second, third]
    begun = steps(engine, ids)
    for run_id, then in zip(ids, begun, strict=True):
        wait_until(lambda run_id=run_id, then=then: engine.view(run_id).step > then + 5 * RUNG)


def test_they_halt_at_the_same_step_and_go_on_from_there(engine: Engine) -> None:
    ids = paced(engine, SMALL, SLOW)
    for far in range(40, 240, 40):
        wait_until(lambda far=far: min(steps(engine, ids)) > far)
        engine.halt_together(ids, visitor="me")
        wait_until(lambda: all(engine.view(run_id).state == "paused" for run_id in ids))
        assert len(set(steps(engine, ids))) == 1
        engine.keep_in_step(ids, visitor="me")
        for run_id in ids:
            engine.start(run_id, visitor="me")


def test_one_that_halted_with_others_can_be_started_alone(engine: Engine) -> None:
    ids = paced(engine, SMALL, SLOW)
    wait_until(lambda: min(steps(engine, ids)) > 20)
    engine.halt_together(ids, visitor="me")
    wait_until(lambda: all(engine.view(run_id).state == "paused" for run_id in ids))
    stands = steps(engine, ids)[0]
    engine.start(ids[0], visitor="me")
    wait_until(lambda: steps(engine, ids)[0] > stands + 10 * RUNG)


@pytest.mark.parametrize("control", ["step", "rewind", "stop"])
def test_a_control_of_one_leaves_the_other_training(engine: Engine, control: str) -> None:
    ids = paced(engine, SMALL, SLOW)
    wait_until(lambda: min(steps(engine, ids)) > 20)
    getattr(engine, control)(ids[1], visitor="me")
    stands = steps(engine, ids)[0]
    wait_until(lambda: steps(engine, ids)[0] > stands + 10 * RUNG)


def test_one_that_fails_holds_nobody_back(tmp_path: Path) -> None:
    def fails(run: object) -> None:
        time.sleep(0.002)
        if run.config.seed == 1 and run.step >= 30:
            raise RuntimeError("no more")

    factory = FakeFactory()
    factory.before_advance = fails
    with Engine(folder=tmp_path, run_factory=factory, workers=2) as engine:
        ids = paced(engine, SMALL, SLOW)
        wait_until(lambda: engine.view(ids[1]).state == "failed")
        wait_until(lambda: steps(engine, ids)[0] > 30 + 10 * RUNG)
