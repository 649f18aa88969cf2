"""Where runs rest: one folder a run, named by its id."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Container
from pathlib import Path

log = logging.getLogger(__name__)

RUN_ID = re.compile(r"[0-9a-f]{12}(-[0-9a-f]{6})?")


class Storage:
    """The folder that holds the checkpoints, at most `limit` of them."""

    def __init__(self, folder: Path, *, limit: int) -> None:
        """Use `folder`, which is made when the first run is saved."""
        self._folder = folder
        self._limit = limit

    def path(self, run_id: str) -> Path:
        """Where a run's checkpoint lies, or would lie."""
        return self._folder / run_id

    def has(self, run_id: str) -> bool:
        """Whether there is a checkpoint; any text may be asked for, a link is written by anybody."""
        return RUN_ID.fullmatch(run_id) is not None and (self.path(run_id) / "run.json").is_file()

    def remove(self, run_id: str) -> None:
        """Delete a run's checkpoint, if there is one."""
        if self.has(run_id):
            shutil.rmtree(self.path(run_id))

    def prune(self, keep: Container[str]) -> None:
        """Delete the oldest checkpoints beyond the limit, those of the runs in `keep` excepted."""
        if not self._folder.is_dir():
            return
        saved = [path for path in self._folder.iterdir() if self.has(path.name)]
        if len(saved) <= self._limit:
            return
        saved.sort(key=lambda path: (path / "run.json").stat().st_mtime)
        for path in saved[: len(saved) - self._limit]:
            if path.name not in keep:
                log.info(
                    "deleting the checkpoint of run %s, the oldest of more than %d", path.name, self._limit
                )
                self.remove(path.name)
