"""What people ask of a run, and what its view says."""

import logging
import threading
import time
from pathlib import Path

import pytest

from tests.fakes import SMALL, STEPS_PER_SLICE, Clock, FakeFactory, FakeRun, Gate, wait_until
from vae_core.checks import SettingError
from vae_core.data import load_dataset
from vae_core.engine import Engine, RunView
from vae_core.training import run_id


def seen(engine: Engine, identity: str) -> RunView:
    view = engine.view(identity)
    assert view is not None
    return view


def test_a_submitted_run_can_be_seen_at_once(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        view = seen(engine, identity)
        assert (view.id, view.state, view.step, view.owner) == (identity, "ready", 0, "ada")
        assert view.snapshot.step == 0
        assert view.observation is not None
        assert view.observation.step == 0
        assert engine.runs("ada") == (view,)
        assert engine.runs("bob") == ()


def test_identical_runs_are_one_run(tmp_path: Path) -> None:
    factory = FakeFactory()
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        first = engine.submit(SMALL, visitor="ada")
        assert engine.submit(SMALL, visitor="bob") == first
        assert len(factory.runs) == 1
        assert seen(engine, first).owner == "ada"
        assert seen(engine, first).followers == 1
        assert engine.submit(SMALL.replace(seed=1), visitor="bob") != first


def test_a_run_changed_by_hand_is_not_handed_to_another_who_asks_for_its_config(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        dragged = engine.submit(SMALL, visitor="ada")
        engine.set(dragged, "beta", 4.0, visitor="ada")
        assert engine.submit(SMALL, visitor="ada") == dragged
        own = engine.submit(SMALL, visitor="bob")
        assert own.startswith(f"{dragged}-")
        assert "bob" not in own
        assert seen(engine, own).owner == "bob"
        assert seen(engine, own).interventions == ()
        assert engine.submit(SMALL, visitor="bob") == own
        assert engine.open(dragged, visitor="bob")  # a link to the dragged run itself is followed


def test_a_follower_controls_nothing(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.submit(SMALL, visitor="bob")
        rule = "only the browser that started it may"
        for control in (engine.start, engine.pause, engine.step, engine.rewind, engine.stop, engine.remove):
            with pytest.raises(SettingError, match=rule):
                control(identity, visitor="bob")
        with pytest.raises(SettingError, match=rule):
            engine.set(identity, "beta", 2.0, visitor="bob")
        assert seen(engine, identity).state == "ready"


def test_an_id_that_nobody_knows(tmp_path: Path) -> None:
    with Engine(folder=tmp_path / "runs", run_factory=FakeFactory()) as engine:
        (tmp_path / "run.json").write_text("{}")
        for identity in ("0123456789ab", "..", "../runs", "", "a/b", "\0"):
            assert engine.view(identity) is None
            assert not engine.open(identity, visitor="ada")
            engine.touch(identity, visitor="ada")
            with pytest.raises(SettingError, match="must be one that the engine knows"):
                engine.start(identity, visitor="ada")


def test_start_pause_step_stop_rewind(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 50)
        assert seen(engine, identity).state == "running"
        engine.pause(identity, visitor="ada")
        assert seen(engine, identity).state == "paused"
        wait_until(lambda: seen(engine, identity).snapshot.step == seen(engine, identity).step)
        step = seen(engine, identity).step
        engine.step(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).snapshot.step == step + 1)
        assert seen(engine, identity).state == "paused"
        engine.stop(identity, visitor="ada")
        assert seen(engine, identity).state == "finished"
        assert f"Stopped by hand at step {step + 1:,}." in seen(engine, identity).sentence
        engine.rewind(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "ready")
        assert seen(engine, identity).snapshot.step == seen(engine, identity).step == 0
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 50)


def test_every_change_raises_the_version(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        versions = [seen(engine, identity).version]
        for control in (engine.start, engine.pause, engine.stop):
            control(identity, visitor="ada")
            versions.append(seen(engine, identity).version)
        assert versions == sorted(set(versions))


def test_pause_takes_effect_within_the_slice(tmp_path: Path) -> None:
    factory, gate = FakeFactory(), Gate()
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        factory.before_advance = gate
        engine.start(identity, visitor="ada")
        assert gate.reached.wait(5)
        engine.pause(identity, visitor="ada")
        gate.open()
        wait_until(lambda: seen(engine, identity).step == STEPS_PER_SLICE)
        time.sleep(0.05)
        assert factory.runs[0].slices == 1
        assert seen(engine, identity).snapshot.step == STEPS_PER_SLICE


def test_nobody_waits_for_a_slice(tmp_path: Path) -> None:
    factory, gate = FakeFactory(), Gate()
    with Engine(folder=tmp_path, workers=1, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        factory.before_advance = gate
        engine.start(identity, visitor="ada")
        assert gate.reached.wait(5)
        slowest = 0.0
        for _ in range(50):
            for ask in (
                lambda: engine.view(identity),
                lambda: engine.touch(identity, visitor="bob"),
                lambda: engine.release("bob"),
                lambda: engine.set(identity, "beta", 2.0, visitor="ada"),
                lambda: engine.pause(identity, visitor="ada"),
                lambda: engine.start(identity, visitor="ada"),
                engine.queue,
                engine.janitor,
            ):
                begun = time.perf_counter()
                ask()
                slowest = max(slowest, time.perf_counter() - begun)
        assert slowest < 2.0  # a slice that never ended would hold them for ten seconds
        gate.open()


def test_settings_change_while_it_trains(tmp_path: Path) -> None:
    factory, gate = FakeFactory(), Gate()
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        factory.before_advance = gate
        engine.start(identity, visitor="ada")
        assert gate.reached.wait(5)
        for beta in (1.5, 2.0, 4.0):  # a drag: only where it ends counts
            engine.set(identity, "beta", beta, visitor="ada")
        gate.open()
        wait_until(lambda: seen(engine, identity).interventions)
        changes = [(change.setting, change.value) for change in seen(engine, identity).interventions]
        assert changes == [("beta", 4.0)]
        with pytest.raises(SettingError, match="beta must be a number from 0 to 100, got -1"):
            engine.set(identity, "beta", -1.0, visitor="ada")
        with pytest.raises(SettingError, match="setting must be one that may change while a run trains"):
            engine.set(identity, "latent_dim", 3, visitor="ada")
        assert seen(engine, identity).state == "running"


def test_a_run_that_ended_keeps_its_view_and_starts_again_only_after_a_reset(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL.replace(steps=35), visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "finished")
        view = seen(engine, identity)
        assert (view.step, view.snapshot.step, view.sentence) == (35, 35, "All steps are done.")
        with pytest.raises(SettingError, match="must be reset"):
            engine.start(identity, visitor="ada")
        engine.rewind(identity, visitor="ada")
        engine.start(identity, visitor="ada")  # at once: it doesn't matter whether the reset is done yet
        wait_until(lambda: seen(engine, identity).state == "finished")


def test_full_views_come_at_a_pace_and_more_often_when_somebody_looks(tmp_path: Path) -> None:
    factory, clock = FakeFactory(), Clock()
    made: list[int] = []
    observe = factory.observe

    def counted(run: FakeRun, *rest: object) -> object:
        made.append(run.step)
        return observe(run, *rest)

    factory.observe = counted  # type: ignore[method-assign]
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")

        def views_in(seconds: float, *, looking: bool) -> int:
            before = len(made)
            for _ in range(round(seconds / 0.5)):
                clock.now += 0.5
                if looking:
                    engine.touch(identity, visitor="ada")
                slices = factory.runs[0].slices
                wait_until(lambda slices=slices: factory.runs[0].slices > slices + 3)
            return len(made) - before

        assert 5 <= views_in(10.0, looking=True) <= 21
        views_in(5.0, looking=False)
        assert views_in(20.0, looking=False) <= 5
        step = seen(engine, identity).step
        wait_until(lambda: seen(engine, identity).step > step)  # the cheap part moves with every slice


def test_a_deleted_run_is_gone_and_can_be_made_anew(tmp_path: Path) -> None:
    factory = FakeFactory()
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        engine.remove(identity, visitor="ada")
        assert engine.view(identity) is None
        assert engine.runs("ada") == ()
        assert engine.submit(SMALL, visitor="ada") == identity
        assert seen(engine, identity).step == 0
        assert len(factory.runs) == 2


def test_deleting_a_run_that_is_still_being_made(tmp_path: Path) -> None:
    factory, begun, go_on = FakeFactory(), threading.Event(), threading.Event()

    def slowly() -> None:
        begun.set()
        go_on.wait(5)

    factory.before_build = slowly
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        ids: list[str] = []
        asking = threading.Thread(target=lambda: ids.append(engine.submit(SMALL, visitor="ada")))
        asking.start()
        assert begun.wait(5)
        engine.remove(run_id(SMALL, load_dataset(SMALL.dataset).digest), visitor="ada")
        asking.join(2)
        assert ids
        go_on.set()
        assert engine.view(ids[0]) is None


def test_export_writes_a_copy_between_slices(tmp_path: Path) -> None:
    with Engine(folder=tmp_path / "runs", run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        engine.export(identity, tmp_path / "copy")
        assert (tmp_path / "copy" / "run.json").is_file()
        (tmp_path / "a file").write_text("")
        with pytest.raises(OSError, match="a file"):
            engine.export(identity, tmp_path / "a file" / "copy")
        assert seen(engine, identity).state == "running"
        with pytest.raises(SettingError, match="must be one that the engine knows"):
            engine.export("0123456789ab", tmp_path / "copy")


def test_a_run_that_cannot_be_made_says_why_and_leaves_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factory = FakeFactory()

    def refuse_to_build() -> None:
        raise SettingError("device must be one that this machine has, got cuda.")

    factory.before_build = refuse_to_build
    with Engine(folder=tmp_path, run_factory=factory) as engine, caplog.at_level(logging.CRITICAL):
        with pytest.raises(SettingError, match="device must be one"):
            engine.submit(SMALL, visitor="ada")
        assert engine.runs("ada") == ()
        factory.before_build = lambda: None
        assert seen(engine, engine.submit(SMALL, visitor="ada")).state == "ready"
