"""Runs that train nothing: for tests of the engine and of the pages.

`FakeFactory()` is given to `Engine(run_factory=…)`. Its runs have real configs, real snapshots of an
untrained model and a plausible history, count steps instead of training, and are saved as a small JSON file.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.checks import SettingError
from vae_core.data import Dataset
from vae_core.engine import RunFactory
from vae_core.training import Intervention
from vae_core.training.checkpoint import FORMAT
from vae_core.training.config import TrainConfig
from vae_core.training.history import Curve, History, Recorder
from vae_core.training.snapshot import Snapshot, model_for

STEPS_PER_SLICE = 10
SMALL = TrainConfig(dataset="two-moons", likelihood="gaussian", hidden=(4,), steps=1_000_000)


class FakeRun:
    """A run whose steps are instant and change nothing but its counters and its history."""

    def __init__(
        self, config: TrainConfig, dataset: Dataset, *, before_advance: Callable[[FakeRun], None]
    ) -> None:
        self.config = config
        self.dataset = dataset
        self.step = 0
        self.slices = 0
        self.failed = False
        self.interventions: tuple[Intervention, ...] = ()
        self.images_per_second = 0.0
        self.worked_in: list[tuple[str, int]] = []
        self._before_advance = before_advance
        model = model_for(config, dataset.image_shape, seed=config.seed)
        self._weights = Snapshot.of(model, config, step=0).weights

    @property
    def finished(self) -> bool:
        return self.step >= self.config.steps

    @property
    def stop_reason(self) -> str | None:
        return "All steps are done." if self.finished else None

    @property
    def seconds_left(self) -> float | None:
        return (self.config.steps - self.step) / 1000

    @property
    def history(self) -> History:
        return History(train=self._curve(-1.0), validation=self._curve(-2.0))

    def advance(self, *, steps: int | None = None, budget_s: float | None = None) -> int:
        self._before_advance(self)
        wanted = STEPS_PER_SLICE if steps is None else steps
        done = min(wanted, self.config.steps - self.step)
        self.step += done
        self.slices += 1
        self.images_per_second = 10_000.0
        return done

    def set(self, setting: str, value: Any) -> None:
        self.interventions = (*self.interventions, Intervention(self.step, setting, value))

    def rewind(self) -> None:
        self.step = 0
        self.failed = False
        self.interventions = ()

    def snapshot(self) -> Snapshot:
        weights = {name: value + np.float32(1e-4 * self.step) for name, value in self._weights.items()}
        return Snapshot(self.config, self.dataset.image_shape, self.step, weights)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        changes = [[change.step, change.setting, change.value] for change in self.interventions]
        record = {
            "format": FORMAT,
            "config": self.config.to_json(),
            "step": self.step,
            "interventions": changes,
        }
        scratch = folder / "run.json.new"
        scratch.write_text(json.dumps(record), encoding="utf-8")
        os.replace(scratch, folder / "run.json")  # whoever reads it meanwhile finds the whole file

    def _curve(self, offset: float) -> Curve:
        recorder = Recorder(self.config.latent_dim)
        for step in np.linspace(0, self.step, min(self.step + 1, 50)):
            gain = 1.0 - np.exp(-step / 300.0)
            share = [2.0 * gain / self.config.latent_dim] * self.config.latent_dim
            recorder.add(
                step=float(step),
                seconds=float(step) / 1000.0,
                reconstruction=-10.0 + 5.0 * gain + offset,
                kl_per_dimension=share,
                beta=self.config.beta,
                learning_rate=self.config.learning_rate,
            )
        return recorder.curve()


class FakeFactory(RunFactory):
    """Makes FakeRuns, and keeps them for the test to look at.

    Steps cost no time, so a started run is at its end almost at once. To keep one training, set
    `before_advance` to something slow (`lambda run: time.sleep(0.01)`) or to a `Gate`; to fail, to something
    that raises.
    """

    def __init__(self) -> None:
        self.runs: list[FakeRun] = []
        self.before_advance: Callable[[FakeRun], None] = lambda run: None
        self.before_build: Callable[[], None] = lambda: None

    def build(self, config: TrainConfig, dataset: Dataset) -> FakeRun:
        self.before_build()
        run = FakeRun(config, dataset, before_advance=lambda run: self.before_advance(run))
        self.runs.append(run)
        return run

    def restore(self, folder: Path, dataset: Dataset | None) -> FakeRun:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        config = TrainConfig.from_json(record["config"])
        run = self.build(config, self.dataset(config) if dataset is None else dataset)
        run.step = record["step"]
        run.interventions = tuple(Intervention(*change) for change in record["interventions"])
        return run


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Gate:
    """Holds slices: while it is shut, `before_advance=gate` waits in every slice."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.reached = threading.Event()

    def __call__(self, run: FakeRun) -> None:
        self.reached.set()
        if not self._open.wait(10.0):
            raise SettingError("gate: must be opened by the test.")

    def open(self) -> None:
        self._open.set()


def wait_until(condition: Callable[[], object], *, seconds: float = 20.0) -> None:
    """Wait until `condition()` holds; fail after `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("what the test waited for did not come")
        time.sleep(0.002)
