"""The run itself, as long as it takes memory: made, restored, saved, let go."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future
from pathlib import Path

from vae_core.checks import SettingError, refuse
from vae_core.data import Dataset
from vae_core.engine.factory import EXPECTED_ERRORS, Trainable
from vae_core.engine.host import Host
from vae_core.engine.safekeeping import SavePace
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
        self.notice = ""  # about how it came here
        self.problem = ""  # about a save that failed, until one works
        self._kept = False  # whether there was a checkpoint of what was done here
        self._id = identity
        self._host = host
        self._pace = SavePace(host.clock)

    @property
    def save_due(self) -> bool:
        """Whether there is something new, and it is time to save it."""
        return self.run is not None and self.unsaved and self._pace.due

    def get(self) -> Trainable:
        """The run: the one in memory, restored from its checkpoint, or a new one.

        Raises:
            SettingError: if it can't be made or restored.
        """
        if self.run is not None:
            return self.run
        self.notice = ""
        run = self._restored()
        self.unsaved, self._kept = run is None, run is not None
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
            if self._kept:
                self.notice = "Its saved folder is gone, so it began anew."
            return None
        try:
            return self._host.factory.restore(storage.path(self._id), self.dataset)
        except SettingError as error:
            if self.config is None:
                raise
            log.warning("the checkpoint of run %s can't be read", self._id, exc_info=True)
            self.notice = f"Its checkpoint could not be read, so it began anew: {error}"
            return None

    def save(self, *, stopped: bool) -> bool:
        """Write the checkpoint, if there is anything new.

        A run that did nothing yet is not worth one: its settings make it again.

        Args:
            stopped: whether its owner called it finished.

        Returns:
            Whether all is well; if not, `problem` says what went wrong.
        """
        run, storage = self.run, self._host.storage
        if run is not None and not self.unsaved:
            return True
        begun = time.perf_counter()
        try:
            if run is None:
                if storage.has(self._id):
                    storage.mark_stopped(self._id, stopped)
            elif run.step or run.interventions or storage.has(self._id):
                run.save(storage.path(self._id))
                storage.mark_stopped(self._id, stopped)
                self._kept = True
        except EXPECTED_ERRORS as error:
            log.warning("run %s could not be saved", self._id, exc_info=True)
            self.problem = f"It could not be saved and stays in memory: {str(error) or type(error).__name__}"
            return False
        finally:
            self._pace.saved(cost_s=time.perf_counter() - begun)
        self.unsaved, self.problem = False, ""
        return True

    def export(self, folder: Path, answer: Future[None]) -> None:
        """Write a copy elsewhere; a failure is an answer to who asked, and no failure of the run."""
        try:
            self._copy(folder)
        except EXPECTED_ERRORS as error:
            answer.set_exception(error)
        else:
            answer.set_result(None)

    def _copy(self, folder: Path) -> None:
        if self.run is None and self._host.storage.has(self._id):
            self._host.storage.copy(self._id, folder)
        elif self.run is None and self._kept:
            refuse("run", "must be one that is still kept", self._id)
        else:
            self.get().save(folder)

    def leave(self) -> None:
        """Let go of the run, which is saved."""
        self.run = None

    def _data(self, config: TrainConfig) -> Dataset:
        return self._host.factory.dataset(config) if self.dataset is None else self.dataset
