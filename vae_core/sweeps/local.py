"""Runs on this machine's cores: `python -m vae_core worker`, by subprocess and with a lowered priority."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from pathlib import Path

from vae_core.checks import check_number
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.task import SweepTask, point_of

MOST_WORKERS = 64
TRIES = 3
POLL_S = 0.05
LOWERED = 10
PACKAGE_ROOT = Path(__file__).parents[2]

Reply = tuple[SweepTask, object]


class SubprocessExecutor:
    """Some workers, each a Python of its own, so that whoever asks stays free to answer clicks.

    A worker that dies is replaced, and its task is given to the new one, `TRIES` times in all. When this
    process dies, by whatever hand, its workers' input ends, and with it they do.
    """

    def __init__(self, workers: int = 2, *, lowered: bool = True) -> None:
        """Start nothing yet.

        Args:
            workers: How many runs are made at a time.
            lowered: Whether everything else on the machine goes before them.

        Raises:
            SettingError: If that is no number from 1 to `MOST_WORKERS`.
        """
        self.workers = int(check_number("workers", workers, low=1, high=MOST_WORKERS, integer=True))
        self._lowered = lowered
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[str]] = set()
        self._closed = False

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the workers at this moment."""
        with self._lock:
            return tuple(process.pid for process in self._processes)

    def completed(
        self, tasks: Sequence[SweepTask], *, cancelled: Callable[[], bool]
    ) -> Generator[SweepPoint, None, None]:
        """Make the runs, several at a time; the workers end with the last of them.

        Raises:
            ChildProcessError: If a worker says that it can't make a run, at once; or if a run's workers died
                `TRIES` times, when all the others are finished.
        """
        waiting, replies = deque(tasks), queue.Queue[Reply]()
        stop = threading.Event()
        seats = [
            threading.Thread(
                target=self._serve, args=(waiting, replies, stop), name=f"sweep worker {n + 1}", daemon=True
            )
            for n in range(min(self.workers, len(tasks)))
        ]
        for seat in seats:
            seat.start()
        lost: list[str] = []
        left = len(tasks)
        try:
            while left and not cancelled() and not self._closed:
                try:
                    task, reply = replies.get(timeout=POLL_S)
                except queue.Empty:
                    continue
                left -= 1
                if reply is None:
                    lost.append(task.folder.name)
                    continue
                yield point_of(reply, run=task.folder.name)
        finally:
            stop.set()
            self._end_workers()
            for seat in seats:
                seat.join()
        if lost and not left:
            raise ChildProcessError(f"The worker died {TRIES} times over: {', '.join(lost)}.")

    def close(self) -> None:
        """End the workers, in the middle of a run if need be."""
        self._closed = True
        self._end_workers()

    def _end_workers(self) -> None:
        with self._lock:
            for process in self._processes:
                process.kill()

    def _serve(self, waiting: deque[SweepTask], replies: queue.Queue[Reply], stop: threading.Event) -> None:
        """Hand tasks to one worker after the other has died, until there are none."""
        process: subprocess.Popen[str] | None = None
        try:
            while not stop.is_set():
                try:
                    task = waiting.popleft()
                except IndexError:
                    return
                reply: object = None
                for _ in range(TRIES):
                    try:
                        process = process or self._hire(stop)
                    except OSError as trouble:
                        reply = {"error": f"no worker can be started: {trouble}"}
                        break
                    if process is None:
                        return
                    reply = _ask(process, task)
                    if reply is not None:
                        break
                    self._dismiss(process)
                    process = None
                replies.put((task, reply))
        finally:
            if process is not None:
                self._dismiss(process)

    def _hire(self, stop: threading.Event) -> subprocess.Popen[str] | None:
        lower = _windows("BELOW_NORMAL_PRIORITY_CLASS") if self._lowered else 0
        paths = (str(PACKAGE_ROOT), os.environ.get("PYTHONPATH", ""))
        with self._lock:
            if stop.is_set() or self._closed:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "vae_core", "worker", "--end-with-input"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
                # Ctrl-C is for us; a worker ends as its input does. In a session of its own, Linux would
                # weigh its priority against nobody.
                process_group=0,
                creationflags=_windows("CREATE_NEW_PROCESS_GROUP") | lower,
            )
            self._processes.add(process)
        if self._lowered:
            _lower(process.pid)
        return process

    def _dismiss(self, process: subprocess.Popen[str]) -> None:
        with self._lock:
            self._processes.discard(process)
        process.kill()
        # On leaving it closes the pipes, where half a task may be stuck, and waits.
        with suppress(OSError), process:
            pass


def _ask(process: subprocess.Popen[str], task: SweepTask) -> object:
    """Return the parsed answer of a worker, or None where it died first."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(task.to_line() + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        return json.loads(line)
    except (OSError, ValueError):  # a broken pipe; half a line, or none
        return None


def _windows(name: str) -> int:
    return int(getattr(subprocess, name, 0))


def _lower(pid: int) -> None:
    """Let everything else on the machine go before a process, where that can be said from outside."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, pid, min(os.getpriority(os.PRIO_PROCESS, 0) + LOWERED, 19))
        except OSError:  # it has died already
            return
