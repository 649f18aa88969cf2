"""Runs in step: none that trains goes on to the next rung before the others have reached theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vae_core.engine.turns import Task, Turns

RUNG = 10
"""Steps."""


class Paced(Task, Protocol):
    """A run that may keep in step with others."""

    @property
    def may_train(self) -> bool:
        """Whether it is to be trained; the others don't wait for one that isn't."""

    @property
    def steps_done(self) -> int:
        """Where it stands."""


class Pace:
    """Some runs that keep in step; everything is asked under the engine's lock."""

    def __init__(self, turns: Turns, members: Sequence[Paced]) -> None:
        """Join the members; one alone is held back by nobody."""
        self._turns = turns
        self._members = tuple(members)

    def steps(self, member: Paced) -> int | None:
        """How many steps a member may take at once: 0 while it waits, None where nobody sets the pace."""
        others = [other for other in self._members if other is not member and other.may_train]
        if not others:
            return None
        slowest = min(member.steps_done, *(other.steps_done for other in others))
        return max(0, (slowest // RUNG + 1) * RUNG - member.steps_done)

    def go_on(self) -> None:
        """Queue the members that have something to do: they may have waited for what has just happened."""
        for member in self._members:
            self._turns.ask(member)
