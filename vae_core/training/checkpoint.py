"""A run on disk: weights and state as safetensors, all else as JSON.

Saving writes files of new names and replaces `run.json`, which names them, last: a kill in the middle of
a save leaves the earlier one whole. Nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file as load_arrays
from safetensors.torch import load_file, save_file

from vae_core.checks import SettingError, check_number, refuse
from vae_core.data import Dataset, load_dataset
from vae_core.models.vae import check_image_shape
from vae_core.training.config import TrainConfig
from vae_core.training.interventions import checked_intervention
from vae_core.training.run import Run
from vae_core.training.snapshot import Snapshot, model_for

FORMAT = 1
MAX_JSON_BYTES = 64_000_000
# What reading fields and tensors of a damaged folder can raise, besides SettingError.
DAMAGED = (LookupError, TypeError, ArithmeticError, ValueError, RuntimeError, OSError, SafetensorError)
# The names that saving gives; other files in the folder are somebody else's.
OWN_NAME = re.compile(r"((weights|state)-\d+-[0-9a-f]{8}\.safetensors)|(run\.json\.[0-9a-f]{8})")


def save(run: Run, folder: Path) -> None:
    """Write a run to a folder, whole or not at all.

    Raises:
        OSError: If the disk refuses; an earlier save in the folder is then still whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = f"{run.step}-{secrets.token_hex(4)}"
    weights, state = f"weights-{mark}.safetensors", f"state-{mark}.safetensors"
    record = {**record_of(run), "weights": weights, "state": state}
    try:
        _write(folder / weights, dict(run.model.state_dict()))
        _write(folder / state, run.state())
        replace_record(folder, record)
    except OSError:
        for part in (weights, state):
            _discard(folder / part)
        raise
    # What earlier saves left, whole or killed.
    for old in folder.iterdir():
        if OWN_NAME.fullmatch(old.name) and old.name not in (weights, state):
            _discard(old)


def replace_record(folder: Path, record: dict[str, Any]) -> None:
    """Put a new `run.json` in the place of the old one, in one move."""
    scratch = folder / f"run.json.{secrets.token_hex(4)}"
    try:
        with scratch.open("w", encoding="utf-8") as out:
            json.dump(record, out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(scratch, folder / "run.json")
    except OSError:
        _discard(scratch)
        raise


def _write(path: Path, tensors: dict[str, torch.Tensor]) -> None:
    # Views of the flat vector are copied: safetensors wants tensors of their own memory.
    own = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    try:
        save_file(own, path)
    except SafetensorError as error:  # its kind for a full disk and a folder that is gone, too
        raise OSError(f"{path.name} can't be written: {error}") from error
    with path.open("r+b") as written:  # Windows flushes only what is open for writing
        os.fsync(written.fileno())


def _read(path: Path) -> dict[str, torch.Tensor]:
    # In memory of their own: load_file's tensors keep the file open, and Windows then can't delete it.
    return {name: value.clone() for name, value in load_file(path).items()}


def _discard(path: Path) -> None:
    # One that is in use, as can be on Windows, is left to the next save.
    with suppress(OSError):
        path.unlink(missing_ok=True)


def record_of(run: Run) -> dict[str, Any]:
    """Return what `run.json` says of a run, besides the names of its files."""
    return {
        "format": FORMAT,
        "id": run.id,
        "config": json.loads(run.config.to_json()),
        "image_shape": list(run.dataset.image_shape),
        "dataset_digest": run.dataset.digest,
        "interventions": [asdict(intervention) for intervention in run.interventions],
        "scheduled": [asdict(intervention) for intervention in run.scheduled],
        **run.progress(),
    }


def read_record(folder: Path) -> dict[str, Any]:
    """Return a run folder's `run.json`.

    Raises:
        SettingError: If there is none, or it is not what `save` writes.
    """
    path = folder / "run.json"
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            refuse("run", "must have a run.json of at most 64 MB", str(path))
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        refuse("run", "must be a folder with a run.json", str(folder))
    except (OSError, ValueError, RecursionError):
        refuse("run", "must have a readable run.json", str(path))
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        refuse("run", f"must be of format {FORMAT}", str(path))
    return record


def load(folder: Path, dataset: Dataset | None = None) -> Run:
    """Read a run, to go on exactly where it stopped.

    Args:
        folder: What `save` wrote.
        dataset: The data; looked up by name when None.

    Raises:
        SettingError: If the folder is not whole, or the data are not those it was trained on.
    """
    record = read_record(folder)
    config = TrainConfig.from_values(record.get("config"))
    data = dataset or load_dataset(config.dataset)
    if record.get("dataset_digest") != data.digest:
        refuse("dataset", "must be the one that the run was trained on", f"other data named {data.name}")
    try:
        scheduled = [checked_intervention(entry) for entry in record["scheduled"]]
        done = [checked_intervention(entry) for entry in record["interventions"]]
        run = Run(config, data, interventions=scheduled)
        weights = _read(_inside(folder, record["weights"]))
        state = _read(_inside(folder, record["state"]))
        run.restore(record, weights, state, interventions=done)
    except SettingError:
        raise
    except DAMAGED as error:
        refuse("run", "must be a whole run folder", f"{folder.name} ({type(error).__name__})")
    return run


def load_snapshot(folder: Path) -> Snapshot:
    """Read only the model of a run folder; no data are needed.

    Raises:
        SettingError: If the folder is not whole.
    """
    record = read_record(folder)
    config = TrainConfig.from_values(record.get("config"))
    try:
        shape = check_image_shape(record["image_shape"])
        step = int(check_number("step", record["step"], low=0, high=1e9, integer=True))
        arrays = load_arrays(_inside(folder, record["weights"]))
        empty = model_for(config, shape, seed=None)
        expected = {name: tuple(value.shape) for name, value in empty.state_dict().items()}
    except SettingError:
        raise
    except DAMAGED as error:
        refuse("run", "must be a whole run folder", f"{folder.name} ({type(error).__name__})")
    if {name: value.shape for name, value in arrays.items()} != expected:
        refuse("run", "must hold the weights that its settings ask for", folder.name)
    if not all(np.isfinite(value).all() for value in arrays.values()):
        refuse("run", "must hold finite weights", folder.name)
    return Snapshot(config, shape, step, {n: v.astype(np.float32) for n, v in arrays.items()})


def _inside(folder: Path, name: object) -> Path:
    """Return a file of the folder; a record that names another place is refused."""
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
        refuse("run", "must name files of its own folder", str(name))
    return folder / name
