"""The workers: the only threads of the process that train, and the one place that sets torch's threads."""

from __future__ import annotations

import itertools
import sys
import threading
from collections.abc import Callable, Iterator

import torch

from vae_core.engine.turns import Task, Turns


class Worker(threading.Thread):
    """Takes turns until the queue closes.

    An error that no task expected ends this thread (and is reported by `threading.excepthook`, with its
    traceback); on its way out the worker marks the task as failed and calls `replace`, so that a new worker
    takes its place and nobody else's run is touched.
    """

    def __init__(self, turns: Turns, *, name: str, replace: Callable[[Worker], None]) -> None:
        """Prepare; `start()` begins."""
        super().__init__(name=name, daemon=True)
        self._turns = turns
        self._replace = replace
        self.task: Task | None = None
        self._held = 0

    def run(self) -> None:
        """Work, slice by slice."""
        home = False
        try:
            while (turn := self._turns.next(self.task, self._held)) is not None:
                self.task, self._held = turn
                # Threads are a setting of the calling thread, so each worker sets its own. A run keeps the
                # number that it was born with, whatever the machine: sums over another number of threads
                # may round differently.
                torch.set_num_threads(self.task.threads)
                self.task.slice()
            home = True
        finally:
            if not home:
                self._leave(sys.exc_info()[0])

    def _leave(self, error: type[BaseException] | None) -> None:
        if self.task is not None:
            self.task.crashed(error.__name__ if error else "unknown")
            self._turns.abandon(self.task, self._held)
        self._replace(self)


class Crew:
    """Some workers; one that dies is replaced until the queue closes. Used under the engine's lock."""

    def __init__(self, turns: Turns, lock: threading.RLock, *, size: int) -> None:
        """Start them."""
        self._turns = turns
        self._lock = lock
        self._names = itertools.count(1)
        self._workers: list[Worker] = []
        for _ in range(size):
            self._hire()

    def __iter__(self) -> Iterator[Worker]:
        """The workers at this moment."""
        return iter(tuple(self._workers))

    def _hire(self) -> None:
        worker = Worker(self._turns, name=f"engine worker {next(self._names)}", replace=self._replace)
        self._workers.append(worker)
        worker.start()

    def _replace(self, dead: Worker) -> None:
        """Called by a worker that dies of an error nobody expected."""
        with self._lock:
            self._workers.remove(dead)
            if not self._turns.closed:
                self._hire()
