"""What can be asked of a run between two slices."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["step", "rewind", "set", "export", "free", "remove"]


@dataclass(frozen=True)
class Command:
    """Something asked of a run, to be done by a worker between two slices."""

    kind: Kind
    setting: str = ""
    value: Any = None
    folder: Path | None = None
    answer: Future[None] | None = None
