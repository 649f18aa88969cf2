"""What the desk shows of a sweep, and the sweep in memory that it is a view of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vae_core.sweeps.plan import SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.shelf import Visitors, mark_of
from vae_core.sweeps.sitting import Sitting

SweepState = Literal["queued", "running", "finished", "cancelled", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class SweepView:
    """One sweep as everybody may see it at one moment.

    Attributes:
        id: 12 hex digits, the same for the same plan.
        plan: The grid.
        points: Those of the runs that have ended, in the plan's order.
        total: How many runs the plan has.
        state: "stopped" is one that was not finished when the app ended.
        sentence: The state in one plain sentence.
        seconds_left: Estimated from the runs that have ended since it was started last; None before the first
            one, and where nothing is at work.
        owner: A digest of the visitor who may cancel, resume and delete it; None where nobody is known:
            whoever resumes it becomes the owner.
    """

    id: str
    plan: SweepPlan
    points: tuple[SweepPoint, ...]
    total: int
    state: SweepState
    sentence: str
    seconds_left: float | None
    owner: str | None

    def owned_by(self, visitor: str) -> bool:
        """Return whether this visitor may cancel, resume and delete it."""
        return self.owner == mark_of(visitor)


class KnownSweep:
    """A sweep that the desk knows. Used under the desk's lock.

    Attributes:
        id: Its id.
        plan: The grid.
        visitors: Whose it is.
        kept_for: Whose it is on disk; None where that was not written here.
        state: As in its views.
        trouble: Why it failed, in a sentence.
        asked_by: The mark of whoever started it last.
        sitting: The go at it that is under way, also while that ends.
        removed: Whether it is to be deleted once that has ended; nobody sees it any more.
    """

    def __init__(self, identity: str, plan: SweepPlan, visitors: Visitors) -> None:
        """A sweep without points."""
        self.id = identity
        self.plan = plan
        self.visitors = visitors
        self.kept_for: Visitors | None = None
        self.state: SweepState = "stopped"
        self.trouble = ""
        self.asked_by: str | None = None
        self.sitting: Sitting | None = None
        self.removed = False
        self._places = {config: place for place, config in enumerate(plan.configs())}
        self._points: dict[int, SweepPoint] = {}

    @property
    def at_work(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")

    @property
    def complete(self) -> bool:
        """Whether all runs have ended."""
        return len(self._points) == len(self._places)

    def learn(self, points: Iterable[SweepPoint], *, afresh: bool = False) -> None:
        """Add points, or put them in the place of all that were known."""
        if afresh:
            self._points.clear()
        for point in points:
            if point.config in self._places:
                self._points[self._places[point.config]] = point

    def has(self, run: str) -> bool:
        """Whether a run of this id has ended."""
        return any(point.run == run for point in self._points.values())

    def view(self, *, before: int) -> SweepView:
        """Return what it shows.

        Args:
            before: How many sweeps have to end before it begins.
        """
        sitting = self.sitting if self.state == "running" else None
        return SweepView(
            id=self.id,
            plan=self.plan,
            points=tuple(self._points[place] for place in sorted(self._points)),
            total=len(self._places),
            state=self.state,
            sentence=self._sentence(before),
            seconds_left=None if sitting is None else sitting.seconds_left(),
            owner=self.visitors.owner,
        )

    def _sentence(self, before: int) -> str:
        done, total = len(self._points), len(self._places)
        runs = f"{done} of {total} {'run' if total == 1 else 'runs'} {'is' if 1 in (done, total) else 'are'}"
        match self.state:
            case "queued":
                others = "sweep is" if before == 1 else "sweeps are"
                return f"Waiting: {before} {others} before it." if before else "Waiting: it is the next one."
            case "running":
                return f"{runs} done."
            case "finished":
                return "Its only run is done." if total == 1 else f"All {total} runs are done."
            case "cancelled":
                return f"Cancelled: {runs} kept."
            case "stopped":
                return f"Stopped with the app: {runs} kept."
            case "failed":
                return self.trouble
