"""The run itself, as long as it takes memory: made, restored, saved, let go."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from vae_core.checks import SettingError, refuse
from vae_core.data import Dataset
from vae_core.engine.factory import Trainable
from vae_core.engine.host import Host
from vae_core.training.config import TrainConfig

log = logging.getLogger(__name__)


class Resident:
    """Touched by one worker at a time, between or in slices."""

    def __init__(
        self, identity: str, host: Host, *, config: TrainConfig | None, dataset: Dataset | None
    ) -> None:
        self.run: Trainable | None = None
        self.config = config
        self.dataset = dataset
        self.unsaved = False
        self.notice = ""
        self._id = identity
        self._host = host

    def get(self) -> Trainable:
        """The run: the one in memory, restored from its checkpoint, or a new one.

        Raises:
            SettingError: if it can't be made or restored.
        """
        if self.run is not None:
            return self.run
        run = self._restored()
        self.unsaved = run is None
        if run is None:
            if self.config is None:
                refuse("run", "must be one that is still kept", self._id)
            run = self._host.factory.build(self.config, self._data(self.config))
        self.dataset = self._data(run.config)
        self.config = run.config
        self.run = run
        return run

    def _restored(self) -> Trainable | None:
        storage = self._host.storage
        if not storage.has(self._id):
            return None
        try:
            return self._host.factory.restore(storage.path(self._id), self.dataset)
        except SettingError as error:
            if self.config is None:
                raise
            log.warning("the checkpoint of run %s can't be read", self._id, exc_info=True)
            self.notice = f"Its checkpoint could not be read, so it began anew: {error}"
            return None

    def save(self) -> None:
        """Write the checkpoint, if there is anything new."""
        if self.run is not None and self.unsaved:
            self.run.save(self._host.storage.path(self._id))
            self.unsaved = False

    def export(self, folder: Path) -> None:
        """Write a copy elsewhere."""
        if self.run is None and self._host.storage.has(self._id):
            shutil.copytree(self._host.storage.path(self._id), folder, dirs_exist_ok=True)
        else:
            self.get().save(folder)

    def leave(self) -> None:
        """Let go of the run, which is saved."""
        self.run = None

    def _data(self, config: TrainConfig) -> Dataset:
        return self._host.factory.dataset(config) if self.dataset is None else self.dataset
