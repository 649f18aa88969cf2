"""Where runs rest: one folder a run, named by its id."""

from __future__ import annotations

import logging
import os
import re
import shutil
import threading
from collections.abc import Container
from pathlib import Path

from vae_core.checks import refuse

log = logging.getLogger(__name__)

RUN_ID = re.compile(r"[0-9a-f]{12}(-[0-9a-f]{6})?")
STOPPED = "stopped"  # an empty file beside the checkpoint of a run that its owner called finished
WEIGHTS = ".safetensors"
TAKEN_IN = ".taken-in-"  # begins the name of a copy that is not whole yet


class Storage:
    """The folder that holds the checkpoints, at most `limit` of them and `max_bytes` in all."""

    def __init__(self, folder: Path, *, limit: int, max_bytes: int) -> None:
        """Use `folder`, which is made when the first run is saved."""
        self._folder = folder
        self._limit = limit
        self._max_bytes = max_bytes
        self._taking_in = threading.Lock()

    def path(self, run_id: str) -> Path:
        """Where a run's checkpoint lies, or would lie."""
        return self._folder / run_id

    def has(self, run_id: str) -> bool:
        """Whether there is a checkpoint; any text may be asked for, a link is written by anybody."""
        return RUN_ID.fullmatch(run_id) is not None and (self.path(run_id) / "run.json").is_file()

    def mark_stopped(self, run_id: str, stopped: bool) -> None:
        """Note beside a checkpoint whether the run's owner called it finished."""
        mark = self.path(run_id) / STOPPED
        if stopped:
            mark.touch()
        else:
            mark.unlink(missing_ok=True)

    def stopped(self, run_id: str) -> bool:
        """Whether the owner of a saved run called it finished."""
        return self.has(run_id) and (self.path(run_id) / STOPPED).is_file()

    def copy(self, run_id: str, folder: Path) -> None:
        """Copy a checkpoint elsewhere."""
        ours = shutil.ignore_patterns(STOPPED)
        shutil.copytree(self.path(run_id), folder, dirs_exist_ok=True, ignore=ours)

    def take_in(self, folder: Path, run_id: str) -> None:
        """Copy the run saved in a folder to its place here, whole or not at all; one that is here stays.

        Raises:
            SettingError: if the run in the folder is gone.
            OSError: if the disk refuses.
        """
        with self._taking_in:
            if self.has(run_id):
                return
            for left in self._folder.glob(f"{TAKEN_IN}*"):  # by a process that was killed
                shutil.rmtree(left, ignore_errors=True)
            scratch = self._folder / f"{TAKEN_IN}{run_id}"
            scratch.mkdir(parents=True)
            try:
                _copy_parts(folder, scratch)
                if not self.has(run_id):
                    shutil.rmtree(self.path(run_id), ignore_errors=True)  # half of a first save, killed
                os.rename(scratch, self.path(run_id))
            except OSError:
                if not self.has(run_id):  # else the run was saved meanwhile
                    raise
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def remove(self, run_id: str) -> None:
        """Delete a run's checkpoint, if there is one."""
        if self.has(run_id):
            shutil.rmtree(self.path(run_id))

    def prune(self, keep: Container[str]) -> None:
        """Delete the oldest checkpoints beyond the limits, those of the runs in `keep` excepted."""
        if not self._folder.is_dir():
            return
        saved = [path for path in self._folder.iterdir() if self.has(path.name)]
        weighed = sorted((*_age_and_bytes(path), path.name) for path in saved)
        count, total = len(weighed), sum(size for _, size, _ in weighed)
        for _, size, name in weighed:
            if count <= self._limit and total <= self._max_bytes:
                return
            if name not in keep:
                log.info("deleting the checkpoint of run %s, the oldest of too many", name)
                self.remove(name)
                count, total = count - 1, total - size


def _copy_parts(folder: Path, place: Path) -> None:
    """Copy what saving a run writes, as new files; a folder that is gone is refused."""
    try:
        parts = [part for part in folder.iterdir() if part.name == "run.json" or part.suffix == WEIGHTS]
        for part in parts:
            shutil.copyfile(part, place / part.name)
    except FileNotFoundError:
        refuse("run", "must be a folder with a run.json", str(folder))


def _age_and_bytes(path: Path) -> tuple[float, int]:
    """When a checkpoint was saved, and its size; files that a save replaces meanwhile don't count."""
    saved_at, size = 0.0, 0
    for part in path.iterdir():
        try:
            facts = part.stat()
        except FileNotFoundError:
            continue
        size += facts.st_size
        if part.name == "run.json":
            saved_at = facts.st_mtime
    return saved_at, size
