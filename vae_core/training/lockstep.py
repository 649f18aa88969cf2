"""Several runs on the same batches and noise, a step each in turn: for fair comparisons of decoders."""

from __future__ import annotations

import time
from collections.abc import Sequence

from vae_core.checks import check_number, refuse
from vae_core.training.run import Run

# What decides the batches and the noise; with it alike, so are they, bit for bit.
SHARED = ("seed", "batch_size", "latent_dim")


class Lockstep:
    """Runs that stand at the same step.

    Attributes:
        runs: As given; each keeps its own history and stops by its own rule, and the others go on.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        """Join runs.

        Raises:
            SettingError: If there is none, or they differ in data, seed, batch size, latent dimensions or
                step.
        """
        if not runs:
            refuse("runs", "must be at least one", "none")
        for name in SHARED:
            values = {getattr(run.config, name) for run in runs}
            if len(values) > 1:
                refuse(name, "must be the same for runs in lockstep", sorted(values))
        if len({run.dataset.digest for run in runs}) > 1:
            refuse("dataset", "must be the same for runs in lockstep", [run.dataset.name for run in runs])
        if len({run.step for run in runs}) > 1:
            refuse("step", "must be the same for runs in lockstep", [run.step for run in runs])
        self.runs = tuple(runs)

    @property
    def finished(self) -> bool:
        """Whether none of them takes any more steps."""
        return all(run.finished for run in self.runs)

    def advance(self, *, steps: int | None = None, budget_s: float | None = None) -> int:
        """Train all of them, one step each in turn, for some steps or for some time.

        Returns:
            The number of steps taken by those that had not stopped.

        Raises:
            SettingError: Unless exactly one of the two is given, and in its limits.
        """
        if (steps is None) == (budget_s is None):
            refuse("advance", "must be given either steps or budget_s", f"{steps} and {budget_s}")
        most = 10**12 if steps is None else int(check_number("steps", steps, low=0, high=1e12, integer=True))
        budget = 1e9 if budget_s is None else check_number("budget_s", budget_s, low=0, high=1e9)
        taken, start = 0, time.perf_counter()
        while not self.finished and taken < most and (taken == 0 or time.perf_counter() - start < budget):
            for run in self.runs:
                run.advance(steps=1)
            taken += 1
        return taken
