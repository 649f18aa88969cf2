"""How often a run that changed is saved: often enough for a kill, seldom enough to cost next to nothing."""

from __future__ import annotations

from collections.abc import Callable

SAVE_CADENCE_S = 30.0  # at most this often
SAVE_SHARE = 0.02  # of the time, at most, goes into saving


class SavePace:
    """When the next save is due, by what the last one cost."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin now, as if just saved."""
        self._clock = clock
        self._saved_at = clock()
        self._cost_s = 0.0

    @property
    def due(self) -> bool:
        """Whether it is time to save what changed."""
        return self._clock() - self._saved_at >= max(SAVE_CADENCE_S, self._cost_s / SAVE_SHARE)

    def saved(self, *, cost_s: float) -> None:
        """A save was done, or tried, and took this long."""
        self._saved_at = self._clock()
        self._cost_s = cost_s
