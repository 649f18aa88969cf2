"""One training, stepped from outside: config + seed + data + interventions, and nothing else, decide it."""

from __future__ import annotations

import hashlib
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.data import Dataset
from vae_core.likelihoods import misfit
from vae_core.models import VAE
from vae_core.objectives import ElboTerms, Weighting, elbo_terms
from vae_core.rng import generator
from vae_core.training.batches import Batches
from vae_core.training.config import LIVE_SETTINGS, SETTINGS, TrainConfig
from vae_core.training.gradients import FlatParameters, write_gradients
from vae_core.training.history import History, Recorder
from vae_core.training.initial import start_at_data_mean
from vae_core.training.optimiser import FlatAdam
from vae_core.training.snapshot import Snapshot, model_for

RECORD_EVERY = 10
VALIDATE_EVERY = 100
VALIDATION_IMAGES = 2000
# Of a gain on the validation ELBO that restarts the patience of "plateau".
LEAST_GAIN = 1e-3


@dataclass(frozen=True)
class Intervention:
    """A setting that was changed while a run stood at a step, before it took the next one."""

    step: int
    setting: str
    value: float


def run_id(config: TrainConfig, dataset_digest: str) -> str:
    """Return 12 hex digits: the same settings, seed and data give the same id."""
    return hashlib.sha256(f"{config.to_json()}/{dataset_digest}".encode()).hexdigest()[:12]


class Run:
    """A training of one model.

    `advance` takes steps; between steps everything can be read, and live settings changed. The same
    config, data and interventions give the same history bit for bit on the same machine and build, if
    torch runs on `config.threads` threads: whoever calls `advance` sets them (the engine, the command line).

    Attributes:
        config: The settings at the start.
        dataset: The data.
        id: See `run_id`.
        model: The live model; treat it as read-only, or take a `snapshot`.
        step: Steps taken.
        seconds: Time spent in `advance`.
        interventions: What was changed, in order.
        scheduled: Interventions to be replayed when their steps come.
        failed: Whether the loss became infinite; the weights are then those of the last good moment.
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
        self._device = _device(config.device)
        self.scheduled = tuple(interventions)
        self._train = dataset.train.x.to(self._device)
        self._validation = dataset.validation.x[:VALIDATION_IMAGES].to(self._device)
        self._begin()

    def _begin(self) -> None:
        config = self.config
        self.model: VAE = model_for(config, self.dataset.image_shape)
        start_at_data_mean(self.model, self.dataset.train.x)
        self.model.to(self._device)
        self._flat = FlatParameters.of(self.model)
        self._adam = FlatAdam(self._flat)
        self._batches = Batches(
            self._train, batch_size=config.batch_size, latent_dim=config.latent_dim, seed=config.seed
        )
        self._live: dict[str, Any] = {name: getattr(config, name) for name in LIVE_SETTINGS}
        self.step = 0
        self.seconds = 0.0
        self.interventions: tuple[Intervention, ...] = ()
        self.failed = False
        self.stop_reason: str | None = None
        self._train_rows = Recorder(config.latent_dim)
        self._validation_rows = Recorder(config.latent_dim)
        self._pace: deque[tuple[float, int]] = deque(maxlen=50)
        self._best_elbo, self._stale = -math.inf, 0
        self._best = self._flat.values.clone()
        self._keep()
        self._validate()

    # ---- reading -------------------------------------------------------------------------------

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
        return dict(self._live)

    @property
    def images_per_second(self) -> float:
        """Over the last second or so of training; 0 before the first steps."""
        if len(self._pace) < 2:
            return 0.0
        (t0, s0), (t1, s1) = self._pace[0], self._pace[-1]
        return (s1 - s0) * self._batches.batch_size / max(t1 - t0, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Training time to the last step (or to the time limit) at the recent pace, if there is one."""
        if self.finished:
            return 0.0
        if not self.images_per_second:
            return None
        left = (self.config.steps - self.step) * self._batches.batch_size / self.images_per_second
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
        if setting not in LIVE_SETTINGS:
            refuse("setting", f"must be one of {', '.join(LIVE_SETTINGS)} to change in a run", setting)
        checked = SETTINGS[setting].check(value)
        if checked == self._live[setting]:
            return
        self._live[setting] = checked
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
        if steps is not None:
            check_number("steps", steps, low=0, high=1_000_000_000, integer=True)
        else:
            check_number("budget_s", budget_s, low=0.0, high=1e9)
        first, start = self.step, time.perf_counter()
        before = self.seconds
        if not self._pace:
            self._pace.append((before, first))
        while not self.finished:
            if steps is not None and self.step - first >= steps:
                break
            if budget_s is not None and self.seconds - before >= budget_s and self.step > first:
                break
            self._one_step()
            self.seconds = before + time.perf_counter() - start
            self._after_step()
        self._pace.append((self.seconds, self.step))
        return self.step - first

    @torch.no_grad()
    def _one_step(self) -> None:
        for intervention in self.scheduled:
            if intervention.step == self.step:
                self.set(intervention.setting, intervention.value)
        x, noise = self._batches.next()
        weighting = self._weighting()
        weight, rate = weighting.weight(self.step), self._learning_rate()
        terms = write_gradients(self.model, x, noise, weight=weight, free_bits=weighting.free_bits)
        if self.step % RECORD_EVERY == 0 or self.step < RECORD_EVERY:
            reconstruction = self.model.decoder.likelihood_of(terms.outputs).log_prob(x).mean()
            self._record(self._train_rows, reconstruction, terms.kl_per_dimension, weight, rate)
        if self.failed:
            return  # the good weights are back in place, and this gradient is none
        self._adam.step(rate)
        self.step += 1

    def _after_step(self) -> None:
        if self.failed:
            return
        if self.step % VALIDATE_EVERY == 0 or self.step in (10, 25, 50) or self.step >= self.config.steps:
            self._validate()
        if self.failed:
            return
        if self.step >= self.config.steps:
            self._finish(f"Finished: {self.step:,} steps.")
        elif self.config.stop == "time" and self.seconds >= self.config.time_limit_s:
            self._finish(f"Finished: the time limit of {self.config.time_limit_s:g} s, at step {self.step:,}.")
        elif self.config.stop == "plateau" and self._stale >= self.config.patience:
            self._finish(
                f"Finished at step {self.step:,}: no gain on the validation ELBO in "
                f"{self.config.patience} validations."
            )

    def _finish(self, sentence: str) -> None:
        if self.config.stop == "plateau":
            # What is kept is chosen on validation data.
            self._flat.values.copy_(self._best)
            sentence += " The best weights on validation data are kept."
        self.stop_reason = sentence

    # ---- parts of a step -------------------------------------------------------------------------

    def _weighting(self) -> Weighting:
        live = self._live
        return Weighting(live["beta"], live["kl_warmup"], live["free_bits"])

    def _learning_rate(self) -> float:
        rate = float(self._live["learning_rate"])
        if self.config.schedule == "constant":
            return rate
        # ½ (1 + cos π t/T)
        return rate * 0.5 * (1.0 + math.cos(math.pi * self.step / self.config.steps))

    def _record(
        self, rows: Recorder, reconstruction: Tensor, kl: Tensor, beta: float, learning_rate: float
    ) -> None:
        value, parts = float(reconstruction), [float(part) for part in kl]
        if not math.isfinite(value) or not all(map(math.isfinite, parts)):
            self._diverge()
            return
        rows.add(
            step=self.step,
            seconds=self.seconds,
            reconstruction=value,
            kl_per_dimension=parts,
            beta=beta,
            learning_rate=learning_rate,
        )

    @torch.no_grad()
    def _validate(self) -> None:
        terms = self._validation_terms()
        self._record(
            self._validation_rows,
            terms.reconstruction.mean(),
            terms.kl_per_dimension.mean(0),
            self._weighting().weight(self.step),
            self._learning_rate(),
        )
        if self.failed:
            return
        self._keep()
        elbo = float(terms.elbo.mean())
        if elbo > self._best_elbo + LEAST_GAIN:
            self._best_elbo, self._stale = elbo, 0
            self._best.copy_(self._flat.values)
        else:
            self._stale += 1

    def _validation_terms(self) -> ElboTerms:
        # The same noise at every validation, so that two of them differ by the weights alone.
        noise = generator(self.config.seed, "validation", self._device)
        return elbo_terms(self.model, self._validation, generator=noise)

    def _keep(self) -> None:
        self._good = (self.step, self._flat.values.clone())

    def _diverge(self) -> None:
        if self.failed:
            return
        self.failed = True
        step, values = self._good
        self._flat.values.copy_(values)
        self.stop_reason = (
            f"Stopped at step {self.step:,}: the loss became infinite. The weights of step {step:,} are "
            f"kept. Try a smaller learning rate."
        )

    # ---- keeping ---------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """Return every tensor but the weights that decides how the run goes on."""
        step, values = self._good
        parts = {
            **{f"adam.{name}": value for name, value in self._adam.state().items()},
            **{f"batches.{name}": value for name, value in self._batches.state().items()},
            "best": self._best,
            "good": values,
            "good_step": torch.tensor(step),
        }
        for name, rows in (("train", self._train_rows), ("validation", self._validation_rows)):
            table = torch.tensor(rows.rows, dtype=torch.float64)
            parts[f"history.{name}"] = table.reshape(len(rows.rows), 7 + self.config.latent_dim)
        return parts

    def progress(self) -> dict[str, Any]:
        """Return every plain value that decides how the run goes on."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "live": self.live_settings,
            "failed": self.failed,
            "stop_reason": self.stop_reason,
            # JSON has no infinity: the value before the first validation is None.
            "best_elbo": self._best_elbo if math.isfinite(self._best_elbo) else None,
            "stale": self._stale,
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
            KeyError, RuntimeError: If something is missing or of another shape.
        """
        self.model.load_state_dict(weights)
        parts: dict[str, dict[str, Tensor]] = {"adam": {}, "batches": {}, "history": {}}
        for name, value in state.items():
            group, _, key = name.partition(".")
            if key:
                parts[group][key] = value
        self._adam.restore({k: v.to(self._device if v.ndim else "cpu") for k, v in parts["adam"].items()})
        self._batches.restore(parts["batches"])
        self._best.copy_(state["best"])
        self._good = (int(state["good_step"]), self._flat.values.clone().copy_(state["good"]))
        self._train_rows.rows = parts["history"]["train"].tolist()
        self._validation_rows.rows = parts["history"]["validation"].tolist()
        self.step, self.seconds = int(progress["step"]), float(progress["seconds"])
        self._live = {name: SETTINGS[name].check(progress["live"][name]) for name in LIVE_SETTINGS}
        self.failed, self.stop_reason = bool(progress["failed"]), progress["stop_reason"]
        best = progress["best_elbo"]
        self._best_elbo, self._stale = -math.inf if best is None else float(best), int(progress["stale"])
        self.interventions = tuple(interventions)
        self._pace.clear()

    def save(self, folder: Path | str) -> None:
        """Write the run to a folder, so that `load` goes on exactly here (see `checkpoint`)."""
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


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        refuse("device", "must be there", "cuda, and this machine has no NVIDIA GPU that PyTorch can use")
    if name == "mps" and not torch.backends.mps.is_available():
        refuse("device", "must be there", "mps, and this machine has no Apple chip that PyTorch can use")
    return torch.device(name)
