"""A saved run goes on exactly where it stopped, and a kill in the middle of a save costs nothing."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.core import small_runs
from tests.core.small_runs import assert_same, digits
from vae_core import Run, TrainConfig
from vae_core.training.checkpoint import load_snapshot

TINY = small_runs.TINY.replace(hidden=(4,), latent_dim=2, batch_size=16, steps=60, kl_warmup=40)


# ---- going on -----------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [TINY, TINY.replace(likelihood="gaussian", sigma="learned", hidden=())])
@pytest.mark.parametrize("at", [0, 1, 17, 50, 60])
def test_save_load_and_go_on_is_never_having_stopped(tmp_path, config, at):
    whole, stopped = Run(config, digits()), Run(config, digits())
    for run in (whole, stopped):
        run.advance(steps=at)
        run.set("beta", 3.0)
    stopped.save(tmp_path)
    loaded = Run.load(tmp_path, digits())
    assert_same(loaded, stopped)
    assert loaded.seconds == stopped.seconds
    for run in (whole, loaded):
        run.advance(steps=5)
        run.set("free_bits", 0.2)
        run.advance(steps=100)
    assert_same(loaded, whole)
    assert loaded.live_settings == whole.live_settings
    for run in (whole, loaded):
        run.rewind()
    assert_same(loaded, whole)


def test_a_run_of_an_earlier_version_goes_on(tmp_path):
    """It knows nothing of the settings that came later, and has them at what its config says."""
    run = Run(TINY, digits())
    run.advance(steps=20)
    run.save(tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    for name in ("kl_cycles", "capacity"):
        del record["live"][name]
    (tmp_path / "run.json").write_text(json.dumps(record))
    loaded = Run.load(tmp_path, digits())
    assert loaded.live_settings == run.live_settings
    for one in (run, loaded):
        one.advance(steps=20)
    assert_same(loaded, run)


def test_a_replay_goes_on_replaying(tmp_path):
    first = Run(TINY, digits())
    for n, beta in ((10, 2.0), (20, 5.0), (100, 1.0)):
        first.advance(steps=n)
        first.set("beta", beta)
    replay = Run(TINY, digits(), interventions=first.interventions)
    replay.advance(steps=10)  # stands where one is due
    replay.save(tmp_path)
    loaded = Run.load(tmp_path, digits())
    loaded.advance(steps=100)
    assert loaded.interventions == tuple(i for i in first.interventions if i.step < 60)
    assert loaded.snapshot().key == first.snapshot().key


def test_a_plateau_remembers_its_best(tmp_path):
    config = TINY.replace(stop="plateau", patience=2, learning_rate=0.3, schedule="constant", steps=3000)
    whole = Run(config, digits())
    whole.advance(steps=110)
    whole.save(tmp_path)
    loaded = Run.load(tmp_path, digits())
    for run in (whole, loaded):
        run.advance(steps=3000)
    assert whole.finished
    assert_same(loaded, whole)


def test_a_failed_run_stays_failed_and_can_be_rewound(tmp_path):
    run = Run(TINY, digits())
    run.advance(steps=27)
    with torch.no_grad():
        run.model.encoder.linears[0].weight.fill_(math.nan)
    run.advance(steps=10)
    assert run.failed
    run.save(tmp_path)
    loaded = Run.load(tmp_path, digits())
    assert_same(loaded, run)
    assert loaded.advance(steps=1) == 0
    loaded.rewind()
    loaded.advance(steps=60)
    whole = Run(TINY, digits())
    whole.advance(steps=60)
    assert_same(loaded, whole)


def test_a_loaded_run_still_knows_its_last_good_weights(tmp_path):
    run = Run(TINY, digits())
    run.advance(steps=49)
    with torch.no_grad():
        run.model.decoder.linears[-1].bias.mul_(-3.0)
    run.advance(steps=1)  # where it is validated, and is worse than before: not the best weights
    assert run.history.validation.elbo[-1] < run.history.validation.elbo[-2]
    good = run.snapshot().key
    run.advance(steps=4)
    run.save(tmp_path)
    loaded = Run.load(tmp_path, digits())
    with torch.no_grad():
        loaded.model.encoder.linears[0].weight.fill_(math.nan)
    loaded.advance(steps=20)
    assert loaded.failed
    assert (loaded.step, loaded.snapshot().key) == (50, good)


def test_saving_again_leaves_only_the_last_save(tmp_path):
    run = Run(TINY, digits())
    for _ in range(3):
        run.advance(steps=5)
        run.save(tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    run.save(tmp_path)
    names = sorted(path.name.split("-")[0] for path in tmp_path.iterdir())
    assert names == ["notes.txt", "run.json", "state", "weights"]


def test_a_folder_names_what_it_is(tmp_path):
    run = Run(TINY, digits())
    run.save(tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["id"] == run.id
    assert TrainConfig.from_json(json.dumps(record["config"])) == TINY
    assert record["dataset_digest"] == digits().digest
    snapshot = load_snapshot(tmp_path)
    assert snapshot.key == run.snapshot().key
    assert snapshot.step == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are made by forking")
def test_a_kill_at_any_moment_of_a_save_costs_nothing_earlier(tmp_path):
    program = Path(__file__).with_name("kills.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    kills = [entry for entry in results if entry[2] == 9]
    # before each of: two tensor files, two fsyncs, the record, its fsync, the move, two deletions; twice
    assert len(kills) >= 18
    assert all(code == 0 for *_, code, _, _, _ in [r for r in results if r not in kills])
    for at, half, _, step, same, files in results:
        assert step in (20, 30), (at, half)
        assert same, (at, half)
        assert files == 3, (at, half)
    steps = [step for _, half, _, step, _, _ in kills if not half]
    assert steps == sorted(steps)  # the earlier save until the move, the later one from then on
    assert {20, 30} == set(steps)
