"""A saved run goes on exactly, survives a kill, and is refused in one sentence where it is damaged."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from vae_core import Dataset, Run, SettingError, TrainConfig, load_dataset
from vae_core.training.checkpoint import load_snapshot

TINY = TrainConfig(dataset="digits", hidden=(4,), latent_dim=2, batch_size=16, steps=60, kl_warmup=40)


def digits():
    return load_dataset("digits")


def rows(run):
    tables = []
    for curve in (run.history.train, run.history.validation):
        plain = (curve.step, curve.reconstruction, curve.kl, curve.beta, curve.learning_rate)
        tables.append(np.column_stack([*plain, curve.kl_per_dimension]))
    return tables


def assert_same(one, other):
    for a, b in zip(rows(one), rows(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (one.step, one.snapshot().key) == (other.step, other.snapshot().key)
    assert one.interventions == other.interventions
    assert (one.finished, one.failed, one.stop_reason) == (other.finished, other.failed, other.stop_reason)


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


# ---- damage -------------------------------------------------------------------------------------


def saved(folder, steps=12):
    run = Run(TINY, digits())
    run.set("beta", 2.0)
    run.advance(steps=steps)
    run.save(folder)
    return run


def change(folder, **entries):
    path = folder / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def change_tensors(folder, which, **entries):
    path = next(folder.glob(f"{which}-*.safetensors"))
    tensors = load_file(path)
    for name, value in entries.items():
        name = name.replace("__", ".")
        if value is None:
            del tensors[name]
        else:
            tensors[name] = value
    save_file(tensors, path)


def assert_refused(folder, also_snapshot=False):
    readers = [lambda: Run.load(folder, digits())]
    if also_snapshot:
        readers.append(lambda: load_snapshot(folder))
    for read in readers:
        with pytest.raises(SettingError) as caught:
            read()
        text = str(caught.value)
        assert text.isprintable()
        assert text.endswith(".")
        assert ", got " in text
        assert len(text) < 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"run"',
        "{}",
        '{"format": 2}',
        '{"format": 1}',
        '{"format": 1, "config": []}',
        "[" * 100_000,
        '{"format": 1, "config": {"beta": ' + "[" * 900 + "]" * 900 + "}}",
        '{"format": 1, "config": {"nonsense": 1}}',
        '{"format": 1, "config": {"beta": ' + "9" * 400 + "}}",
        "\udcff",
    ],
)
def test_a_record_that_is_none(tmp_path, text):
    (tmp_path / "run.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    assert_refused(tmp_path, also_snapshot=True)


def test_folders_that_are_none(tmp_path):
    assert_refused(tmp_path, also_snapshot=True)
    assert_refused(tmp_path / "absent", also_snapshot=True)
    (tmp_path / "file").write_text("x")
    assert_refused(tmp_path / "file", also_snapshot=True)
    (tmp_path / "run.json").mkdir()
    assert_refused(tmp_path, also_snapshot=True)


@pytest.mark.parametrize("which", ["weights", "state"])
@pytest.mark.parametrize("keep", [0, 4, 100, -8, None])
def test_truncated_and_missing_files(tmp_path, which, keep):
    saved(tmp_path)
    path = next(tmp_path.glob(f"{which}-*.safetensors"))
    if keep is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:keep])
    assert_refused(tmp_path, also_snapshot=which == "weights")


@pytest.mark.parametrize(
    "name", ["../other.safetensors", "/etc/passwd", "", "..", "a\0b.safetensors", 5, None]
)
def test_a_record_that_points_elsewhere(tmp_path, name):
    (tmp_path / "run").mkdir()
    saved(tmp_path / "run")
    weights = next((tmp_path / "run").glob("weights-*"))
    (tmp_path / "other.safetensors").write_bytes(weights.read_bytes())
    change(tmp_path / "run", weights=name)
    assert_refused(tmp_path / "run", also_snapshot=True)


BIG = 10**400
PLAIN_DAMAGE = [
    {"step": "twelve"}, {"step": None}, {"step": math.inf}, {"step": math.nan}, {"step": -5}, {"step": BIG},
    {"seconds": "long"}, {"seconds": []}, {"seconds": math.nan}, {"live": {}}, {"live": []}, {"live": None},
    {"live": {"beta": -1, "learning_rate": 1e-3, "kl_warmup": 0, "free_bits": 0}},
    {"interventions": None}, {"interventions": [5]}, {"interventions": {"step": 1}},
    {"interventions": [{"step": 1}]}, {"interventions": [{"step": 1, "setting": "seed", "value": 1}]},
    {"interventions": [{"step": "1", "setting": "beta", "value": 1}]},
    {"scheduled": [{"step": 1, "setting": "beta", "value": "much"}]}, {"scheduled": "all"},
    {"scheduled": [{"step": 1, "setting": "beta", "value": 1, "more": 2}]},
    {"best_elbo": "good"}, {"best_elbo": None}, {"stale": "old"}, {"stale": math.inf},
    {"config": {"hidden": [5]}}, {"config": {"dataset": "nonsense"}}, {"config": None},
    {"stop_reason": 5}, {"stop_reason": {"a": 1}}, {"failed": "yes"},
    {"dataset_digest": "other"}, {"dataset_digest": None},
]  # fmt: skip


@pytest.mark.parametrize("entries", PLAIN_DAMAGE, ids=lambda e: str(e)[:40])
def test_plain_values_of_the_wrong_kind(tmp_path, entries):
    saved(tmp_path)
    if isinstance(entries.get("config"), dict):
        entries = {"config": {**json.loads(TINY.to_json()), **entries["config"]}}
    change(tmp_path, **entries)
    assert_refused(tmp_path)


def test_missing_values(tmp_path):
    saved(tmp_path)
    record = json.loads((tmp_path / "run.json").read_text())
    for name in record:
        if name in ("id", "image_shape"):
            continue  # the one follows from the rest, the other is that of the data
        (tmp_path / "run.json").write_text(json.dumps({k: v for k, v in record.items() if k != name}))
        assert_refused(tmp_path)
    for name in ("image_shape", "step", "weights", "config", "format"):
        (tmp_path / "run.json").write_text(json.dumps({k: v for k, v in record.items() if k != name}))
        if name != "config":
            with pytest.raises(SettingError):
                load_snapshot(tmp_path)


@pytest.mark.parametrize(
    "shape", [5, "abc", [1, 8], [1, 8, 9], [1, 8, 0], [1, 1e9, 1e9], None, [1, 10**6, 10**6]]
)
def test_snapshots_of_impossible_shapes(tmp_path, shape):
    saved(tmp_path)
    change(tmp_path, image_shape=shape)
    with pytest.raises(SettingError):
        load_snapshot(tmp_path)


TENSOR_DAMAGE = [
    ("weights", {"encoder__layers__0__weight": torch.zeros(3, 3)}),
    ("weights", {"encoder__layers__0__weight": None}),
    ("weights", {"encoder__layers__0__weight": torch.full((4, 64), math.nan)}),
    ("weights", {"decoder__layers__1__bias": torch.full((64,), math.inf)}),
    ("weights", {"surplus": torch.zeros(2)}),
    ("state", {"best": torch.zeros(3)}),
    ("state", {"good": torch.zeros(3)}),
    ("state", {"good": None}),
    ("state", {"good_step": torch.zeros(3)}),
    ("state", {"adam__exp_avg": torch.zeros(3)}),
    ("state", {"adam__exp_avg": None}),
    ("state", {"adam__exp_avg_sq": torch.zeros(2, 2)}),
    ("state", {"batches__order": torch.zeros(3, dtype=torch.uint8)}),
    ("state", {"batches__noise": torch.zeros(3)}),
    ("state", {"batches__queue": torch.tensor([10**6])}),
    ("state", {"batches__queue": torch.tensor([-1])}),
    ("state", {"batches__queue": torch.tensor([0.5])}),
    ("state", {"batches__queue": None}),
    ("state", {"history__train": torch.zeros(3, dtype=torch.float64)}),
    ("state", {"history__train": torch.zeros(3, 2, dtype=torch.float64)}),
    ("state", {"history__validation": None}),
    ("state", {"history__validation": torch.full((3, 9), math.nan, dtype=torch.float64)}),
]


@pytest.mark.parametrize(("which", "entries"), TENSOR_DAMAGE, ids=lambda v: str(v)[:40].replace("\n", ""))
def test_tensors_that_are_not_those_of_a_run(tmp_path, which, entries):
    saved(tmp_path)
    change_tensors(tmp_path, which, **entries)
    assert_refused(tmp_path, also_snapshot=which == "weights")


def test_other_data_of_the_same_name_are_refused(tmp_path):
    saved(tmp_path)
    data = digits()
    other = Dataset.from_arrays(
        1 - data.full.x.numpy(), data.full.labels, name="digits", support="unit", image_shape=(1, 8, 8)
    )
    with pytest.raises(SettingError, match=r"^dataset must be the one that the run was trained on"):
        Run.load(tmp_path, other)
    assert Run.load(tmp_path).dataset.digest == data.digest


def test_nothing_is_unpickled(tmp_path):
    saved(tmp_path)
    weights = next(tmp_path.glob("weights-*.safetensors"))
    torch.save({"encoder.layers.0.weight": torch.zeros(2)}, weights)
    assert_refused(tmp_path, also_snapshot=True)
