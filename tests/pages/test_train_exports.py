"""What the Train page hands out: files that can be read again, and code that makes the same run."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages.exports import as_python, run_zip, zip_folder
from tests.fakes import FakeFactory, wait_until
from vae_core.data import load_dataset
from vae_core.engine import Engine
from vae_core.training.config import TrainConfig
from vae_core.training.presets import PRESETS
from vae_core.training.run import Intervention, Run

SMALL = TrainConfig(dataset="tiny-binary", hidden=(4,), steps=20)


def test_a_zip_holds_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "abc"
    (folder / "inner").mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    (folder / "inner" / "x").write_bytes(b"1")
    with zipfile.ZipFile(io.BytesIO(zip_folder(folder))) as archive:
        assert archive.namelist() == ["abc/inner/x", "abc/run.json"]


def test_a_run_is_zipped_by_the_engine(tmp_path: Path) -> None:
    with Engine(folder=tmp_path, run_factory=FakeFactory()) as engine:
        run_id = engine.submit(SMALL, visitor="me")
        wait_until(lambda: engine.view(run_id) is not None)
        packed = run_zip(engine, run_id)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert f"{run_id}/run.json" in archive.namelist()


@pytest.mark.parametrize("config", [TrainConfig(), *(entry.config for entry in PRESETS)])
def test_the_code_of_a_preset_makes_its_config(config: TrainConfig) -> None:
    code = as_python(config)
    made: dict[str, Any] = {}
    exec(code.split("torch.set_num_threads")[0], made)
    assert made["config"] == config


def test_the_code_makes_the_same_run_and_replays_what_was_changed_by_hand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run(SMALL, load_dataset(SMALL.dataset))
    run.advance(steps=7)
    run.set("beta", 4.0)
    run.advance(steps=10)
    code = as_python(SMALL, run.interventions, steps=run.step)
    made: dict[str, Any] = {}
    exec(code, made)
    np.testing.assert_array_equal(made["run"].history.train.elbo, run.history.train.elbo)
    assert made["run"].interventions == (Intervention(7, "beta", 4.0),)
    assert "step 17: ELBO" in capsys.readouterr().out
