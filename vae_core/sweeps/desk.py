"""The desk where visitors of the app ask for sweeps: one queue, one sweep at a time, each somebody's."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from vae_core.checks import SettingError, refuse
from vae_core.engine.factory import EXPECTED_ERRORS
from vae_core.sweeps.folder import run_folder
from vae_core.sweeps.ledger import Ledger
from vae_core.sweeps.plan import SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.runner import Executor, run_sweep
from vae_core.sweeps.shelf import SWEEP_ID, Shelf, mark_of, sweep_id
from vae_core.sweeps.sitting import Sitting
from vae_core.sweeps.view import KnownSweep, SweepView

log = logging.getLogger(__name__)

MOST_RUNS = 64  # of one sweep
MOST_STEPS = 200_000  # of all its runs: an hour or some, while others wait
MOST_BYTES = 4_000_000_000  # of all sweeps, before one begins
CLOSE_S = 2.0


def check_size(plan: SweepPlan) -> None:
    """Refuse a sweep that would keep others waiting for too long.

    Raises:
        SettingError: If it has more than `MOST_RUNS` runs or `MOST_STEPS` steps, or trains for a given time.
    """
    configs = plan.configs()
    steps = sum(config.steps for config in configs)
    if len(configs) > MOST_RUNS:
        refuse("sweep", f"must have at most {MOST_RUNS} runs in the app", len(configs))
    if steps > MOST_STEPS:
        refuse("sweep", f"must have at most {MOST_STEPS:,} steps in all in the app", f"{steps:,}")
    if any(config.stop == "time" for config in configs):
        refuse("stop", "must not be after a time in a sweep of the app", "time")


class SweepDesk:
    """Owns the sweeps that visitors ask for; visitors hold ids.

    **One plan, one sweep.** The first who asks for a plan owns its sweep, and only the owner cancels, resumes
    or deletes it. Others who ask for the same plan follow it. Whoever asks for one that is at rest and not
    finished has it go on: what is finished is never made again.

    **Turns.** First in, first out, one sweep at a time: its executor takes the cores that there are.

    **On disk** each sweep has a folder, so that a new desk on the same folder shows what an earlier one left.
    Each is read once, when somebody first asks for it; after that, looking reads no disk. When there are too
    many, the oldest that are at rest are deleted.
    """

    def __init__(
        self,
        folder: Path,
        *,
        executor: Callable[[], Executor],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start nothing yet.

        Args:
            folder: Where the sweeps lie, made with the first one. One desk a folder.
            executor: Makes the executor of one sweep, which is closed after it.
            clock: Seconds, monotonic; for the time that is left.
        """
        self._shelf = Shelf(folder)
        self._executor = executor
        self._clock = clock
        self._changing = threading.Lock()  # held while folders change; taken before the other one
        self._lock = threading.RLock()  # guards what follows; held for microseconds
        self._news = threading.Condition(self._lock)
        self._ledger = Ledger(self._shelf)
        self._thread: threading.Thread | None = None
        self._closed = False
        atexit.register(self.close)  # its workers must not outlive the interpreter

    # Asking -------------------------------------------------------------------------------------------

    def submit(self, plan: SweepPlan, *, visitor: str) -> str:
        """Queue a sweep, have it go on, or follow it, and return its id.

        Args:
            plan: The grid.
            visitor: Who asks; becomes the owner if nobody is, else a follower.

        Raises:
            SettingError: If it has too many runs, or too many sweeps wait.
        """
        check_size(plan)
        identity = sweep_id(plan)
        with self._changing:
            with self._open():
                sweep = self._ledger.opened(identity, plan)
                self._begin(sweep, mark_of(visitor))
            self._keep(sweep)
        return identity

    def resume(self, identity: str, *, visitor: str) -> None:
        """Have a sweep go on; nothing happens if it waits, runs or is finished.

        Nobody's becomes the visitor's.

        Raises:
            SettingError: If it is not known, is somebody else's, or too many sweeps wait.
        """
        mark = mark_of(visitor)
        with self._changing:
            with self._open():
                sweep = self._ledger.known(identity)
                if sweep.visitors.owner is not None:
                    self._ledger.owned(identity, mark, "resume")
                self._begin(sweep, mark)
            self._keep(sweep)

    def cancel(self, identity: str, *, visitor: str) -> None:
        """End a sweep and keep its finished runs. Returns at once; nothing happens if it is at rest.

        Raises:
            SettingError: If it is not known, or is somebody else's.
        """
        with self._open():
            sweep = self._ledger.owned(identity, mark_of(visitor), "cancel")
            if sweep.at_work:
                self._ledger.drop(sweep)
                sweep.state = "cancelled"
                if sweep.sitting is not None:
                    sweep.sitting.cancel()

    def remove(self, identity: str, *, visitor: str) -> None:
        """Delete a sweep and its runs.

        Raises:
            SettingError: If it is not known, is somebody else's, or runs.
        """
        with self._changing, self._open():
            sweep = self._ledger.owned(identity, mark_of(visitor), "delete")
            if sweep.state == "running":
                raise SettingError("sweep: must be cancelled before it is deleted, it is running.")
            self._ledger.drop(sweep)
            if sweep is self._ledger.current:  # its workers are still ending
                sweep.removed = True
            elif not self._set_aside(identity):
                raise SettingError("sweep: its folder can't be deleted now; the log has the details.")
        self._shelf.tidy()

    # Looking ------------------------------------------------------------------------------------------

    def view(self, identity: str) -> SweepView | None:
        """Return what a sweep shows, or None if there is none of this id; any text may be given."""
        with self._read():
            sweep = self._ledger.find(identity)
            return None if sweep is None else self._ledger.view(sweep)

    def sweeps(self, visitor: str) -> tuple[SweepView, ...]:
        """Return the sweeps that a visitor owns or follows, the one that was started last as the first."""
        mark = mark_of(visitor)
        with self._read():
            return self._ledger.views(mark)

    def run_folder(self, identity: str, run: str) -> Path | None:
        """Return the folder of a finished run of a sweep, or None if there is none; any text may be given."""
        if not (SWEEP_ID.fullmatch(identity) and SWEEP_ID.fullmatch(run)):
            return None
        with self._read():
            sweep = self._ledger.find(identity)
            if sweep is None or not sweep.has(run):
                return None
        return run_folder(self._shelf.path(identity), run)

    def close(self) -> None:
        """End everything, within two seconds. Finished runs stay; it may be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._ledger.stop_all()
            current, thread = self._ledger.current, self._thread
            sitting = None if current is None else current.sitting
            self._news.notify_all()
        atexit.unregister(self.close)
        if sitting is not None:
            sitting.close()
        if thread is not None:
            thread.join(CLOSE_S)

    # Below: private -----------------------------------------------------------------------------------

    @contextmanager
    def _read(self) -> Iterator[None]:
        """The lock, and what lies on disk known."""
        with self._lock:
            self._ledger.look()
            yield

    @contextmanager
    def _open(self) -> Iterator[None]:
        """The same, for something asked of an open desk."""
        with self._read():
            if self._closed:
                raise SettingError("sweep: can't be changed, the app is shutting down.")
            yield

    def _begin(self, sweep: KnownSweep, mark: str) -> None:
        self._ledger.go_on(sweep, mark)
        sweep.visitors = sweep.visitors.joined(mark)
        self._news.notify_all()
        if self._thread is None and sweep.at_work:
            self._hire()

    def _keep(self, sweep: KnownSweep) -> None:
        """Write whose a sweep is, if that is new."""
        if sweep.kept_for == sweep.visitors:
            return
        try:
            self._shelf.keep(sweep.id, sweep.plan, sweep.visitors)
        except OSError:
            log.warning("it can't be written whose sweep %s is", sweep.id, exc_info=True)
        else:
            sweep.kept_for = sweep.visitors

    def _set_aside(self, identity: str) -> bool:
        """Forget a sweep and have it deleted, unless the disk refuses."""
        try:
            self._shelf.set_aside(identity)
        except OSError:
            log.warning("sweep %s can't be deleted", identity, exc_info=True)
            return False
        self._ledger.forget(identity)
        return True

    # The thread ---------------------------------------------------------------------------------------

    def _hire(self) -> None:
        self._thread = threading.Thread(target=self._work, name="sweep desk", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        """Make sweep after sweep. An error that nobody expected ends this thread, and another goes on."""
        home = False
        try:
            while (begun := self._next()) is not None:
                self._sit(*begun)
            home = True
        finally:
            with self._lock:
                if not (home or self._closed):
                    self._hire()

    def _next(self) -> tuple[KnownSweep, Sitting] | None:
        with self._lock:
            while not self._closed:
                sweep = self._ledger.next()
                if sweep is not None:
                    sweep.sitting = Sitting(self._executor, clock=self._clock)
                    return sweep, sweep.sitting
                self._news.wait()
            return None

    def _sit(self, sweep: KnownSweep, sitting: Sitting) -> None:
        trouble, points = "Stopped by an unexpected error; the log has the details.", None
        try:
            self._make_room()
            with closing(sitting):
                points = run_sweep(
                    sweep.plan,
                    self._shelf.path(sweep.id),
                    executor=sitting,
                    on_point=lambda point: self._learn(sweep, point),
                    cancelled=sitting.cancelled,
                )
            trouble = "Stopped before its end: some of its runs were not made."
        except EXPECTED_ERRORS as error:
            log.warning("sweep %s failed", sweep.id, exc_info=True)
            said = str(error) or type(error).__name__
            plain = isinstance(error, SettingError | ChildProcessError)
            trouble = said if plain else f"Stopped by an error: {said.rstrip('.')}."
        finally:
            self._end(sweep, points, trouble)

    def _learn(self, sweep: KnownSweep, point: SweepPoint) -> None:
        with self._lock:
            sweep.learn([point])

    def _end(self, sweep: KnownSweep, points: tuple[SweepPoint, ...] | None, trouble: str) -> None:
        with self._changing, self._lock:
            self._ledger.current = sweep.sitting = None
            if points is not None:
                sweep.learn(points, afresh=True)
            # Where the disk refuses to delete it, it is seen again.
            sweep.removed = sweep.removed and self._set_aside(sweep.id)
            if sweep.state != "queued" and sweep.complete:
                sweep.state = "finished"
            elif sweep.state == "running":
                sweep.state, sweep.trouble = "failed", trouble
        if sweep.removed:
            self._shelf.tidy()

    def _make_room(self) -> None:
        """Delete the oldest sweeps beyond as many as are kept, and what was set aside before."""
        with self._changing, self._lock:
            for identity in self._ledger.surplus():
                log.info("deleting sweep %s, the oldest of too many", identity)
                self._set_aside(identity)
            for identity in self._shelf.beyond(MOST_BYTES, self._ledger.at_rest()):
                log.info("deleting sweep %s, the oldest of those that fill the disk", identity)
                self._set_aside(identity)
        self._shelf.tidy()
