"""A damaged run folder is refused in one sentence, and nothing in it is ever run."""

import json
import math

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.core.small_runs import TINY, digits
from vae_core import Dataset, Run, SettingError
from vae_core.training.checkpoint import load_snapshot


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
    ("weights", {"encoder__layers__0__weight": torch.full((8, 64), math.nan)}),
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
    ("state", {"history__validation": torch.full((3, 10), math.nan, dtype=torch.float64)}),
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
