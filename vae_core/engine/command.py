"""What can be asked of a run between two slices."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vae_core.checks import SettingError

Kind = Literal["step", "rewind", "set", "export", "save", "free", "remove"]


@dataclass(frozen=True)
class Command:
    """Something asked of a run, to be done by a worker between two slices."""

    kind: Kind
    setting: str = ""
    value: Any = None
    folder: Path | None = None
    answer: Future[None] | None = None


class Inbox:
    """What was asked and is not done yet, in order. Used under the engine's lock."""

    def __init__(self) -> None:
        self._commands: deque[Command] = deque()

    def __len__(self) -> int:
        """How many."""
        return len(self._commands)

    def has(self, kind: Kind) -> bool:
        """Whether something of this kind waits."""
        return any(command.kind == kind for command in self._commands)

    def add(self, command: Command) -> None:
        """Append; of several changes of one setting in a row (a drag) the last one replaces the others."""
        last = self._commands[-1] if self._commands else None
        if (
            command.kind == "set"
            and last is not None
            and (last.kind, last.setting) == ("set", command.setting)
        ):
            self._commands.pop()
        self._commands.append(command)

    def next(self) -> Command | None:
        """Take the next one out."""
        return self._commands.popleft() if self._commands else None

    def refuse_all(self, sentence: str) -> None:
        """Empty it; whoever waits for an answer gets a SettingError."""
        while (command := self.next()) is not None:
            if command.answer is not None:
                command.answer.set_exception(SettingError(f"run: {sentence}"))
