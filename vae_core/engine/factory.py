"""How the engine makes, restores and watches runs: what tests replace by a run that trains nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from vae_core.checks import SettingError
from vae_core.data import Dataset, load_dataset
from vae_core.training import Intervention, Run, run_id
from vae_core.training.checkpoint import read_record
from vae_core.training.config import TrainConfig
from vae_core.training.history import History
from vae_core.training.snapshot import Observation, Snapshot, observe

# What a run may raise when the machine or the settings are to blame, and no mistake of ours.
EXPECTED_ERRORS = (SettingError, OSError, RuntimeError, MemoryError)


class Trainable(Protocol):
    """What the engine needs of a run; `vae_core.training.run.Run` has it."""

    config: TrainConfig

    @property
    def step(self) -> int: ...  # noqa: D102
    @property
    def finished(self) -> bool: ...  # noqa: D102
    @property
    def failed(self) -> bool: ...  # noqa: D102
    @property
    def stop_reason(self) -> str | None: ...  # noqa: D102
    @property
    def interventions(self) -> Sequence[Intervention]: ...  # noqa: D102
    @property
    def history(self) -> History: ...  # noqa: D102
    @property
    def images_per_second(self) -> float: ...  # noqa: D102
    @property
    def seconds_left(self) -> float | None: ...  # noqa: D102
    def advance(self, *, steps: int | None = None, budget_s: float | None = None) -> int: ...  # noqa: D102
    def set(self, setting: str, value: Any) -> None: ...  # noqa: D102
    def rewind(self) -> None: ...  # noqa: D102
    def snapshot(self) -> Snapshot: ...  # noqa: D102
    def save(self, folder: Path) -> None: ...  # noqa: D102


class RunFactory:
    """Real runs."""

    def dataset(self, config: TrainConfig) -> Dataset:
        """The data that a config names."""
        return load_dataset(config.dataset)

    def identify(self, config: TrainConfig, dataset: Dataset) -> str:
        """The id of the run that this config makes on this data."""
        return run_id(config, dataset.digest)

    def build(self, config: TrainConfig, dataset: Dataset) -> Trainable:
        """A new run at step 0."""
        return Run(config, dataset)

    def restore(self, folder: Path, dataset: Dataset | None) -> Trainable:
        """The run saved in a folder; it goes on exactly where it stopped."""
        return Run.load(folder, dataset=dataset)

    def observe(self, run: Trainable, snapshot: Snapshot, dataset: Dataset) -> Observation:
        """What the weights of the moment do to validation images and to the prior."""
        return observe(snapshot, dataset, seed=run.config.seed)

    def changed_by_hand(self, folder: Path) -> bool:
        """Whether the run saved in a folder has interventions; no, if the folder can't be read."""
        try:
            return bool(read_record(folder).get("interventions"))
        except SettingError:
            return False
