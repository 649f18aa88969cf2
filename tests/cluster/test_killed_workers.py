"""Sweeps over workers that are killed, and over a Dask cluster of two."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from vae_core import Run
from vae_core.sweeps import (
    InlineExecutor,
    SubprocessExecutor,
    SweepPlan,
    SweepPoint,
    read_sweep,
    run_folder,
    run_sweep,
)
from vae_core.training import TrainConfig

ROOT = Path(__file__).parents[2]
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


def test_two_workers_make_the_same_points_and_one_that_is_killed_costs_nothing(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    seen: set[int] = set()
    victims: list[int] = []
    niceness: set[int] = set()
    with closing(SubprocessExecutor(2)) as executor:

        def cancelled() -> bool:
            seen.update(executor.pids)
            niceness.update(os.getpriority(os.PRIO_PROCESS, pid) for pid in executor.pids)
            if not victims and list((tmp_path / "runs").glob(".unfinished-*")):
                # A run has begun: its worker dies in the middle, and the other with it.
                victims.extend(executor.pids)
                for pid in victims:
                    os.kill(pid, signal.SIGKILL)
            return False

        points = run_sweep(PLAN, tmp_path, executor=executor, cancelled=cancelled)
    assert len(seen) > len(victims) > 0
    assert max(niceness) == min(os.getpriority(os.PRIO_PROCESS, 0) + 10, 19)
    assert points == swept[1]
    assert not any(map(alive, seen))
    for point in points:
        ours, theirs = (Run.load(run_folder(folder, point.run)) for folder in (swept[0], tmp_path))
        assert ours.snapshot().key == theirs.snapshot().key
        np.testing.assert_array_equal(ours.history.train.elbo, theirs.history.train.elbo)


# ---- elsewhere -------------------------------------------------------------------------------------


def test_a_dask_cluster_of_two_workers_makes_the_same_points(
    swept: tuple[Path, tuple[SweepPoint, ...]], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "cluster" / "dask_sweep.py"), str(tmp_path), PLAN.to_json()],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["workers"] == 2
    assert tuple(SweepPoint.from_values(values) for values in record["points"]) == swept[1]
    assert read_sweep(tmp_path)[1] == swept[1]
    for point in swept[1]:
        ours, theirs = (Run.load(run_folder(folder, point.run)) for folder in (swept[0], tmp_path))
        assert ours.snapshot().key == theirs.snapshot().key
