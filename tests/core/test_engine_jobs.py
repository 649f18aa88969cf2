"""Long jobs take turns with the runs, report, and can be called off."""

import logging
import threading
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.fakes import SMALL, Clock, FakeFactory, wait_until
from vae_core.checks import SettingError
from vae_core.engine import Engine, JobControl, JobView


def seen(engine: Engine, identity: str) -> JobView:
    view = engine.job(identity)
    assert view is not None
    return view


def endless(control: JobControl) -> Generator[None, None, None]:
    while True:
        yield


def test_a_job_reports_and_returns(tmp_path: Path) -> None:
    half, go_on = threading.Event(), threading.Event()

    def work(control: JobControl) -> Generator[None, None, int]:
        total = 0
        for number in range(10):
            total += number
            control.progress((number + 1) / 10, f"Number {number + 1} of 10.")
            if number == 4:
                half.set()
                go_on.wait(5)
            yield
        return total

    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit_job("adding", work, visitor="ada")
        assert half.wait(5)
        view = seen(engine, identity)
        assert (view.name, view.state, view.fraction, view.sentence) == (
            "adding",
            "running",
            0.5,
            "Number 5 of 10.",
        )
        assert view.result is None
        go_on.set()
        wait_until(lambda: seen(engine, identity).state == "finished")
        assert (seen(engine, identity).result, seen(engine, identity).fraction) == (45, 1.0)
        assert seen(engine, identity).version > view.version


def test_a_plain_function_is_a_job_of_one_slice(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit_job("quick", lambda control: "done", visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "finished")
        assert seen(engine, identity).result == "done"


def test_a_cancelled_job_cleans_up_and_ends(tmp_path: Path) -> None:
    cleaned = threading.Event()

    def work(control: JobControl) -> Generator[None, None, None]:
        try:
            yield from endless(control)
        finally:
            cleaned.set()

    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        identity = engine.submit_job("endless", work, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "running")
        engine.cancel(identity)
        wait_until(lambda: seen(engine, identity).state == "cancelled")
        assert cleaned.is_set()
        engine.cancel(identity)
        engine.cancel("nobody's")
        assert engine.job("nobody's") is None


def test_a_job_leaves_the_runs_their_turns(tmp_path: Path) -> None:
    factory = FakeFactory()
    with Engine(folder=tmp_path, workers=1, run_factory=factory, slice_s=0.005) as engine:
        job = engine.submit_job("endless", endless, visitor="ada")
        run = engine.submit(SMALL, visitor="ada")
        engine.start(run, visitor="ada")
        wait_until(lambda: factory.runs[0].slices > 20)
        assert seen(engine, job).state == "running"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            SettingError("tolerance must be a number above 0, got 0."),
            "tolerance must be a number above 0, got 0.",
        ),
        (RuntimeError("out of memory"), "out of memory"),
        (OSError(), "OSError"),
    ],
)
def test_a_job_that_fails_says_why(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception, sentence: str
) -> None:
    def work(control: JobControl) -> Generator[None, None, None]:
        yield
        raise error

    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine, caplog.at_level(logging.CRITICAL):
        identity = engine.submit_job("doomed", work, visitor="ada")
        wait_until(lambda: seen(engine, identity).state == "failed")
        assert seen(engine, identity).sentence == sentence


def test_a_job_whose_visitor_is_gone_is_called_off_and_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    with Engine(folder=tmp_path, run_factory=FakeFactory(), clock=clock) as engine:
        identity = engine.submit_job("endless", endless, visitor="ada")
        clock.now = 80.0
        engine.touch("any run", visitor="ada")  # she is on another page
        clock.now = 160.0
        engine.janitor()
        assert seen(engine, identity).state in ("queued", "running")
        clock.now = 250.0

        def forgotten() -> bool:
            clock.now += 90.0  # asking for the view is a sign of life
            engine.janitor()
            engine.janitor()
            return engine.job(identity) is None

        wait_until(forgotten)


def test_jobs_are_bounded(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        first = engine.submit_job("quick", lambda control: None, visitor="ada")
        wait_until(lambda: seen(engine, first).state == "finished")
        for _ in range(8):
            engine.submit_job("endless", endless, visitor="ada")
        assert engine.job(first) is None  # ended, and made room
        with pytest.raises(SettingError, match="at most 8 may be at work"):
            engine.submit_job("endless", endless, visitor="ada")
        engine.submit_job("endless", endless, visitor="bob")
