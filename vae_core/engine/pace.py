"""Runs in step: none that trains goes on to the next rung before the others have reached theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vae_core.engine.turns import Task, Turns

RUNG = 10
"""Steps."""


class Paced(Task, Protocol):
    """A run that may keep in step with others."""

    pace: Pace

    @property
    def may_train(self) -> bool:
        """Whether it is to be trained; the others don't wait for one that isn't."""

    @property
    def steps_done(self) -> int:
        """Where it stands."""

    def pause(self) -> None:
        """Stop training."""


class Pace:
    """Some runs that keep in step, each in one pace at a time. Used under the engine's lock."""

    def __init__(self, turns: Turns, members: Sequence[Paced]) -> None:
        """Join the members; one alone is held back by nobody."""
        self._turns = turns
        self._members = list(members)
        self._halt_at: int | None = None

    @classmethod
    def join(cls, turns: Turns, members: Sequence[Paced]) -> None:
        """Let runs keep in step from here on; each leaves the pace that it was in."""
        for member in members:
            member.pace.leave(member)
        pace = cls(turns, members)
        for member in members:
            member.pace = pace

    def steps(self, member: Paced) -> int | None:
        """How many steps a member may take at once: 0 while it waits, None where nobody sets the pace."""
        training = self._training(member)
        if len(training) == 1 and self._halt_at is None:
            return None
        rung = self._next_rung(training)
        return max(0, (rung if self._halt_at is None else min(rung, self._halt_at)) - member.steps_done)

    def halt(self) -> None:
        """Pause all at the same step: those behind catch up first."""
        training = [member for member in self._members if member.may_train]
        if not training:
            return
        # Nobody is beyond the rung that the slowest is on its way to.
        self._halt_at = self._next_rung(training)
        for member in training:
            if self.over(member):
                member.pause()
        self.go_on()

    def over(self, member: Paced) -> bool:
        """Whether a member has come to where all halt."""
        return self._halt_at is not None and member.steps_done >= self._halt_at

    def resume(self) -> None:
        """Somebody is started: nobody halts."""
        self._halt_at = None

    def leave(self, member: Paced) -> None:
        """Take a member out; nobody waits for it here any more."""
        if member in self._members:
            self._members.remove(member)
        self.go_on()

    def go_on(self) -> None:
        """Queue the members that have something to do: they may have waited for what has just happened."""
        for member in self._members:
            self._turns.ask(member)

    def _training(self, member: Paced) -> list[Paced]:
        return [member, *(other for other in self._members if other is not member and other.may_train)]

    def _next_rung(self, members: Sequence[Paced]) -> int:
        return (min(member.steps_done for member in members) // RUNG + 1) * RUNG
