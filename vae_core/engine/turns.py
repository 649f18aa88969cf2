"""The fair queue: who gets the next slice of the cores."""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol


class Task(Protocol):
    """Something that is worked on in slices: a run or a job."""

    scheduled: bool

    @property
    def threads(self) -> int:
        """Torch threads that a slice uses."""

    @property
    def wants_turn(self) -> bool:
        """Whether there is anything to do; asked under the lock."""

    @property
    def urgent(self) -> bool:
        """Whether the next slice is a short answer to a person (a control), which goes first."""

    def slice(self) -> None:
        """Work for one slice."""

    def crashed(self, error: str) -> None:
        """A slice ended by an error that nobody expected."""


class Turns:
    """First in, first out, one slice each; the threads in use never exceed `capacity`.

    The task at the head waits until enough threads are free, and nobody overtakes it: a wide run is never
    starved by narrow ones. A task that is alone keeps its worker.
    """

    def __init__(self, lock: threading.RLock, *, capacity: int) -> None:
        """Share the engine's lock, so that "is there more to do" and "queue it" are one moment."""
        self._more = threading.Condition(lock)
        self._queue: deque[Task] = deque()
        self._capacity = capacity
        self._in_use = 0
        self._closed = False

    @property
    def capacity(self) -> int:
        """Threads that may compute at the same time."""
        return self._capacity

    @property
    def closed(self) -> bool:
        """Whether there are no more turns."""
        return self._closed

    def ask(self, task: Task) -> None:
        """Queue a task that has something to do, unless it waits or works already."""
        with self._more:
            if task.scheduled or self._closed or not task.wants_turn:
                return
            self._enqueue(task)
            self._more.notify()

    def next(self, done: Task | None, held: int) -> tuple[Task, int] | None:
        """Give back the turn of `done` (with the threads it held), wait for the next one.

        Returns:
            The task and the number of threads it may use; None when the queue is closed.
        """
        with self._more:
            if done is not None:
                self._in_use -= held
                done.scheduled = False
                if done.wants_turn and not self._closed:
                    self._enqueue(done)
            while not self._closed:
                if self._queue and (needed := self._needed(self._queue[0])) <= self._capacity - self._in_use:
                    self._in_use += needed
                    task = self._queue.popleft()
                    if self._queue:
                        self._more.notify()
                    return task, needed
                self._more.wait()
            return None

    def abandon(self, task: Task, held: int) -> None:
        """Give back the turn of a task whose worker died."""
        with self._more:
            self._in_use -= held
            task.scheduled = False
            self._more.notify()
            self.ask(task)

    def waiting(self) -> tuple[Task, ...]:
        """The tasks in the queue, next one first."""
        with self._more:
            return tuple(self._queue)

    def close(self) -> None:
        """Send every worker home after its slice."""
        with self._more:
            self._closed = True
            self._queue.clear()
            self._more.notify_all()

    def _enqueue(self, task: Task) -> None:
        task.scheduled = True
        if task.urgent:
            self._queue.appendleft(task)
        else:
            self._queue.append(task)

    def _needed(self, task: Task) -> int:
        return min(task.threads, self._capacity)
