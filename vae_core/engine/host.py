"""What the engine lends to each run that it hosts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vae_core.engine.factory import RunFactory
from vae_core.engine.storage import Storage
from vae_core.engine.turns import Turns


@dataclass(frozen=True)
class Host:
    """The engine's side of a hosted run.

    Attributes:
        lock: guards everything that several threads see; held for microseconds, never during a slice.
        changed: told when a first view appears, a run fails or is forgotten.
        turns: the queue for slices.
        factory: makes, restores and watches runs.
        storage: where checkpoints lie.
        clock: seconds, monotonic.
        versions: numbers for views, growing over all runs.
        crowding: how many times slower a run gets on by sharing the cores now; 1 when it doesn't.
        forget: drop a run, by its id, that was removed.
        slice_s: how long one slice trains.
    """

    lock: threading.RLock
    changed: threading.Condition
    turns: Turns
    factory: RunFactory
    storage: Storage
    clock: Callable[[], float]
    versions: Iterator[int]
    crowding: Callable[[], float]
    forget: Callable[[str], None]
    slice_s: float
