"""`sweep` and `worker` on the command line, run as a user runs them."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_core import Run
from vae_core.bench import sweeps
from vae_core.commands.parser import _parser, main
from vae_core.commands.sweep import plan_of
from vae_core.sweeps import InlineExecutor, SweepPlan, SweepPoint, run_folder, run_sweep
from vae_core.training import TrainConfig

ROOT = Path(__file__).parents[2]
SMALL = TrainConfig(dataset="digits", hidden=(8,), steps=60)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "vae_core", *arguments]


def test_options_make_the_plan() -> None:
    texts = ["--dataset", "digits", "--hidden", "linear", "8,4", "--steps", "200", "--out", "x"]
    texts += ["--seeds", "0", "2", "--beta", "0.25", "1", "4"]
    plan = plan_of(_parser().parse_args(["sweep", *texts]))
    base = TrainConfig(dataset="digits", steps=200, beta=0.25, hidden=())
    assert plan == SweepPlan(base, {"hidden": ((), (8, 4)), "beta": (0.25, 1.0, 4.0)}, (0, 2))
    one = plan_of(_parser().parse_args(["sweep", "--beta", "2", "--seed", "5", "--out", "x"]))
    assert one.configs() == (TrainConfig(beta=2.0, seed=5),)


def test_a_worker_answers_a_line_with_a_line(tmp_path: Path) -> None:
    config = json.loads(SMALL.to_json())
    tasks = [
        json.dumps({"config": config, "folder": str(tmp_path / "first")}),
        "no json",
        "",
        json.dumps({"config": {**config, "dataset": "two-moons"}, "folder": str(tmp_path / "second")}),
        json.dumps({"config": config, "folder": 3}),
        json.dumps({"config": {"beta": 1000}, "folder": "x"}),
    ]
    done = subprocess.run(
        program("worker"),
        env=ENVIRONMENT,
        cwd=tmp_path,
        input="\n".join(tasks) + "\n",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    first, *errors = [json.loads(line) for line in done.stdout.splitlines()]
    (expected,) = run_sweep(SweepPlan(SMALL), tmp_path / "sweep", executor=InlineExecutor())
    assert SweepPoint.from_values(first["point"]) == expected
    ours, theirs = Run.load(tmp_path / "first"), Run.load(run_folder(tmp_path / "sweep", expected.run))
    assert ours.snapshot().key == theirs.snapshot().key
    assert [error["error"].split(",")[0] for error in errors] == [
        "task must be one line of JSON with a config and a folder",
        "likelihood must fit the data",
        "folder must be the path of a folder",
        "beta must be a number from 0 to 100",
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"first", "sweep"}


def test_a_worker_whose_input_ends_leaves_a_long_run_at_once(tmp_path: Path) -> None:
    place = tmp_path / "long"
    task = {"config": {**json.loads(SMALL.to_json()), "steps": 1_000_000}, "folder": str(place)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(program("worker", "--end-with-input"), cwd=ROOT, text=True, **pipes) as worker:
        worker.stdin.write(json.dumps(task) + "\n")
        worker.stdin.flush()
        until = time.monotonic() + 100
        while not list(tmp_path.glob(".unfinished-long-*")) and time.monotonic() < until:
            time.sleep(0.02)
        # as it happens when whoever holds the other end dies
        worker.stdin.close()
        try:
            assert worker.wait(timeout=20) == 0
        finally:
            worker.kill()
        assert worker.stdout.read() == ""
    assert not place.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--beta", "1", "x"], "beta must be a number, got 'x'."),
        (["--beta", "1", "1"], "beta must have different values in a sweep, got 1.0 twice."),
        (["--workers", "0"], "--workers must be a whole number from 1 to 64, got 0."),
        (["--seed", "1", "--seeds", "2"], "--seeds must not be given together with --seed, got '2'."),
        (["--scheduler", "here"], "scheduler must be an address like tcp://10.0.0.5:8786, got 'here'."),
        (
            ["--dataset", "digits", "two-moons"],
            "likelihood must fit the data in every run of a sweep, got a bernoulli decoder needs data in "
            "[0, 1], and these are real numbers.",
        ),
    ],
)
def test_errors_are_one_line_and_exit_code_two(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["sweep", *arguments, "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"vae_core: {sentence}\n"
    assert not out.exists()


def test_threads_are_the_same_for_all_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--threads", "1", "2", "--out", str(tmp_path)]) == 2
    assert "sweep must be over some of" in capsys.readouterr().err


def test_bench_times_one_worker_against_two(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def hired(workers: int, *, lowered: bool) -> InlineExecutor:
        asked.append(workers)
        return InlineExecutor()

    monkeypatch.setattr(sweeps, "BETAS", (1.0, 2.0))
    monkeypatch.setattr(sweeps, "SubprocessExecutor", hired)
    out = io.StringIO()
    sweeps.sweeps_report(steps=10, rounds=1, out=out)
    for words in ("2 betas on digits, 10 steps each", "points identical", "ratio", "bar 1.6"):
        assert words in out.getvalue()
    assert asked == [1, 2]
