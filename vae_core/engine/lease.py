"""Who owns a run, who follows it, who is there at all. Pure bookkeeping: the time is an argument."""

from __future__ import annotations


class Lease:
    """The visitors of one run.

    Each sign of life renews a visitor's lease for `grace_s` seconds. An owner whose lease is over owns no
    longer; a run that nobody has a lease on is deserted.
    """

    def __init__(self, *, grace_s: float, now: float) -> None:
        """Start without an owner."""
        self.owner: str | None = None
        self.last_owner: str | None = None
        self.last_touch = now
        self._grace_s = grace_s
        self._seen: dict[str, float] = {}

    def touch(self, visitor: str, now: float) -> None:
        """Renew the lease of a visitor who looks at the run."""
        self._seen[visitor] = now
        self.last_touch = now

    def take(self, visitor: str, now: float) -> None:
        """Renew the lease, and become the owner if nobody is."""
        self.touch(visitor, now)
        if self.owner is None:
            self.owner = self.last_owner = visitor

    def release(self, visitor: str, now: float) -> None:
        """A session of this visitor ended: an owner's grace begins now, a follower is gone.

        Another session of the same visitor that is still open touches the run again, and nothing is lost.
        """
        if visitor == self.owner:
            self._seen[visitor] = now
        else:
            self._seen.pop(visitor, None)

    def expire(self, now: float) -> None:
        """Forget everybody whose lease is over."""
        self._seen = {visitor: seen for visitor, seen in self._seen.items() if now - seen < self._grace_s}
        if self.owner not in self._seen:
            self.owner = None

    @property
    def followers(self) -> int:
        """Visitors with a lease, the owner not counted."""
        return len(self._seen) - (self.owner in self._seen)

    @property
    def deserted(self) -> bool:
        """Whether nobody has a lease."""
        return not self._seen

    def knows(self, visitor: str) -> bool:
        """Whether this visitor owns the run, was the last to own it, or follows it."""
        return visitor in self._seen or visitor in (self.owner, self.last_owner)


class Presence:
    """When each visitor last gave a sign of life, whatever it was about."""

    def __init__(self, *, grace_s: float) -> None:
        self._grace_s = grace_s
        self._seen: dict[str, float] = {}

    def touch(self, visitor: str, now: float) -> None:
        """A sign of life."""
        self._seen[visitor] = now

    def visitors(self, now: float) -> frozenset[str]:
        """Those seen within the grace; the others are forgotten."""
        self._seen = {visitor: seen for visitor, seen in self._seen.items() if now - seen < self._grace_s}
        return frozenset(self._seen)
