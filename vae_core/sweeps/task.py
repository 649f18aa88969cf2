"""One run of a sweep as a task: what a worker reads, does and answers, here or on another machine."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import torch

from vae_core.checks import SettingError, refuse
from vae_core.data import load_dataset
from vae_core.sweeps.folder import POINT, publish, scratch_beside
from vae_core.sweeps.point import SweepPoint, measure
from vae_core.training import Run, TrainConfig

SLICE_S = 0.2
MAX_LINE = 100_000
# Of a run's files in all, as they come back from another machine.
MAX_BYTES = 500_000_000
# What a run may raise when the settings or the machine are to blame, and no mistake of ours.
EXPECTED = (SettingError, OSError, MemoryError)


class CancelledError(RuntimeError):
    """The sweep was cancelled in the middle of a run; nothing of the run is kept."""


def never() -> bool:
    """Nobody cancels."""
    return False


@dataclass(frozen=True)
class SweepTask:
    """A run to be made.

    Attributes:
        config: Its settings.
        folder: Where the finished run shall lie, with its point.
    """

    config: TrainConfig
    folder: Path

    def to_line(self) -> str:
        """Return the task as one line of JSON."""
        return json.dumps({"config": json.loads(self.config.to_json()), "folder": str(self.folder)})

    @classmethod
    def from_line(cls, line: str) -> SweepTask:
        """Read what `to_line` wrote; settings that are absent keep their defaults.

        Raises:
            SettingError: If the line is no such task.
        """
        try:
            values = json.loads(line) if len(line) <= MAX_LINE else None
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict) or set(values) != {"config", "folder"}:
            refuse("task", "must be one line of JSON with a config and a folder", line[:60])
        if not isinstance(values["folder"], str) or not values["folder"]:
            refuse("folder", "must be the path of a folder", values["folder"])
        return cls(TrainConfig.from_values(values["config"]), Path(values["folder"]))


def make(task: SweepTask, *, cancelled: Callable[[], bool] = never) -> SweepPoint:
    """Train a task's run, and put it into its folder with its point, whole or not at all.

    Args:
        task: The run and its folder.
        cancelled: Asked several times a second.

    Raises:
        SettingError: If the run can't be made here.
        OSError: If the disk refuses.
        CancelledError: If `cancelled` says so.
    """
    scratch = scratch_beside(task.folder)
    try:
        point = train_into(scratch, task.config, cancelled=cancelled)
        publish(scratch, task.folder, point)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return point


def train_into(folder: Path, config: TrainConfig, *, cancelled: Callable[[], bool] = never) -> SweepPoint:
    """Train a run to its end on as many threads as it asks for, save it to a folder, and return its point.

    Raises:
        SettingError: If the run can't be made here.
        OSError: If the disk refuses.
        CancelledError: If `cancelled` says so.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        run = Run(config, load_dataset(config.dataset))
        while not run.finished:
            if cancelled():
                raise CancelledError("the sweep was cancelled")
            run.advance(budget_s=SLICE_S)
        point = measure(run)
    finally:
        torch.set_num_threads(before)
    run.save(folder)
    return point


def answer(line: str) -> str:
    """Do the task of a line, and return one line of JSON: {"point": ...}, or {"error": a sentence}."""
    try:
        point = make(SweepTask.from_line(line))
    except EXPECTED as trouble:
        return json.dumps({"error": str(trouble)})
    return json.dumps({"point": json.loads(point.to_json())})


def point_of(reply: object, *, run: str) -> SweepPoint:
    """Return the point in a parsed answer.

    Raises:
        ChildProcessError: If the worker could not make the run, or made another.
    """
    if not isinstance(reply, dict) or set(reply) not in ({"point"}, {"error"}):
        raise ChildProcessError(f"A worker gave no answer that could be read for run {run}.")
    if "error" in reply:
        raise ChildProcessError(f"A worker could not make run {run}: {reply['error']}")
    try:
        point = SweepPoint.from_values(reply["point"])
    except SettingError as trouble:
        raise ChildProcessError(f"A worker's answer for run {run} can't be read: {trouble}") from trouble
    if point.run != run:
        raise ChildProcessError(
            f"A worker made run {point.run} where {run} was asked for: its version or its data are others."
        )
    return point


def answer_with_files(config: str) -> tuple[str, bytes]:
    """Make the run of a config on a machine that shares no disk with the sweep.

    Args:
        config: As `TrainConfig.to_json` gives it.

    Returns:
        An answer as that of `answer`, and the saved run's files as a zip (empty where there is an error).
    """
    try:
        with tempfile.TemporaryDirectory() as scratch:
            point = train_into(Path(scratch), TrainConfig.from_json(config))
            return json.dumps({"point": json.loads(point.to_json())}), _packed(Path(scratch))
    except EXPECTED as trouble:
        return json.dumps({"error": str(trouble)}), b""


def take_in(reply: tuple[str, bytes], folder: Path, *, run: str) -> SweepPoint:
    """Put a run that was made elsewhere into its folder, whole or not at all.

    Args:
        reply: What `answer_with_files` gave.
        folder: Where the run shall lie.
        run: The id that it must have.

    Raises:
        ChildProcessError: If the run could not be made, or what came back is not that run.
        OSError: If the disk refuses.
    """
    try:
        words = json.loads(reply[0])
    except (ValueError, RecursionError):
        words = None
    point = point_of(words, run=run)
    scratch = scratch_beside(folder)
    try:
        _unpack(reply[1], scratch, run=run)
        publish(scratch, folder, point)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return point


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as out:
        for path in sorted(folder.iterdir()):
            out.write(path, path.name)
    return packed.getvalue()


def _unpack(packed: bytes, folder: Path, *, run: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as files:
            # A zip may name any path, and grow when it is opened.
            plain = all(PurePosixPath(name).name == name != POINT for name in files.namelist())
            if not plain or sum(entry.file_size for entry in files.infolist()) > MAX_BYTES:
                raise ChildProcessError(f"A worker sent files that are not those of run {run}.")
            files.extractall(folder)
    except zipfile.BadZipFile as trouble:
        raise ChildProcessError(f"A worker's files of run {run} can't be read: {trouble}") from trouble
