"""The runs in memory: who gets which, who may control it, and how many there may be."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from vae_core.checks import SettingError, refuse
from vae_core.data import Dataset
from vae_core.engine.factory import RunFactory
from vae_core.engine.host import Host
from vae_core.engine.hosted import HostedRun
from vae_core.engine.lease import Lease
from vae_core.engine.storage import Storage
from vae_core.engine.turns import Turns
from vae_core.engine.view import RunView
from vae_core.training.config import TrainConfig

MAX_SAVED = 500  # checkpoints kept on disk
MAX_SAVED_BYTES = 2_000_000_000  # in all
FIRST_VIEW_S = 30.0  # how long a new run may take until there is something to show


class House:
    """The engine's table of runs. Every method is called under the engine's lock, and none takes long.

    Args:
        folder: where checkpoints go.
        lock: the engine's.
        turns: the queue for slices.
        parallel: how many slices are worked on at the same time.
        factory: makes the runs.
        clock: seconds, monotonic.
        grace_s: how long a lease lasts.
        max_runs: runs in memory.
        max_runs_per_visitor: runs in memory with the same owner.
        slice_s: seconds of training per slice.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lock: threading.RLock,
        turns: Turns,
        parallel: int,
        factory: RunFactory,
        clock: Callable[[], float],
        grace_s: float,
        max_runs: int,
        max_runs_per_visitor: int,
        slice_s: float,
    ) -> None:
        self.closed = False
        self.storage = Storage(folder, limit=MAX_SAVED, max_bytes=MAX_SAVED_BYTES)
        self._lock = lock
        self._changed = threading.Condition(lock)
        self._turns = turns
        self._parallel = parallel
        self._clock = clock
        self._grace_s = grace_s
        self._max_runs = max_runs
        self._max_runs_per_visitor = max_runs_per_visitor
        self._runs: dict[str, HostedRun] = {}
        self._host = Host(
            lock=lock,
            changed=self._changed,
            turns=turns,
            factory=factory,
            storage=self.storage,
            clock=clock,
            versions=itertools.count(1),
            crowding=self._crowding,
            forget=self._forget,
            slice_s=slice_s,
        )

    def __iter__(self) -> Iterator[HostedRun]:
        """The runs in the order in which they came, those being deleted included."""
        return iter(tuple(self._runs.values()))

    def visible(self, run_id: str) -> HostedRun | None:
        """The run of this id, if it is known and not being deleted."""
        hosted = self._runs.get(run_id)
        return None if hosted is None or hosted.removed else hosted

    def settled(self, run_id: str) -> HostedRun | None:
        """The same, once a run of this id that is being deleted is gone; waits for that without the lock."""
        self._changed.wait_for(lambda: not self._being_removed(run_id), FIRST_VIEW_S)
        return self.visible(run_id)

    def views(self, visitor: str) -> tuple[RunView, ...]:
        """What the runs show that a visitor owns, owned last, or follows; the newest first."""
        known = [hosted for hosted in self if hosted.lease.knows(visitor) and not hosted.removed]
        return tuple(hosted.view for hosted in reversed(known) if hosted.view is not None)

    def known(self, run_id: str) -> HostedRun:
        """The same, or a SettingError."""
        hosted = self.visible(run_id)
        if hosted is None:
            refuse("run", "must be one that the engine knows", run_id)
        return hosted

    def identity_for(self, plain: str, visitor: str, *, saved_is_changed: bool) -> str:
        """The id under which a visitor gets the run of a config.

        It is `plain`, unless the run there was changed by hand and this visitor doesn't own it.
        """
        hosted = self.visible(plain)
        if hosted is not None and hosted.lease.owner == visitor:
            return plain
        changed = saved_is_changed if hosted is None else hosted.changed_by_hand
        return f"{plain}-{hashlib.sha256(visitor.encode()).hexdigest()[:6]}" if changed else plain

    def bring(
        self, identity: str, visitor: str, *, config: TrainConfig | None, dataset: Dataset | None
    ) -> HostedRun:
        """The run of this id with a first view, made or restored if need be; the visitor gets a lease.

        Waits, without the lock, for the first view.

        Raises:
            SettingError: if it can't be made or restored, or there are too many.
        """
        self.settled(identity)
        hosted = self._runs.get(identity)
        if hosted is None or (hosted.view is None and hosted.trouble is not None):
            self._make_room(visitor)
            lease = Lease(grace_s=self._grace_s, now=self._clock())
            hosted = HostedRun(identity, self._host, lease=lease, config=config, dataset=dataset)
            self._runs[identity] = hosted
        self._lend(hosted, visitor)
        self._turns.ask(hosted)
        self._await_view(hosted)
        return hosted

    def controlled(self, run_id: str, visitor: str, verb: str, *, in_memory: bool = True) -> HostedRun:
        """The run, if this visitor may control it; nobody's run becomes the visitor's.

        Args:
            run_id: which one.
            visitor: who asks.
            verb: what for, to say what is refused.
            in_memory: whether the run has to be in memory for it, so that there must be room.

        Raises:
            SettingError: if it is not known, somebody else's, or there are too many.
        """
        hosted = self.known(run_id)
        self._lend(hosted, visitor)
        if hosted.lease.owner != visitor:
            raise SettingError(f"run: only the browser that started it may {verb} it, this one follows.")
        if in_memory and not hosted.live:
            self._make_room(visitor)
        return hosted

    def touch(self, run_id: str, visitor: str) -> None:
        """Renew a visitor's lease of a run; the last owner becomes the owner again if nobody is."""
        hosted, now = self.visible(run_id), self._clock()
        if hosted is None:
            return
        if hosted.lease.last_owner == visitor:
            hosted.lease.take(visitor, now)
        else:
            hosted.lease.touch(visitor, now)
        hosted.refresh_visitors()

    def release(self, visitor: str) -> None:
        """Begin the grace of all runs of a visitor."""
        now = self._clock()
        for hosted in self:
            hosted.lease.release(visitor, now)
            hosted.refresh_visitors()

    def expire(self) -> None:
        """End the leases that are over; free what nobody looks at, save what has changed for a while."""
        now = self._clock()
        for hosted in self:
            hosted.lease.expire(now)
            hosted.refresh_visitors()
            if hosted.lease.deserted:
                hosted.free("Nobody was looking, so it was paused and saved.")
            else:
                hosted.keep_safe()
        self._forget_old_views()

    def ids(self) -> frozenset[str]:
        """All ids in memory."""
        return frozenset(self._runs)

    def wake_waiters(self) -> None:
        """Tell those who wait for a first view that there will be none."""
        self._changed.notify_all()

    def _lend(self, hosted: HostedRun, visitor: str) -> None:
        now = self._clock()
        hosted.lease.expire(now)
        hosted.lease.take(visitor, now)
        hosted.refresh_visitors()

    def _being_removed(self, identity: str) -> bool:
        hosted = self._runs.get(identity)
        return hosted is not None and hosted.removed and not self.closed

    def _await_view(self, hosted: HostedRun) -> None:
        def settled() -> bool:
            known = hosted.view is not None or hosted.trouble is not None
            return known or hosted.removed or self.closed

        self._changed.wait_for(settled, FIRST_VIEW_S)
        if hosted.view is None and hosted.trouble is not None:
            if self._runs.get(hosted.id) is hosted:
                self._forget(hosted.id)
            raise SettingError(hosted.trouble)

    def _make_room(self, visitor: str) -> None:
        live = [hosted for hosted in self if hosted.live]
        own = [hosted for hosted in live if hosted.lease.owner == visitor]
        if len(own) >= self._max_runs_per_visitor:
            self._free_one(own, f"a visitor may have {self._max_runs_per_visitor}")
        elif len(live) >= self._max_runs:
            self._free_one(live, f"the server has room for {self._max_runs}")

    def _free_one(self, candidates: list[HostedRun], limit: str) -> None:
        idle = [hosted for hosted in candidates if not hosted.wants_turn]
        if not idle:
            raise SettingError(
                f"runs: {limit} at once, and all of them are at work; pause or stop one first."
            )
        min(idle, key=lambda hosted: hosted.lease.last_touch).free("")

    def _forget_old_views(self) -> None:
        """Drop the views of freed runs that nobody looks at, beyond as many as there may be runs."""
        resting = [hosted for hosted in self if not hosted.live and not hosted.scheduled]
        resting.sort(key=lambda hosted: hosted.lease.last_touch)
        for hosted in resting[: max(0, len(resting) - self._max_runs)]:
            if hosted.lease.deserted:
                self._forget(hosted.id)

    def _forget(self, run_id: str) -> None:
        with self._lock:
            self._runs.pop(run_id, None)
            self._changed.notify_all()

    def _crowding(self) -> float:
        threads = [hosted.threads for hosted in self._runs.values() if hosted.training]
        return max(1.0, sum(threads) / self._turns.capacity, len(threads) / self._parallel)
