"""A run that was saved elsewhere moves into the engine, and one that is there stays as it is."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.core.small_runs import TINY, done
from tests.fakes import FakeFactory, FakeRun, wait_until
from vae_core import load_dataset
from vae_core.checks import SettingError
from vae_core.engine import Engine
from vae_core.engine.storage import Storage

CONFIG = TINY.replace(steps=20)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep") / "saved"
    done(CONFIG).save(folder)
    (folder / "point.json").write_text("{}")
    return folder


def test_a_saved_run_is_taken_in_with_its_weights(saved: Path, tmp_path: Path) -> None:
    expected = done(CONFIG)
    with Engine(folder=tmp_path) as engine:
        identity = engine.adopt(saved, visitor="ada")
        view = engine.view(identity)
        assert view is not None
        assert (identity, view.state, view.step, view.owner) == (expected.id, "finished", 20, "ada")
        for name, weights in expected.snapshot().weights.items():
            np.testing.assert_array_equal(view.snapshot.weights[name], weights)
        # the config finds it, too
        assert engine.submit(CONFIG, visitor="bob") == identity
    here, there = ({path.name for path in folder.iterdir()} for folder in (tmp_path / identity, saved))
    assert here == there - {"point.json"}
    assert [path.name for path in tmp_path.iterdir()] == [identity]


def test_a_run_that_is_known_stays_as_it_is(saved: Path, tmp_path: Path) -> None:
    with Engine(folder=tmp_path) as engine:
        identity = engine.submit(CONFIG, visitor="ada")
        engine.step(identity, visitor="ada")
        wait_until(lambda: engine.view(identity).step == 1)
        assert engine.adopt(saved, visitor="bob") == identity
        assert (engine.view(identity).step, engine.view(identity).owner) == (1, "ada")
        assert not (tmp_path / identity).exists()
    # saved when the engine closed, and known from the disk now
    with Engine(folder=tmp_path) as engine:
        assert engine.adopt(saved, visitor="bob") == identity
        assert engine.view(identity).step == 1


def test_one_that_is_being_deleted_makes_place(saved: Path, tmp_path: Path) -> None:
    with Engine(folder=tmp_path) as engine:
        for _ in range(5):
            identity = engine.adopt(saved, visitor="ada")
            assert engine.view(identity).state == "finished"
            engine.remove(identity, visitor="ada")


@pytest.mark.parametrize("damage", ["gone", "record", "weights", "state", "data"])
def test_what_is_no_run_is_refused_and_leaves_nothing(damage: str, saved: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(saved, tmp_path / "elsewhere")
    match damage:
        case "gone":
            shutil.rmtree(folder)
        case "record":
            (folder / "run.json").write_text("[")
        case "data":
            record = json.loads((folder / "run.json").read_text())
            (folder / "run.json").write_text(json.dumps({**record, "dataset_digest": "0" * 64}))
        case _:
            next(folder.glob(f"{damage}-*")).write_bytes(b"no tensors")
    with Engine(folder=tmp_path / "runs") as engine:
        with pytest.raises(SettingError, match=r"run must|dataset must"):
            engine.adopt(folder, visitor="ada")
        assert engine.runs("ada") == ()
    assert not (tmp_path / "runs").exists()


def test_half_a_save_and_half_a_copy_are_in_nobodys_way(saved: Path, tmp_path: Path) -> None:
    identity = done(CONFIG).id
    for name in (identity, f".taken-in-{identity}"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "weights-1-00000000.safetensors").write_bytes(b"half")
    with Engine(folder=tmp_path) as engine:
        assert engine.adopt(saved, visitor="ada") == identity
        assert engine.view(identity).state == "finished"
    assert [path.name for path in tmp_path.iterdir()] == [identity]
    assert not (tmp_path / identity / "weights-1-00000000.safetensors").exists()


def test_the_engine_answers_while_it_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun(CONFIG, load_dataset("digits"), before_advance=lambda run: None)
    run.save(tmp_path / "saved")
    take_in, stuck = Storage.take_in, []
    with Engine(folder=tmp_path / "runs", run_factory=FakeFactory()) as engine:

        def watched(storage: Storage, folder: Path, run_id: str) -> None:
            reader = threading.Thread(target=engine.runs, args=("bob",), daemon=True)
            reader.start()
            reader.join(5.0)
            stuck.append(reader.is_alive())
            take_in(storage, folder, run_id)

        monkeypatch.setattr(Storage, "take_in", watched)
        engine.adopt(tmp_path / "saved", visitor="ada")
    assert stuck == [False]
