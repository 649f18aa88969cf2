"""The sweeps that the desk knows: whose each one is, which wait, and how many there may be."""

from __future__ import annotations

from collections import deque

from vae_core.checks import SettingError, refuse
from vae_core.sweeps.plan import SweepPlan
from vae_core.sweeps.shelf import Shelf, Visitors
from vae_core.sweeps.view import KnownSweep, SweepView

MOST_WAITING = 2  # sweeps of one visitor that wait or run
MOST_QUEUED = 8  # of all visitors
MOST_KEPT = 40


class Ledger:
    """The desk's table of sweeps and its queue. Used under the desk's lock.

    The shelf is looked through once, and each sweep on it is read once, when somebody asks for it: many
    points take seconds.
    """

    def __init__(self, shelf: Shelf) -> None:
        """Know nothing yet."""
        self._shelf = shelf
        self.current: KnownSweep | None = None  # the one that is made, or still ending
        # The one that was started last as the last one; one that nobody asked for yet is not read.
        self._sweeps: dict[str, KnownSweep | Visitors] = {}
        self._waiting: deque[KnownSweep] = deque()
        self._looked = False

    def look(self) -> None:
        """Look through the shelf, the first time."""
        if not self._looked:
            self._looked = True
            self._sweeps.update(self._shelf.kept())

    def _get(self, identity: str) -> KnownSweep | None:
        there = self._sweeps.get(identity)
        if not isinstance(there, Visitors):
            return there
        found = self._shelf.read(identity)
        if found is None:
            del self._sweeps[identity]
            return None
        sweep = self._sweeps[identity] = KnownSweep(identity, found[0], there)
        sweep.learn(found[1])
        sweep.state = "finished" if sweep.complete else "stopped"
        return sweep

    def _at_work(self) -> list[KnownSweep]:
        return [there for there in self._sweeps.values() if isinstance(there, KnownSweep) and there.at_work]

    def find(self, identity: str) -> KnownSweep | None:
        """Return the sweep of this id, unless there is none or it is being deleted."""
        sweep = self._get(identity)
        return None if sweep is None or sweep.removed else sweep

    def known(self, identity: str) -> KnownSweep:
        """Return the same, or raise a SettingError."""
        sweep = self.find(identity)
        if sweep is None:
            refuse("sweep", "must be one that is still kept", identity)
        return sweep

    def owned(self, identity: str, mark: str, verb: str) -> KnownSweep:
        """Return the same, or raise a SettingError if it is not this visitor's."""
        sweep = self.known(identity)
        if sweep.visitors.owner != mark:
            raise SettingError(f"sweep: only the browser that asked for it may {verb} it, this one follows.")
        return sweep

    def opened(self, identity: str, plan: SweepPlan) -> KnownSweep:
        """Return the sweep of a plan: the one that is known, or a new one that is not known before it waits.

        Raises:
            SettingError: If it is being deleted.
        """
        sweep = self._get(identity)
        if sweep is None:
            return KnownSweep(identity, plan, Visitors())
        if sweep.removed:
            raise SettingError("sweep: is being deleted; ask for it again in a moment.")
        return sweep

    def go_on(self, sweep: KnownSweep, mark: str) -> None:
        """Have a sweep wait for its turn, if it is at rest and not finished.

        Raises:
            SettingError: If too many do.
        """
        if sweep.at_work or sweep.complete:
            return
        at_work = self._at_work()
        if sum(other.asked_by == mark for other in at_work) >= MOST_WAITING:
            raise SettingError(
                f"sweeps: a visitor may have {MOST_WAITING} that wait or run; cancel one or wait for it."
            )
        if len(at_work) >= MOST_QUEUED:
            raise SettingError(f"sweeps: {MOST_QUEUED} wait or run, and there is no room for more now.")
        sweep.state, sweep.trouble, sweep.asked_by = "queued", "", mark
        self._sweeps.pop(sweep.id, None)
        self._sweeps[sweep.id] = sweep
        self._waiting.append(sweep)

    def next(self) -> KnownSweep | None:
        """Return the sweep whose turn it is, which is now the current one; None if none waits."""
        if not self._waiting:
            return None
        self.current = self._waiting.popleft()
        self.current.state = "running"
        return self.current

    def drop(self, sweep: KnownSweep) -> None:
        """Take a sweep out of the queue, if it is there."""
        if sweep in self._waiting:
            self._waiting.remove(sweep)

    def stop_all(self) -> None:
        """Call all that wait or run stopped."""
        self._waiting.clear()
        for sweep in self._at_work():
            sweep.state = "stopped"

    def at_rest(self) -> list[str]:
        """Return the ids of the sweeps that neither wait nor run, the oldest first."""
        busy = {sweep.id for sweep in (*self._at_work(), self.current) if sweep is not None}
        return [identity for identity in self._sweeps if identity not in busy]

    def surplus(self) -> list[str]:
        """Return the ids of the oldest sweeps that are at rest, as many as there are too many."""
        return self.at_rest()[: max(0, len(self._sweeps) - MOST_KEPT)]

    def forget(self, identity: str) -> None:
        """Know a sweep no longer."""
        del self._sweeps[identity]

    def view(self, sweep: KnownSweep) -> SweepView:
        """Return what a sweep shows now."""
        place = self._waiting.index(sweep) if sweep in self._waiting else 0
        return sweep.view(before=place + (self.current not in (None, sweep)))

    def views(self, mark: str) -> tuple[SweepView, ...]:
        """Return those of the sweeps that a visitor owns or follows, the one started last as the first."""
        theirs = [
            identity
            for identity, there in self._sweeps.items()
            if mark in (there if isinstance(there, Visitors) else there.visitors)
        ]
        found = [self.find(identity) for identity in reversed(theirs)]
        return tuple(self.view(sweep) for sweep in found if sweep is not None)
