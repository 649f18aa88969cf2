"""The desk of the sweeps: what goes wrong, and what is left when the app ends."""

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.core.sweep_shop import OTHERS, PLAN, Shop, becomes, seen
from vae_core.checks import SettingError
from vae_core.sweeps import InlineExecutor, SweepDesk


@pytest.fixture
def shop() -> Shop:
    return Shop(allowed=0)


@pytest.fixture
def sweeps(tmp_path: Path, shop: Shop) -> Iterator[SweepDesk]:
    with closing(SweepDesk(tmp_path / "sweeps", executor=shop)) as made:
        yield made


# ---- trouble ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (
            ChildProcessError("A worker could not make run 1: too hot."),
            "A worker could not make run 1: too hot.",
        ),
        (SettingError("device must be here, got cuda."), "device must be here, got cuda."),
        (OSError(28, "No space left on device"), "Stopped by an error: [Errno 28] No space left on device."),
    ],
)
def test_a_sweep_that_fails_says_why_and_the_next_one_begins(
    sweeps: SweepDesk, shop: Shop, caplog: pytest.LogCaptureFixture, trouble: Exception, sentence: str
) -> None:
    shop.trouble = trouble
    shop.allow(1)
    with caplog.at_level(logging.WARNING):
        first = sweeps.submit(PLAN, visitor="ada")
        assert becomes(sweeps, first, "failed").sentence == sentence
    assert f"sweep {first} failed" in caplog.text
    shop.trouble = None
    shop.allow(4)
    becomes(sweeps, sweeps.submit(OTHERS[0], visitor="ada"), "finished")
    sweeps.submit(PLAN, visitor="ada")
    becomes(sweeps, first, "finished")


def test_where_there_can_be_no_executor_it_says_so(tmp_path: Path) -> None:
    def broken() -> InlineExecutor:
        raise SettingError("workers must be there.")

    with closing(SweepDesk(tmp_path, executor=broken)) as sweeps:
        identity = sweeps.submit(PLAN, visitor="ada")
        assert becomes(sweeps, identity, "failed").sentence == "workers must be there."


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_error_that_nobody_expected_ends_one_sweep_only(sweeps: SweepDesk, shop: Shop) -> None:
    shop.trouble = ZeroDivisionError()
    shop.allow(1)
    first = sweeps.submit(PLAN, visitor="ada")
    assert becomes(sweeps, first, "failed").sentence.startswith("Stopped by an unexpected error")
    shop.trouble = None
    shop.allow(1)
    becomes(sweeps, sweeps.submit(OTHERS[0], visitor="ada"), "finished")


def test_an_executor_that_gives_too_little_is_no_finished_sweep(tmp_path: Path) -> None:
    class Lazy(InlineExecutor):
        def completed(self, tasks, *, cancelled):
            return super().completed(tasks[:1], cancelled=cancelled)

    with closing(SweepDesk(tmp_path, executor=Lazy)) as sweeps:
        view = becomes(sweeps, sweeps.submit(PLAN, visitor="ada"), "failed")
    assert len(view.points) == 1


# ---- the end of the app, and the next beginning ----------------------------------------------------


def test_closing_in_the_middle_ends_everything(sweeps: SweepDesk, shop: Shop) -> None:
    first, second = (sweeps.submit(plan, visitor="ada") for plan in (PLAN, OTHERS[0]))
    shop.allow(1)
    becomes(sweeps, first, "running", points=1)
    begun = time.monotonic()
    sweeps.close()
    assert time.monotonic() - begun < 3
    assert shop.open == 0
    assert not any(thread.name == "sweep desk" for thread in threading.enumerate())
    assert seen(sweeps, first).sentence == "Stopped with the app: 1 of 3 runs is kept."
    assert seen(sweeps, second).state == "stopped"
    with pytest.raises(SettingError, match="the app is shutting down"):
        sweeps.submit(OTHERS[1], visitor="ada")
    sweeps.close()


def test_a_new_desk_shows_what_the_last_one_left_and_goes_on(tmp_path: Path, shop: Shop) -> None:
    shop.allow(2)
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        done = sweeps.submit(OTHERS[0], visitor="ada")
        becomes(sweeps, done, "finished")
        half = sweeps.submit(PLAN, visitor="ada")
        sweeps.submit(PLAN, visitor="bob")
        waiting = sweeps.submit(OTHERS[1], visitor="bob")
        kept = becomes(sweeps, half, "running", points=1).points
    for age, identity in enumerate((waiting, done, half)):
        os.utime(tmp_path / identity / "sweep.json", (1e9 - age, 1e9 - age))
    (tmp_path / "0123456789ab").mkdir()
    (tmp_path / "0123456789ab" / "sweep.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    shop.asked.clear()
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        views = sweeps.sweeps("bob")
        assert [(view.id, view.state) for view in views] == [(waiting, "stopped"), (half, "stopped")]
        assert views[1].sentence == "Stopped with the app: 1 of 3 runs is kept."
        assert views[1].points == kept
        assert [(view.id, view.state) for view in sweeps.sweeps("ada")] == [
            (done, "finished"),
            (half, "stopped"),
        ]
        assert sweeps.run_folder(half, kept[0].run) == tmp_path / half / "runs" / kept[0].run
        with pytest.raises(SettingError, match="only the browser"):
            sweeps.resume(half, visitor="bob")
        sweeps.resume(half, visitor="ada")
        shop.allow(2)
        becomes(sweeps, half, "finished")
        assert shop.asked == [[2, 3]]
        assert [view.id for view in sweeps.sweeps("ada")] == [half, done]
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "[]",
        "{",
        '{"owner": 3, "followers": []}',
        '{"owner": "../x", "followers": []}',
        '{"owner": "0123456789abcdef", "followers": 1}',
        "\0",
        "[" * 100_000,
    ],
)
def test_nobodys_sweep_is_taken_by_the_first_who_resumes_it(
    tmp_path: Path, shop: Shop, text: str | None
) -> None:
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        identity = sweeps.submit(PLAN, visitor="ada")
    visitors = tmp_path / identity / "visitors.json"
    if text is None:
        visitors.unlink()
    else:
        visitors.write_text(text)
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        assert (sweeps.sweeps("ada"), seen(sweeps, identity).owner) == ((), None)
        for ask in (sweeps.cancel, sweeps.remove):
            with pytest.raises(SettingError, match="only the browser"):
                ask(identity, visitor="bob")
        sweeps.resume(identity, visitor="bob")
        assert seen(sweeps, identity).owned_by("bob")
    assert list(json.loads(visitors.read_text())) == ["owner", "followers"]
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        assert seen(sweeps, identity).owned_by("bob")


def test_looking_reads_no_disk(tmp_path: Path, shop: Shop) -> None:
    shop.allow(1)
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        identity = sweeps.submit(OTHERS[0], visitor="ada")
        becomes(sweeps, identity, "finished")
    with closing(SweepDesk(tmp_path, executor=shop)) as sweeps:
        view = seen(sweeps, identity)
        shutil.rmtree(tmp_path)
        assert seen(sweeps, identity) == view
        assert sweeps.sweeps("ada") == (view,)


def test_a_disk_that_refuses_is_a_failure_in_words(tmp_path: Path, shop: Shop) -> None:
    (tmp_path / "file").write_text("in the way")
    with closing(SweepDesk(tmp_path / "file", executor=shop)) as sweeps:
        identity = sweeps.submit(PLAN, visitor="ada")
        assert becomes(sweeps, identity, "failed").sentence.startswith("Stopped by an error: ")
