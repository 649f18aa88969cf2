"""The engine: every run and every long job of the process, on a few workers that take fair turns."""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from vae_core.checks import SettingError, refuse
from vae_core.data import Dataset
from vae_core.engine.board import JobBoard
from vae_core.engine.factory import RunFactory
from vae_core.engine.hosted import HostedRun
from vae_core.engine.house import House
from vae_core.engine.jobs import Work
from vae_core.engine.lease import Presence
from vae_core.engine.pace import Pace
from vae_core.engine.turns import Turns
from vae_core.engine.view import JobView, RunView
from vae_core.engine.worker import Crew
from vae_core.training.config import LIVE_SETTINGS, TrainConfig

log = logging.getLogger(__name__)

SLICE_S = 0.1
JANITOR_S = 5.0
EXPORT_S = 60.0


class Engine:
    """Owns runs and jobs; visitors hold ids and leases.

    **Turns.** Every started run and job gets slices of a tenth of a second, first in, first out, so that
    everybody moves. A slice uses the number of threads that the run was born with, and the threads in use
    never exceed the cores.

    **One config, one run.** Submitting a config that is there already gives the run that is there, to be
    followed. There is one exception: a run that was changed by hand (β dragged, say) is no longer what its
    config says. Whoever submits that config without owning that run gets a run of their own, whose id ends in
    a digest of the visitor.

    **Ownership.** The first visitor to submit, open or control a run that nobody owns is its owner, and only
    the owner controls it. A visitor is taken for gone when `touch` was not called for `grace_s` seconds (90 s
    by default), counted from `release` if that came. A run without any visitor is paused, saved to
    `folder/<run id>` and freed; its last view stays for a while, and the next `open`, `submit` or control
    brings it back, paused, exactly where it stopped. A run that changed is saved every half minute, too.

    Readers (`view`, `runs`, `queue`) and controls never wait for a slice. `submit` and `open` return once
    there is something to show, and `export` when the copy is written.
    """

    def __init__(
        self,
        *,
        folder: Path,
        workers: int | None = None,
        grace_s: float = 90.0,
        clock: Callable[[], float] = time.monotonic,
        run_factory: RunFactory | None = None,
        max_runs: int = 24,
        max_runs_per_visitor: int = 8,
        slice_s: float = SLICE_S,
    ) -> None:
        """Start the workers.

        Args:
            folder: where checkpoints go.
            workers: slices at the same time; two at most by default, as more are no faster on small models.
            grace_s: seconds without a sign of life after which a visitor is gone.
            clock: seconds, monotonic; for leases and the pace of views.
            run_factory: makes the runs; real ones by default.
            max_runs: runs in memory; beyond, the one that has been idle longest is saved and freed.
            max_runs_per_visitor: the same, of one owner.
            slice_s: seconds of training per slice.
        """
        cores = os.cpu_count() or 1
        workers = min(2, cores) if workers is None else workers
        self._clock = clock
        self._lock = threading.RLock()
        self._factory = RunFactory() if run_factory is None else run_factory
        self._turns = Turns(self._lock, capacity=max(cores, workers))
        self._house = House(
            folder,
            lock=self._lock,
            turns=self._turns,
            parallel=workers,
            factory=self._factory,
            clock=clock,
            grace_s=grace_s,
            max_runs=max_runs,
            max_runs_per_visitor=max_runs_per_visitor,
            slice_s=slice_s,
        )
        self._jobs = JobBoard(self._lock, self._turns, slice_s=slice_s)
        self._presence = Presence(grace_s=grace_s)
        self._closing = threading.Event()
        with self._lock:
            self._crew = Crew(self._turns, self._lock, size=workers)
        self._janitor = threading.Thread(target=self._sweep_now_and_then, name="engine janitor", daemon=True)
        self._janitor.start()
        atexit.register(self.close)  # a thread that trains must not outlive the interpreter

    # Runs: getting one --------------------------------------------------------------------------------

    def submit(self, config: TrainConfig, *, visitor: str, dataset: Dataset | None = None) -> str:
        """The id of the run of this config: new, restored, or the one that is there already.

        Args:
            config: the settings.
            visitor: who asks; becomes the owner if nobody owns the run, else a follower.
            dataset: the data, if it is not one that the config can name (an upload).

        Raises:
            SettingError: if the run can't be made, or there are too many.
        """
        data = self._factory.dataset(config) if dataset is None else dataset
        plain = self._factory.identify(config, data)
        folder = self._house.storage.path(plain)
        saved_is_changed = self._house.storage.has(plain) and self._factory.changed_by_hand(folder)
        with self._at_work(visitor):
            identity = self._house.identity_for(plain, visitor, saved_is_changed=saved_is_changed)
            return self._house.bring(identity, visitor, config=config, dataset=data).id

    def open(self, run_id: str, *, visitor: str) -> bool:
        """Find a run again, in memory or on disk; the visitor becomes its owner if nobody is.

        Raises:
            SettingError: if its checkpoint can't be read, or there are too many runs.
        """
        with self._at_work(visitor):
            if self._house.visible(run_id) is None and not self._house.storage.has(run_id):
                return False
            self._house.bring(run_id, visitor, config=None, dataset=None)
            return True

    def adopt(self, folder: Path, *, visitor: str) -> str:
        """Copy a run that was saved elsewhere, open the copy, and return its id; a run known here stays.

        Raises:
            SettingError: if the folder holds no run that can be read, or there are too many.
            OSError: if the disk refuses.
        """
        config = self._factory.restore(folder, None).config
        run_id = self._factory.identify(config, self._factory.dataset(config))
        with self._at_work(visitor):
            known = self._house.settled(run_id) is not None
        if not known:
            self._house.storage.take_in(folder, run_id)
        self.open(run_id, visitor=visitor)
        return run_id

    def touch(self, run_id: str, *, visitor: str) -> None:
        """A visitor still looks: renew the lease. An id that is not known is ignored."""
        with self._lock:
            self._presence.touch(visitor, self._clock())
            self._house.touch(run_id, visitor)

    def release(self, visitor: str) -> None:
        """A session of this visitor ended: the grace begins. Returns at once."""
        with self._lock:
            self._house.release(visitor)

    # Runs: looking ------------------------------------------------------------------------------------

    def view(self, run_id: str) -> RunView | None:
        """What a run shows; None if the engine doesn't know it (any more: `open` may bring it back)."""
        with self._lock:
            hosted = self._house.visible(run_id)
            return None if hosted is None else hosted.view

    def runs(self, visitor: str) -> tuple[RunView, ...]:
        """The runs that a visitor owns, owned last, or follows; the newest first."""
        with self._lock:
            return self._house.views(visitor)

    def queue(self) -> tuple[str, ...]:
        """The ids of runs that were started and wait for their first turn, next one first."""
        with self._lock:
            return tuple(t.id for t in self._turns.waiting() if isinstance(t, HostedRun) and t.waiting)

    # Runs: controls, for the owner --------------------------------------------------------------------

    def start(self, run_id: str, *, visitor: str) -> None:
        """Train. Raises SettingError for a follower, or a run that has ended."""
        with self._at_work(visitor):
            hosted = self._house.controlled(run_id, visitor, "start")
            hosted.pace.resume()
            hosted.start()

    def keep_in_step(self, run_ids: Sequence[str], *, visitor: str) -> None:
        """From here on none of these trains far beyond another that trains. SettingError for a follower."""
        with self._at_work(visitor):
            runs = [self._house.controlled(run_id, visitor, "join", in_memory=False) for run_id in run_ids]
            Pace.join(self._turns, runs)

    def halt_together(self, run_ids: Sequence[str], *, visitor: str) -> None:
        """Pause runs that keep in step, all at the same step. SettingError for a follower."""
        with self._at_work(visitor):
            runs = [self._house.controlled(run_id, visitor, "pause", in_memory=False) for run_id in run_ids]
            for pace in {hosted.pace for hosted in runs}:
                pace.halt()

    def pause(self, run_id: str, *, visitor: str) -> None:
        """Pause within a slice. Raises SettingError for a follower."""
        with self._at_work(visitor):
            self._house.controlled(run_id, visitor, "pause", in_memory=False).pause()

    def stop(self, run_id: str, *, visitor: str) -> None:
        """Call it finished here. Raises SettingError for a follower."""
        with self._at_work(visitor):
            self._house.controlled(run_id, visitor, "stop", in_memory=False).stop()

    def step(self, run_id: str, *, visitor: str) -> None:
        """One step, then paused. Raises SettingError for a follower, or a run that has ended."""
        with self._at_work(visitor):
            self._house.controlled(run_id, visitor, "step").step_once()

    def rewind(self, run_id: str, *, visitor: str) -> None:
        """Back to the same initial weights, paused. Raises SettingError for a follower."""
        with self._at_work(visitor):
            self._house.controlled(run_id, visitor, "reset").rewind()

    def set(self, run_id: str, setting: str, value: Any, *, visitor: str) -> None:
        """Change a setting while it trains.

        Raises:
            SettingError: for a follower, a run that has ended, a setting that needs a fresh start, or a value
                out of bounds.
        """
        if setting not in LIVE_SETTINGS:
            allowed = ", ".join(LIVE_SETTINGS)
            refuse("setting", f"must be one that may change while a run trains ({allowed})", setting)
        with self._at_work(visitor):
            hosted = self._house.controlled(run_id, visitor, "change")
            if hosted.view is not None:
                replace(hosted.view.config, **{setting: value})  # the config checks the value
            hosted.set(setting, value)

    def remove(self, run_id: str, *, visitor: str) -> None:
        """Delete a run, on disk too. Raises SettingError for a follower."""
        with self._at_work(visitor):
            hosted = self._house.controlled(run_id, visitor, "delete", in_memory=False)
            hosted.remove()
            hosted.pace.leave(hosted)

    def export(self, run_id: str, folder: Path) -> None:
        """Save a copy of a run into `folder`, and return when it is written.

        Raises:
            SettingError: if the run is not known.
            OSError: if it can't be written.
            TimeoutError: if it takes more than a minute.
        """
        with self._at_work():
            answer = self._house.known(run_id).export(folder)
        answer.result(timeout=EXPORT_S)

    # Jobs ---------------------------------------------------------------------------------------------

    def submit_job(self, name: str, work: Work, *, visitor: str) -> str:
        """Queue a long job and return its id.

        `work(control)` is a generator function that yields between chunks (each `next` is a part of a slice)
        and returns the result; it reports by `control.progress(fraction, sentence)`. A job whose visitor is
        gone is cancelled.

        Raises:
            SettingError: if this visitor has too many jobs at work.
        """
        with self._at_work(visitor):
            return self._jobs.submit(name, work, visitor)

    def job(self, job_id: str) -> JobView | None:
        """What a job shows; None if it is not known (any more). Looking keeps it alive."""
        with self._lock:
            job = self._jobs.find(job_id)
            if job is None:
                return None
            self._presence.touch(job.visitor, self._clock())
            return job.view

    def cancel(self, job_id: str) -> None:
        """End a job before its next chunk; nothing happens if it has ended."""
        with self._lock:
            job = self._jobs.find(job_id)
            if job is not None:
                job.cancel()

    # Housekeeping -------------------------------------------------------------------------------------

    def janitor(self) -> None:
        """See to leases that are over and to what nobody needs; a thread calls it every few seconds."""
        with self._lock:
            self._house.expire()
            self._jobs.drop_all_but_of(self._presence.visitors(self._clock()))
            keep = self._house.ids()
        try:
            self._house.storage.prune(keep)
        except OSError:
            log.warning("old checkpoints could not be deleted", exc_info=True)

    def close(self) -> None:
        """Stop the workers (within two seconds) and save what was not saved."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
            self._house.closed = True
            self._turns.close()
            self._house.wake_waiters()
            workers = tuple(self._crew)
        atexit.unregister(self.close)
        until = time.monotonic() + 2.0
        for thread in (*workers, self._janitor):
            thread.join(max(0.0, until - time.monotonic()))
        at_work = [worker.task for worker in workers if worker.is_alive()]
        for hosted in self._house:
            if hosted in at_work:
                log.warning("run %s is in the middle of a long slice and was not saved", hosted.id)
            else:
                hosted.shut()

    def __enter__(self) -> Self:
        """For notebooks and tests: closed at the end of the block."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close."""
        self.close()

    @contextmanager
    def _at_work(self, visitor: str | None = None) -> Iterator[None]:
        """The lock, for something asked of an open engine by a visitor who is there."""
        with self._lock:
            if self._closing.is_set():
                raise SettingError("engine: must be running, and it is shutting down.")
            if visitor is not None:
                self._presence.touch(visitor, self._clock())
            yield

    def _sweep_now_and_then(self) -> None:
        while not self._closing.wait(JANITOR_S):
            self.janitor()
