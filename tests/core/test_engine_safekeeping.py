"""What was trained is not lost: by an error, a kill, a restart, or a folder that fills up."""

import json
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes import SMALL, Clock, FakeFactory, FakeRun, Gate, wait_until
from vae_core.checks import SettingError
from vae_core.engine import Engine, RunView
from vae_core.engine.storage import Storage


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def factory() -> FakeFactory:
    return FakeFactory()


def seen(engine: Engine, identity: str) -> RunView:
    view = engine.view(identity)
    assert view is not None
    return view


def saved_step(folder: Path, identity: str) -> int | None:
    record = folder / identity / "run.json"
    return json.loads(record.read_text())["step"] if record.is_file() else None


def stepped(engine: Engine) -> str:
    """A run at step 1, at rest."""
    identity = engine.submit(SMALL, visitor="ada")
    engine.step(identity, visitor="ada")
    wait_until(lambda: seen(engine, identity).snapshot.step == 1)
    return identity


def fail_at_step_30(error: Exception) -> Callable[[FakeRun], None]:
    def fail(run: FakeRun) -> None:
        if run.step >= 30:
            raise error

    return fail


ERRORS = pytest.mark.parametrize("error", [MemoryError(), KeyError("a mistake of ours")])


@ERRORS
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_run_in_trouble_is_saved_when_the_engine_closes(
    tmp_path: Path, factory: FakeFactory, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    factory.before_advance = fail_at_step_30(error)
    with Engine(folder=tmp_path, run_factory=factory) as engine, caplog.at_level(logging.CRITICAL):
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed")
    assert saved_step(tmp_path, identity) == 30


@ERRORS
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_run_in_trouble_is_saved_when_it_is_freed_and_goes_on_from_there(
    tmp_path: Path, factory: FakeFactory, clock: Clock, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    factory.before_advance = fail_at_step_30(error)
    with (
        Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine,
        caplog.at_level(logging.CRITICAL),
    ):
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed")
        sentence = seen(engine, identity).sentence
        clock.now = 100.0
        engine.janitor()
        wait_until(lambda: saved_step(tmp_path, identity) == 30)
        assert seen(engine, identity).sentence == sentence
        factory.before_advance = lambda run: None
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 100)
        assert "anew" not in seen(engine, identity).sentence


def test_start_goes_on_after_trouble_in_looking_at_it(
    tmp_path: Path, factory: FakeFactory, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = factory.observe

    def short_of_memory(run: FakeRun, *rest: object) -> object:
        if run.step >= 30 and len(factory.runs) == 1:
            raise MemoryError
        return observe(run, *rest)

    monkeypatch.setattr(factory, "observe", short_of_memory)
    with Engine(folder=tmp_path, run_factory=factory) as engine, caplog.at_level(logging.CRITICAL):
        identity = engine.submit(SMALL.replace(steps=35), visitor="ada")
        for _ in range(30):
            engine.step(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed")
        assert seen(engine, identity).can_go_on
        monkeypatch.setattr(factory, "observe", observe)
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "finished")
        assert seen(engine, identity).step == 35
        assert not seen(engine, identity).can_go_on
        with pytest.raises(SettingError, match="must be reset to go on"):
            engine.start(identity, visitor="ada")


def test_trouble_and_a_full_disk_together_lose_nothing(
    tmp_path: Path, factory: FakeFactory, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    factory.before_advance = fail_at_step_30(MemoryError())
    (tmp_path / "runs").write_text("in the way")
    with (
        Engine(folder=tmp_path / "runs", run_factory=factory, clock=clock) as engine,
        caplog.at_level(logging.CRITICAL),
    ):
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed")
        clock.now = 100.0
        engine.janitor()
        wait_until(lambda: "could not be saved and stays in memory" in seen(engine, identity).sentence)
        assert seen(engine, identity).sentence.startswith("MemoryError")
        factory.before_advance = lambda run: None
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 100)
        assert len(factory.runs) == 1


def freed(engine: Engine, clock: Clock, folder: Path) -> str:
    """A run at step 1 whose last view is all that is in memory."""
    identity = stepped(engine)
    clock.now += 100.0
    engine.janitor()
    wait_until(lambda: saved_step(folder, identity) == 1)
    time.sleep(0.05)
    return identity


def test_a_freed_run_whose_folder_is_gone_says_that_it_begins_anew(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = freed(engine, clock, tmp_path)
        shutil.rmtree(tmp_path / identity)
        with pytest.raises(SettingError, match="must be one that is still kept"):
            engine.export(identity, tmp_path / "copy")
        gate = Gate()
        factory.before_advance = gate
        engine.start(identity, visitor="ada")
        assert gate.reached.wait(5)
        assert seen(engine, identity).step == 0
        assert seen(engine, identity).sentence == "Training. Its saved folder is gone, so it began anew."
        gate.open()


def test_a_run_that_did_nothing_yet_takes_no_room_on_disk(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock, max_runs=1) as engine:
        idle = engine.submit(SMALL, visitor="ada")
        dragged = engine.submit(SMALL.replace(seed=1), visitor="bob")  # in the place of the first
        engine.set(dragged, "beta", 4.0, visitor="bob")
        wait_until(lambda: seen(engine, dragged).interventions)
        engine.start(idle, visitor="ada")  # made again, as it was
        wait_until(lambda: seen(engine, idle).step > 10)
        assert "anew" not in seen(engine, idle).sentence
        wait_until(lambda: saved_step(tmp_path, dragged) == 0)
    other = FakeFactory()
    with Engine(folder=tmp_path / "other", run_factory=other) as engine:
        engine.submit(SMALL, visitor="ada")
    assert not list((tmp_path / "other").glob("*"))


def test_a_reset_run_does_not_come_back_as_it_was_before(tmp_path: Path, factory: FakeFactory) -> None:
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = stepped(engine)
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        engine.open(identity, visitor="ada")
        engine.rewind(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step == 0)
    assert saved_step(tmp_path, identity) == 0


def test_checkpoints_beyond_their_bytes_go_oldest_first_and_never_those_in_memory(tmp_path: Path) -> None:
    names = [f"{number:012x}" for number in range(4)]
    for age, name in enumerate(names):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
        (tmp_path / name / "weights-1-00000000.safetensors").write_bytes(bytes(1000))
        os.utime(tmp_path / name / "run.json", (1000 + age, 1000 + age))
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "large").write_bytes(bytes(9000))
    storage = Storage(tmp_path, limit=500, max_bytes=2100)
    storage.prune({names[0]})
    assert sorted(path.name for path in tmp_path.iterdir()) == [names[0], names[3], "notes"]


def test_a_stop_of_a_freed_run_is_remembered_on_disk(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = freed(engine, clock, tmp_path)
        engine.stop(identity, visitor="ada")
        wait_until((tmp_path / identity / "stopped").is_file)
        assert len(factory.runs) == 1  # not brought back for it
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        assert engine.open(identity, visitor="ada")
        assert seen(engine, identity).state == "finished"


def test_a_stop_is_remembered_on_disk(tmp_path: Path, factory: FakeFactory, clock: Clock) -> None:
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = stepped(engine)
        clock.now = 31.0
        engine.janitor()
        wait_until(lambda: saved_step(tmp_path, identity) == 1)
        engine.stop(identity, visitor="ada")  # after it was saved
        sentence = seen(engine, identity).sentence
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        assert engine.open(identity, visitor="ada")
        view = seen(engine, identity)
        assert (view.state, view.sentence, view.can_go_on) == ("finished", sentence, True)
        engine.export(identity, tmp_path / "copy")
        assert [path.name for path in (tmp_path / "copy").iterdir()] == ["run.json"]
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 20)
        assert seen(engine, identity).state == "running"
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        engine.open(identity, visitor="ada")
        assert seen(engine, identity).state == "paused"


def look(engine: Engine, clock: Clock, identity: str, now: float) -> None:
    clock.now = now
    engine.touch(identity, visitor="ada")
    engine.janitor()


def test_a_run_that_trains_is_saved_every_half_minute(
    tmp_path: Path, factory: FakeFactory, clock: Clock
) -> None:
    factory.before_advance = lambda run: time.sleep(0.001)
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 50)
        look(engine, clock, identity, 29.0)
        slices = factory.runs[0].slices
        wait_until(lambda: factory.runs[0].slices > slices + 3)
        assert saved_step(tmp_path, identity) is None
        look(engine, clock, identity, 31.0)
        wait_until(lambda: saved_step(tmp_path, identity) is not None)
        assert seen(engine, identity).state == "running"
        first = saved_step(tmp_path, identity)
        look(engine, clock, identity, 59.0)
        slices = factory.runs[0].slices
        wait_until(lambda: factory.runs[0].slices > slices + 3)
        assert saved_step(tmp_path, identity) == first
        look(engine, clock, identity, 62.0)
        wait_until(lambda: saved_step(tmp_path, identity) != first)
        assert len(factory.runs) == 1


def test_saving_that_takes_long_is_done_less_often(
    tmp_path: Path, factory: FakeFactory, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves: list[int] = []
    save = FakeRun.save

    def slow_save(run: FakeRun, folder: Path) -> None:
        time.sleep(1.0)  # 2 % of 50 s
        saves.append(run.step)
        save(run, folder)

    monkeypatch.setattr(FakeRun, "save", slow_save)
    factory.before_advance = lambda run: time.sleep(0.001)
    with Engine(folder=tmp_path, run_factory=factory, clock=clock) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 0)
        look(engine, clock, identity, 31.0)
        wait_until(lambda: len(saves) == 1)
        step = seen(engine, identity).step
        wait_until(lambda: seen(engine, identity).step > step)
        look(engine, clock, identity, 75.0)
        slices = factory.runs[0].slices
        wait_until(lambda: factory.runs[0].slices > slices + 3)
        assert len(saves) == 1
        look(engine, clock, identity, 90.0)
        wait_until(lambda: len(saves) == 2)


def test_a_save_that_fails_while_it_trains_is_said_and_tried_again(
    tmp_path: Path, factory: FakeFactory, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "runs"
    folder.write_text("in the way")
    factory.before_advance = lambda run: time.sleep(0.001)
    with (
        Engine(folder=folder, run_factory=factory, clock=clock) as engine,
        caplog.at_level(logging.CRITICAL),
    ):
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step > 0)
        look(engine, clock, identity, 31.0)
        wait_until(lambda: "It could not be saved and stays in memory: " in seen(engine, identity).sentence)
        assert seen(engine, identity).state == "running"
        folder.unlink()
        look(engine, clock, identity, 62.0)
        wait_until(lambda: saved_step(folder, identity) is not None)
        wait_until(lambda: "could not be saved" not in seen(engine, identity).sentence)
