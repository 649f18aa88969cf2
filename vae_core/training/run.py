"""One training, stepped from outside: config + seed + data + interventions, and nothing else, decide it."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.data import Dataset
from vae_core.likelihoods import misfit
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator
from vae_core.training.config import TrainConfig
from vae_core.training.history import History, Recorder
from vae_core.training.interventions import Intervention, checked_intervention, run_id
from vae_core.training.learner import Learner, available_device, check_finite
from vae_core.training.live import LiveSettings
from vae_core.training.snapshot import Snapshot
from vae_core.training.stopping import Stopping

RECORD_EVERY = 10
VALIDATE_EVERY = 100
EARLY_RECORDS = (1, 2, 5)
EARLY_VALIDATIONS = (10, 25, 50)
VALIDATION_IMAGES = 2000


class Run:
    """A training of one model.

    `advance` takes steps; between steps everything can be read, and live settings changed. The same
    config, data and interventions give the same history bit for bit on the same machine and build, if
    torch runs on `config.threads` threads: whoever calls `advance` sets them (the engine, the command line).

    Attributes:
        config: The settings at the start.
        dataset: The data.
        id: See `run_id`.
        step: Steps taken.
        seconds: Time spent in `advance`.
        interventions: What was changed, in order.
        scheduled: Interventions to be replayed when their steps come.
        failed: Whether the loss became infinite; step and weights are then those of the last good moment.
        stop_reason: A sentence once it has stopped, else None.
    """

    def __init__(
        self, config: TrainConfig, dataset: Dataset, *, interventions: Sequence[Intervention] = ()
    ) -> None:
        """Make a run at step 0.

        Args:
            config: Its settings.
            dataset: Its data; `config.dataset` is only its name.
            interventions: To be replayed when their steps come.

        Raises:
            SettingError: If the likelihood can't score these data, or the device is not there.
        """
        problem = misfit(config.likelihood, dataset.support)
        if problem is not None:
            refuse("likelihood", "must fit the data", problem)
        self.config = config
        self.dataset = dataset
        self.id = run_id(config, dataset.digest)
        self.scheduled = tuple(checked_intervention(asdict(entry)) for entry in interventions)
        self._device = available_device(config.device)
        self._validation = dataset.validation.x[:VALIDATION_IMAGES].to(self._device)
        self._begin()

    def _begin(self) -> None:
        config = self.config
        self._learner = Learner(config, self.dataset, device=self._device)
        self._live = LiveSettings(config)
        self.step = 0
        self.seconds = 0.0
        self.interventions: tuple[Intervention, ...] = ()
        self.failed = False
        self.stop_reason: str | None = None
        self._train_rows = Recorder(config.latent_dim)
        self._validation_rows = Recorder(config.latent_dim)
        self._pace: deque[tuple[float, int]] = deque(maxlen=50)
        self._stopping = Stopping(config)
        self._best = self._learner.weights()
        self._good = (0, self._best)
        self._validate()

    # ---- reading -------------------------------------------------------------------------------

    @property
    def model(self) -> VAE:
        """The live model; read it only, or take a `snapshot`."""
        return self._learner.model

    @property
    def finished(self) -> bool:
        """Whether it takes no more steps."""
        return self.stop_reason is not None

    @property
    def history(self) -> History:
        """What it has recorded, in memory of its own."""
        return History(self._train_rows.curve(), self._validation_rows.curve())

    @property
    def live_settings(self) -> dict[str, float]:
        """The live settings as they are now, interventions included."""
        return dict(self._live.values)

    @property
    def images_per_second(self) -> float:
        """Over the last calls of `advance`; 0 before the first."""
        if len(self._pace) < 2:
            return 0.0
        (t0, s0), (t1, s1) = self._pace[0], self._pace[-1]
        return (s1 - s0) * self._learner.batch_size / max(t1 - t0, 1e-9)

    @property
    def images_seen(self) -> int:
        """Images trained on so far, each counted as often as it was seen."""
        return self.step * self._learner.batch_size

    @property
    def seconds_left(self) -> float | None:
        """Training time to the last step (or to the time limit) at the recent pace, if there is one."""
        if self.finished:
            return 0.0
        if not self.images_per_second:
            return None
        left = (self.config.steps - self.step) * self._learner.batch_size / self.images_per_second
        if self.config.stop == "time":
            left = min(left, max(0.0, self.config.time_limit_s - self.seconds))
        return left

    def snapshot(self) -> Snapshot:
        """Copy the model as it is now."""
        return Snapshot.of(self.model, self.config, step=self.step)

    # ---- acting --------------------------------------------------------------------------------

    def set(self, setting: str, value: float) -> None:
        """Change a live setting from the next step on, and record the intervention.

        Raises:
            SettingError: If the setting can't change while a run trains, or the value breaks its rule.
        """
        checked = self._live.change(setting, value)
        if checked is not None:
            self.interventions = (*self.interventions, Intervention(self.step, setting, checked))

    def rewind(self) -> None:
        """Go back to step 0 and exactly the same initial weights; interventions are forgotten."""
        self.scheduled = ()
        self._begin()

    def advance(self, *, steps: int | None = None, budget_s: float | None = None) -> int:
        """Train for some steps or for some time; a budget is looked at after each step.

        Args:
            steps: At most so many.
            budget_s: Seconds; when they happen, and not what they compute, depends on it.

        Returns:
            The number of steps taken; less than asked for only when it has stopped.

        Raises:
            SettingError: Unless exactly one of the two is given, and in its limits.
        """
        if (steps is None) == (budget_s is None):
            refuse("advance", "must be given either steps or budget_s", f"{steps} and {budget_s}")
        most = math.inf if steps is None else check_number("steps", steps, low=0, high=1e12, integer=True)
        budget = math.inf if budget_s is None else check_number("budget_s", budget_s, low=0, high=1e9)
        taken, before, start = 0, self.seconds, time.perf_counter()
        if not self._pace:
            self._pace.append((before, self.step))
        while not self.finished and taken < most and (taken == 0 or self.seconds - before < budget):
            moved = self._one_step()
            self.seconds = before + time.perf_counter() - start
            if not moved:
                break
            taken += 1
            self._after_step()
        if taken and not self.failed and not self._learner.finite:
            # The loss is measured every few steps; between calls, weights are finite all the same.
            self._diverge(FloatingPointError("the weights became infinite"))
        self._pace.append((self.seconds, self.step))
        return taken

    def _one_step(self) -> bool:
        for intervention in self.scheduled:
            if intervention.step == self.step:
                self.set(intervention.setting, intervention.value)
        try:
            terms = self._learner.step(
                weight=self._live.weighting.weight(self.step),
                free_bits=self._live.free_bits,
                capacity=self._live.weighting.target(self.step),
                learning_rate=self._live.learning_rate(self.step),
                measure=self.step % RECORD_EVERY == 0 or self.step in EARLY_RECORDS,
            )
        except FloatingPointError as trouble:
            self._diverge(trouble)
            return False
        if terms is not None:
            self._record(self._train_rows, *terms)
        self.step += 1
        return True

    def _after_step(self) -> None:
        last = self.step >= self.config.steps
        due = self.step % VALIDATE_EVERY == 0 or self.step in EARLY_VALIDATIONS or last
        if due and not self._validate():
            return
        reason = self._stopping.reason(self.step, self.seconds)
        if reason is not None and not due and not self._validate():
            return
        if reason is not None and self.config.stop == "plateau":
            # What is kept is chosen on validation data, and the last row is about what is kept.
            self._learner.put(self._best)
            self._validate()
        self.stop_reason = reason

    # ---- parts of a step -------------------------------------------------------------------------

    def _record(self, rows: Recorder, reconstruction: float, kl_per_dimension: list[float]) -> None:
        rows.add(
            step=self.step,
            seconds=self.seconds,
            reconstruction=reconstruction,
            kl_per_dimension=kl_per_dimension,
            beta=self._live.weighting.weight(self.step),
            learning_rate=self._live.learning_rate(self.step),
        )

    @torch.no_grad()
    def _validate(self) -> bool:
        # The same noise at every validation, so that two of them differ by the weights alone.
        noise = generator(self.config.seed, "validation", self._device)
        terms = elbo_terms(self.model, self._validation, generator=noise)
        measured = float(terms.reconstruction.mean()), terms.kl_per_dimension.mean(0).tolist()
        try:
            check_finite(*measured)
        except FloatingPointError as trouble:
            self._diverge(trouble)
            return False
        self._record(self._validation_rows, *measured)
        weights = self._learner.weights()
        self._good = (self.step, weights)
        weight = self._live.weighting.weight(self.step)
        counts = self.step % VALIDATE_EVERY == 0 and weight == self._live.values["beta"]
        if self._stopping.improves(measured[0] - sum(measured[1]), counts=counts):
            self._best = weights
        return True

    def _diverge(self, trouble: FloatingPointError) -> None:
        at = self.step
        self.failed = True
        self.step, weights = self._good
        self._learner.put(weights)
        self._train_rows.forget_after(self.step)
        self._pace.clear()
        self.stop_reason = (
            f"Stopped at step {at:,}: {trouble}. The weights of step {self.step:,} are kept. "
            f"Try a smaller learning rate."
        )

    # ---- keeping ---------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """Return every tensor but the weights that decides how the run goes on."""
        step, weights = self._good
        return {
            **self._learner.state(),
            "best": self._best,
            "good": weights,
            "good_step": torch.tensor(step),
            "history.train": torch.from_numpy(self._train_rows.table()),
            "history.validation": torch.from_numpy(self._validation_rows.table()),
        }

    def progress(self) -> dict[str, Any]:
        """Return every plain value that decides how the run goes on."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "live": self.live_settings,
            "failed": self.failed,
            "stop_reason": self.stop_reason,
            "best_elbo": self._stopping.best_elbo,
            "stale": self._stopping.stale,
        }

    def restore(
        self,
        progress: dict[str, Any],
        weights: dict[str, Tensor],
        state: dict[str, Tensor],
        *,
        interventions: Sequence[Intervention],
    ) -> None:
        """Take over what `progress`, the model's `state_dict` and `state` gave.

        Raises:
            SettingError, LookupError, TypeError, ValueError, RuntimeError: If something is not as saved.
        """
        self._learner.restore(weights, state)
        self._best = self._learner.checked(state["best"])
        self._good = (int(state["good_step"]), self._learner.checked(state["good"]))
        self._train_rows.restore(state["history.train"].numpy())
        self._validation_rows.restore(state["history.validation"].numpy())
        last = self.config.steps
        self.step = int(check_number("step", progress["step"], low=0, high=last, integer=True))
        self.seconds = check_number("seconds", progress["seconds"], low=0.0, high=1e9)
        self._live.restore(progress["live"])
        self.failed, self.stop_reason = progress["failed"], progress["stop_reason"]
        if not isinstance(self.failed, bool) or not isinstance(self.stop_reason, str | None):
            raise ValueError("what stopped the run must be a sentence")
        self._stopping.restore(best_elbo=float(progress["best_elbo"]), stale=int(progress["stale"]))
        self.interventions = tuple(interventions)
        self._pace.clear()

    def save(self, folder: Path | str) -> None:
        """Write the run to a folder, so that `load` goes on exactly here (see `checkpoint`).

        Raises:
            OSError: If the disk refuses; an earlier save in the folder is then still whole.
        """
        from vae_core.training.checkpoint import save

        save(self, Path(folder))

    @classmethod
    def load(cls, folder: Path | str, dataset: Dataset | None = None) -> Run:
        """Read a run from a folder.

        Raises:
            SettingError: If the folder holds no whole run, or one of other data.
        """
        from vae_core.training.checkpoint import load

        return load(Path(folder), dataset)
