"""A sweep whose program is killed in the middle."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_core.commands.parser import main
from vae_core.sweeps import InlineExecutor, SweepPlan, read_sweep, run_sweep

ROOT = Path(__file__).parents[2]


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "vae_core", *arguments]


def points_in(folder: Path) -> list[Path]:
    return list(folder.glob("runs/*/point.json"))


def test_a_sweep_whose_program_is_killed_goes_on_from_its_finished_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    betas = ("0.25", "1", "4", "8")
    texts = ["--dataset", "digits", "--hidden", "8", "--steps", "300", "--workers", "1", "--beta", *betas]
    arguments = ["sweep", *texts, "--seed", "0", "--out", str(tmp_path)]
    app = subprocess.Popen(program(*arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with app:
        until = time.monotonic() + 100
        while not points_in(tmp_path) and time.monotonic() < until:
            time.sleep(0.02)
        app.kill()
    done = points_in(tmp_path)
    assert 1 <= len(done) < len(betas)
    kept = {path: path.stat().st_mtime_ns for path in points_in(tmp_path)}
    assert main(arguments) == 0
    table = capsys.readouterr().out
    assert all(path.stat().st_mtime_ns == before for path, before in kept.items())
    plan, points = read_sweep(tmp_path)
    # one worker makes what is made here
    last = SweepPlan(plan.configs()[-1])
    assert run_sweep(last, tmp_path / "here", executor=InlineExecutor()) == points[-1:]
    assert [point.config.beta for point in points] == [0.25, 1.0, 4.0, 8.0]
    assert table.startswith("4 runs on 180 validation images, nats per image")
    assert "minus the Bernoulli score" in table
    for point in points:
        line = next(line for line in table.splitlines() if point.run in line)
        assert line.split()[:4] == [
            f"{point.config.beta:g}",
            f"{point.rate:.3f}",
            "±",
            f"{point.rate_error:.3f}",
        ]
    # all is there: the same table at once, without a worker
    assert main(arguments) == 0
    assert capsys.readouterr().out == table
