"""One run's trouble is nobody else's, and the engine can always be closed."""

import json
import logging
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.fakes import SMALL, FakeFactory, FakeRun, Gate, wait_until
from vae_core.checks import SettingError
from vae_core.engine import Engine, RunView
from vae_core.training import Snapshot


def seen(engine: Engine, identity: str) -> RunView:
    view = engine.view(identity)
    assert view is not None
    return view


def two_runs(engine: Engine) -> tuple[str, str]:
    doomed, sound = (engine.submit(SMALL.replace(seed=seed), visitor="ada") for seed in (13, 0))
    engine.start(sound, visitor="ada")
    engine.start(doomed, visitor="ada")
    return doomed, sound


def raise_in_run_13(error: Exception) -> FakeFactory:
    factory = FakeFactory()

    def fail(run: FakeRun) -> None:
        if run.config.seed == 13 and run.step >= 30:
            raise error

    factory.before_advance = fail
    return factory


@pytest.mark.parametrize(
    "error", [RuntimeError("out of memory"), OSError("disk"), SettingError("x must be y.")]
)
def test_a_run_that_fails_says_why_and_the_others_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    factory = raise_in_run_13(error)
    with Engine(folder=tmp_path, run_factory=factory) as engine, caplog.at_level(logging.CRITICAL):
        doomed, sound = two_runs(engine)
        wait_until(lambda: seen(engine, doomed).state == "failed")
        assert seen(engine, doomed).sentence == str(error)
        step = seen(engine, sound).step
        wait_until(lambda: seen(engine, sound).step > step + 100)
        engine.start(doomed, visitor="ada")  # the trouble lasts
        wait_until(lambda: seen(engine, doomed).state == "failed")
        factory.before_advance = lambda run: None
        engine.start(doomed, visitor="ada")
        wait_until(lambda: seen(engine, doomed).step > 100)
        assert [run.config.seed for run in factory.runs] == [13, 0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_even_an_error_that_nobody_expected_costs_one_run_and_no_worker(tmp_path: Path) -> None:
    factory = raise_in_run_13(KeyError("a mistake of ours"))
    with Engine(folder=tmp_path, workers=1, run_factory=factory) as engine:
        doomed, sound = two_runs(engine)
        wait_until(lambda: seen(engine, doomed).state == "failed")
        assert (
            seen(engine, doomed).sentence
            == "Stopped by an unexpected error (KeyError); the log has the details."
        )
        step = seen(engine, sound).step
        wait_until(lambda: seen(engine, sound).step > step + 100)
        other = engine.submit(SMALL.replace(seed=1), visitor="ada")
        engine.start(other, visitor="ada")
        wait_until(lambda: seen(engine, other).step > 100)


def test_a_run_that_diverges_keeps_its_last_good_weights_in_view(tmp_path: Path) -> None:
    factory = FakeFactory()

    def diverge(run: FakeRun) -> None:
        if run.step >= 30:
            run.failed = True

    factory.before_advance = diverge
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed")
        assert seen(engine, identity).snapshot.step == seen(engine, identity).step


def test_a_model_that_blew_up_unnoticed_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = FakeRun.snapshot

    def snapshot(run: FakeRun) -> Snapshot:
        sound = good(run)
        if run.step < 30:
            return sound
        weights = {name: np.full_like(value, np.nan) for name, value in sound.weights.items()}
        return Snapshot(sound.config, sound.image_shape, sound.step, weights)

    monkeypatch.setattr(FakeRun, "snapshot", snapshot)
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.start(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "finished")
        assert seen(engine, identity).step > 30
        assert seen(engine, identity).snapshot.finite


def test_a_checkpoint_that_cannot_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    factory = FakeFactory()
    with Engine(folder=tmp_path, run_factory=factory) as engine:
        identity = engine.submit(SMALL, visitor="ada")
        engine.step(identity, visitor="ada")
        wait_until(lambda: seen(engine, identity).step == 1)
    record = json.loads((tmp_path / identity / "run.json").read_text())
    record["config"] = "{"
    (tmp_path / identity / "run.json").write_text(json.dumps(record))
    with Engine(folder=tmp_path, run_factory=factory) as engine, caplog.at_level(logging.CRITICAL):
        with pytest.raises(SettingError, match="config must be a JSON object"):
            engine.open(identity, visitor="ada")
        assert engine.view(identity) is None
        assert engine.submit(SMALL, visitor="ada") == identity  # the config is known: made anew
        assert "could not be read, so it began anew" in seen(engine, identity).sentence


def test_closing_while_runs_and_jobs_work_is_quick_and_saves(tmp_path: Path) -> None:
    factory = FakeFactory()
    before = set(threading.enumerate())
    engine = Engine(folder=tmp_path, run_factory=factory)
    ids = [engine.submit(SMALL.replace(seed=seed), visitor="ada") for seed in range(4)]
    for identity in ids:
        engine.start(identity, visitor="ada")
    engine.submit_job("endless", lambda control: iter(int, 1), visitor="ada")
    wait_until(lambda: all(run.step > 100 for run in factory.runs))
    begun = time.perf_counter()
    engine.close()
    engine.close()
    assert time.perf_counter() - begun < 4.0
    steps = {json.loads(path.read_text())["step"] for path in tmp_path.glob("*/run.json")}
    assert steps == {run.step for run in factory.runs}
    assert set(threading.enumerate()) <= before
    assert engine.view(ids[0]) is not None
    with pytest.raises(SettingError, match="shutting down"):
        engine.start(ids[0], visitor="ada")


def test_closing_does_not_wait_for_a_slice_that_never_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factory, gate = FakeFactory(), Gate()
    with Engine(folder=tmp_path, run_factory=factory) as engine, caplog.at_level(logging.CRITICAL):
        identity = engine.submit(SMALL, visitor="ada")
        factory.before_advance = gate
        engine.start(identity, visitor="ada")
        assert gate.reached.wait(5)
        begun = time.perf_counter()
        engine.close()
        assert time.perf_counter() - begun < 4.0
        gate.open()


FORGETFUL = """
import sys, time
from pathlib import Path
from tests.fakes import wait_until
from vae_core.engine import Engine
from vae_core.training import TrainConfig
engine = Engine(folder=Path(sys.argv[1]))
config = TrainConfig(dataset="two-moons", likelihood="gaussian", hidden=(16,), steps=1_000_000)
identity = engine.submit(config, visitor="ada")
engine.start(identity, visitor="ada")
wait_until(lambda: engine.view(identity).step > 20)
print(identity)
"""


def test_a_program_that_forgets_to_close_ends_cleanly_and_saves(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", FORGETFUL, str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / done.stdout.strip() / "run.json").is_file()


def test_twenty_visitors_at_once(tmp_path: Path) -> None:
    """Anything in any order from any thread: no deadlock, and no error but sentences."""
    engine = Engine(
        folder=tmp_path, run_factory=FakeFactory(), max_runs=6, max_runs_per_visitor=3, slice_s=0.01
    )
    unexpected: list[BaseException] = []
    until = time.monotonic() + 2.0

    def hammer(number: int) -> None:
        dice = random.Random(number)
        visitor = f"visitor {number % 10}"
        ids = ["0123456789ab"]
        while time.monotonic() < until:
            identity = dice.choice(ids[-4:])
            try:
                match dice.randrange(14):
                    case 0:
                        ids.append(engine.submit(SMALL.replace(seed=dice.randrange(5)), visitor=visitor))
                    case 1:
                        engine.set(identity, "beta", float(dice.randrange(5)), visitor=visitor)
                    case 2:
                        engine.remove(identity, visitor=visitor)
                    case 3:
                        engine.open(identity, visitor=visitor)
                    case 4:
                        engine.release(visitor)
                    case 5:
                        engine.cancel(engine.submit_job("job", lambda control: number, visitor=visitor))
                    case 6:
                        engine.export(identity, tmp_path / "copies" / f"{number}")
                    case 7:
                        engine.janitor()
                    case other:
                        controls = (engine.start, engine.pause, engine.step, engine.rewind, engine.stop)
                        controls[other % 5](identity, visitor=visitor)
                engine.view(identity)
                engine.touch(identity, visitor=visitor)
                engine.runs(visitor)
                engine.queue()
            except SettingError:
                pass

    def guarded(number: int) -> None:
        try:
            hammer(number)
        except BaseException as error:
            unexpected.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(number,), daemon=True) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    assert not unexpected
    identity = engine.submit(SMALL.replace(seed=99), visitor="the last one")
    engine.start(identity, visitor="the last one")
    wait_until(lambda: seen(engine, identity).step > 100)
    engine.close()
