"""Sweeps over workers, here and elsewhere: the same points, whoever makes them and whoever dies."""

import io
import json
import os
import sys
import threading
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from vae_core import Run
from vae_core.checks import SettingError
from vae_core.sweeps import (
    DaskExecutor,
    InlineExecutor,
    SubprocessExecutor,
    SweepPlan,
    SweepPoint,
    run_folder,
    run_sweep,
)
from vae_core.sweeps.task import answer_with_files, point_of, take_in
from vae_core.training import TrainConfig

SMALL = TrainConfig(dataset="digits", hidden=(8,), batch_size=32, steps=60, kl_warmup=20)
PLAN = SweepPlan(SMALL, {"beta": (0.25, 4.0), "latent_dim": (2, 3)})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[SweepPoint, ...]]:
    folder = tmp_path_factory.mktemp("sweep")
    return folder, run_sweep(PLAN, folder, executor=InlineExecutor())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_closing_ends_the_workers_in_the_middle_of_a_run(tmp_path: Path) -> None:
    executor = SubprocessExecutor(1)
    plan = SweepPlan(SMALL.replace(steps=1_000_000))
    pids: list[int] = []

    def close() -> None:
        while not executor.pids:
            time.sleep(0.01)
        pids.extend(executor.pids)
        executor.close()

    closer = threading.Thread(target=close)
    closer.start()
    assert run_sweep(plan, tmp_path, executor=executor) == ()
    closer.join()
    assert not any(map(alive, pids))


def test_a_task_whose_worker_always_dies_is_given_up_after_three_tries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a Python that dies at once stands in for a worker that runs out of memory
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\necho >> {tmp_path / 'tries'}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    plan = SweepPlan(SMALL, {"beta": (1.0, 2.0)})
    with closing(SubprocessExecutor(2)) as executor, pytest.raises(ChildProcessError, match="died 3 times"):
        run_sweep(plan, tmp_path / "s", executor=executor)
    assert (tmp_path / "tries").read_text() == "\n" * 6


def test_where_no_worker_can_be_started_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with closing(SubprocessExecutor(1)) as executor, pytest.raises(ChildProcessError, match="can be started"):
        run_sweep(PLAN, tmp_path / "s", executor=executor)


@pytest.mark.parametrize("workers", [0, 65, 1.5, "two"])
def test_a_bad_number_of_workers_is_refused(workers: object) -> None:
    with pytest.raises(SettingError, match="workers must be a whole number from 1 to 64"):
        SubprocessExecutor(workers)  # type: ignore[arg-type]


# ---- elsewhere -------------------------------------------------------------------------------------


def test_a_run_comes_back_from_elsewhere_as_it_was_made(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    point = swept[1][0]
    reply = answer_with_files(point.config.to_json())
    assert take_in(reply, tmp_path / point.run, run=point.run) == point
    ours = Run.load(run_folder(swept[0], point.run))
    assert Run.load(tmp_path / point.run).snapshot().key == ours.snapshot().key
    other = tmp_path / "0123456789ab"
    for bad, sentence in (
        ((reply[0], b"no zip"), "can't be read"),
        (("{", reply[1]), "no answer that could be read"),
        (('{"point": {}}', reply[1]), "can't be read"),
        (('{"error": "too hot"}', b""), "could not make run .*: too hot"),
    ):
        with pytest.raises(ChildProcessError, match=sentence):
            take_in(bad, other, run=point.run)
    with pytest.raises(ChildProcessError, match="its version or its data are others"):
        point_of(json.loads(reply[0]), run="0123456789ab")
    assert [path.name for path in tmp_path.iterdir()] == [point.run]


def test_a_zip_that_names_other_places_is_refused(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    point = swept[1][0]
    words = json.dumps({"point": json.loads(point.to_json())})
    for name in ("../out.txt", "/out.txt", "a/b.txt", "point.json"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as files:
            files.writestr(name, "x")
        with pytest.raises(ChildProcessError, match="files that are not those of run"):
            take_in((words, packed.getvalue()), tmp_path / "in" / point.run, run=point.run)
    assert not list((tmp_path / "in").iterdir())
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("address", ["", "somewhere", "http://host:80", "tcp://host", "tcp://ho st:1", 8786])
def test_what_is_no_schedulers_address_is_refused(address: object) -> None:
    with pytest.raises(SettingError, match="scheduler must be an address like"):
        DaskExecutor(address)  # type: ignore[arg-type]


def test_dask_is_not_imported_before_it_is_asked_for() -> None:
    assert "vae_core.sweeps.dask" in sys.modules
    assert "distributed" not in sys.modules


def test_without_distributed_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingError, match=r"scheduler needs the package distributed \(pip install"):
        DaskExecutor("tcp://127.0.0.1:8786")
