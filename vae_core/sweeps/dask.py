"""Runs on a Dask cluster: a scheduler's address is all that it takes, and `distributed` installed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

from vae_core.checks import refuse
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.task import SweepTask, answer_with_files, take_in

ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}")
CONNECT_S = 10
RETRIES = 2
POLL_S = 0.05


class DaskExecutor:
    """Makes runs on the workers of a scheduler; their files come back and are written here.

    Every worker needs this package in the same version. A worker that dies loses only the run that it was
    at, which Dask gives to another. A run that has begun when a sweep is cancelled goes on to its end there.
    Whoever reaches a Dask scheduler can run anything on its workers: keep it on a network of your own.
    """

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: Of the scheduler, as in "tcp://10.0.0.5:8786".

        Raises:
            SettingError: If that is no address, nobody answers there, or `distributed` is not installed.
        """
        if not isinstance(address, str) or ADDRESS.fullmatch(address) is None:
            refuse("scheduler", "must be an address like tcp://10.0.0.5:8786", address)
        try:
            from distributed import Client
        except ImportError:
            refuse("scheduler", "needs the package distributed (pip install distributed)", address)
        try:
            self._client: Any = Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, ValueError):
            refuse("scheduler", "must be the address of a Dask scheduler that answers", address)
        self._closed = False

    def completed(
        self, tasks: Sequence[SweepTask], *, cancelled: Callable[[], bool]
    ) -> Generator[SweepPoint, None, None]:
        """Make the runs on as many workers as the scheduler has.

        Raises:
            ChildProcessError: If a run could not be made.
            OSError: If the disk here refuses.
        """
        waiting = {
            self._client.submit(
                answer_with_files, task.config.to_json(), pure=False, retries=RETRIES, priority=-place
            ): task
            for place, task in enumerate(tasks)
        }
        try:
            while waiting and not cancelled() and not self._closed:
                ended = [future for future in waiting if future.done()]
                for future in ended:
                    task = waiting.pop(future)
                    yield take_in(_reply(future, task), task.folder, run=task.folder.name)
                    future.release()
                if not ended:
                    time.sleep(POLL_S)
        finally:
            self._client.cancel(list(waiting))

    def close(self) -> None:
        """Leave the scheduler; its workers are not ours to end."""
        if not self._closed:
            self._closed = True
            self._client.close()


def _reply(future: Any, task: SweepTask) -> tuple[str, bytes]:
    if future.status == "finished":
        reply: tuple[str, bytes] = future.result()
        return reply
    why = future.exception() if future.status == "error" else "the scheduler is gone"
    raise ChildProcessError(f"Dask could not make run {task.folder.name}: {why}")
