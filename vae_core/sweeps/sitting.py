"""One go at a sweep: its executor, how to end it, and how fast its runs come."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing

from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.runner import Executor
from vae_core.sweeps.task import SweepTask


class Sitting:
    """An executor around another one, which is made when there are runs to make."""

    def __init__(self, executor: Callable[[], Executor], *, clock: Callable[[], float]) -> None:
        """Make nothing yet.

        Args:
            executor: Makes the executor.
            clock: Seconds, monotonic.
        """
        self._make = executor
        self._clock = clock
        self._executor: Executor | None = None
        self._ending = False
        self._runs = 0
        self._begun = 0.0
        self._made, self._last = 0, 0.0

    def cancelled(self) -> bool:
        """Return whether it is to end."""
        return self._ending

    def seconds_left(self) -> float | None:
        """Return the estimated time to the last run, or None until the first one has ended."""
        if not self._made:
            return None
        pace = (self._last - self._begun) / self._made
        return max(0.0, pace * (self._runs - self._made) - (self._clock() - self._last))

    def completed(
        self, tasks: Sequence[SweepTask], *, cancelled: Callable[[], bool]
    ) -> Generator[SweepPoint, None, None]:
        """Make the runs.

        Raises:
            SettingError: If there can be no such executor.
            OSError: If a run could not be made, or the disk refuses.
        """
        self._runs, self._begun = len(tasks), self._clock()
        self._executor = self._make()
        if self._ending:  # whoever ended it saw no executor yet
            return
        with closing(self._executor.completed(tasks, cancelled=cancelled)) as made:
            for point in made:
                self._last = self._clock()
                self._made += 1
                yield point

    def cancel(self) -> None:
        """Have it end soon; returns at once."""
        self._ending = True

    def close(self) -> None:
        """End it, in the middle of a run if need be."""
        self._ending = True
        if self._executor is not None:
            self._executor.close()
