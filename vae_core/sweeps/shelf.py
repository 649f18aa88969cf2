"""The sweeps that visitors of the app asked for, on disk: a folder each, named by its id.

Beside the plan and the runs, as `folder` says, lies visitors.json: digests of who asked for the sweep and of
who follows it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vae_core.checks import SettingError
from vae_core.sweeps.folder import PLAN, read_sweep, write_plan
from vae_core.sweeps.plan import SweepPlan
from vae_core.sweeps.point import SweepPoint

log = logging.getLogger(__name__)

SWEEP_ID = re.compile(r"[0-9a-f]{12}")
MARK = re.compile(r"[0-9a-f]{16}")
VISITORS = "visitors.json"
MOST_FOLLOWERS = 200
MAX_BYTES = 20_000
SET_ASIDE = ".deleted-"


def sweep_id(plan: SweepPlan) -> str:
    """Return 12 hex digits: the same plan has the same id."""
    return hashlib.sha256(plan.to_json().encode()).hexdigest()[:12]


def mark_of(visitor: str) -> str:
    """Return what stands for a visitor in memory and on disk: the token itself is a secret."""
    return hashlib.sha256(visitor.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Visitors:
    """Who a sweep belongs to, and who follows it, as marks.

    Attributes:
        owner: The first who asked for it; None where nobody is known to have.
        followers: Others who did, the last ones last.
    """

    owner: str | None = None
    followers: tuple[str, ...] = ()

    def __contains__(self, mark: object) -> bool:
        return mark is not None and mark in (self.owner, *self.followers)

    def joined(self, mark: str) -> Visitors:
        """Return these and one more, who becomes the owner if nobody is."""
        if self.owner is None:
            return Visitors(mark, tuple(other for other in self.followers if other != mark))
        return self if mark in self else Visitors(self.owner, (*self.followers, mark)[-MOST_FOLLOWERS:])


def _bytes_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # a worker's scratch folder may go meanwhile
            total += path.stat().st_size
    return total


class Shelf:
    """The folder of all sweeps. What else lies there is left alone."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made with the first sweep."""
        self._folder = folder

    def path(self, identity: str) -> Path:
        """Return where a sweep lies, or would lie."""
        return self._folder / identity

    def kept(self) -> dict[str, Visitors]:
        """Return the ids of all sweeps, the one that began last as the last one, and whose they are."""
        return {identity: self._visitors(identity) for identity in self._ids()}

    def read(self, identity: str) -> tuple[SweepPlan, tuple[SweepPoint, ...]] | None:
        """Return a sweep's plan and points, or None where it can't be read; it then stays as it is."""
        try:
            return read_sweep(self.path(identity))
        except (SettingError, OSError):
            log.warning("sweep %s can't be read and stays as it is", identity, exc_info=True)
            return None

    def keep(self, identity: str, plan: SweepPlan, visitors: Visitors) -> None:
        """Write who a sweep belongs to; its plan too, if it is new.

        Raises:
            OSError: If the disk refuses.
        """
        place = self.path(identity)
        if not (place / PLAN).is_file():
            write_plan(place, plan)
        scratch = place / f"{VISITORS}.{secrets.token_hex(4)}"
        try:
            scratch.write_text(json.dumps(asdict(visitors)), encoding="utf-8")
            os.replace(scratch, place / VISITORS)
        except OSError:
            scratch.unlink(missing_ok=True)
            raise

    def set_aside(self, identity: str) -> None:
        """Take a sweep off the shelf in one move; `tidy` deletes it.

        Raises:
            OSError: If the disk refuses; the sweep is then still whole.
        """
        place = self.path(identity)
        if place.is_dir():
            os.rename(place, self._folder / f"{SET_ASIDE}{identity}-{secrets.token_hex(4)}")

    def beyond(self, most_bytes: int, oldest_first: Sequence[str]) -> list[str]:
        """Return which of these have to go, the first ones first, for all to fit into so many bytes."""
        sizes = {identity: _bytes_of(self.path(identity)) for identity in self._ids()}
        left, gone = sum(sizes.values()), []
        for identity in oldest_first:
            if left <= most_bytes:
                break
            left -= sizes.get(identity, 0)
            gone.append(identity)
        return gone

    def tidy(self) -> None:
        """Delete what was set aside."""
        for path in self._folder.glob(f"{SET_ASIDE}*"):
            shutil.rmtree(path, ignore_errors=True)

    def _ids(self) -> tuple[str, ...]:
        try:
            names = os.listdir(self._folder)
        except OSError:  # no folder yet
            return ()
        begun: list[tuple[float, str]] = []
        for name in filter(SWEEP_ID.fullmatch, names):
            try:
                begun.append(((self.path(name) / PLAN).stat().st_mtime, name))
            except OSError:  # no plan: no sweep
                continue
        return tuple(identity for _, identity in sorted(begun))

    def _visitors(self, identity: str) -> Visitors:
        """Return whose a sweep is: nobody's, where that is not there or is damaged."""
        try:
            with (self.path(identity) / VISITORS).open(encoding="utf-8") as file:
                values = json.loads(file.read(MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return Visitors()
        if not isinstance(values, dict) or set(values) != {"owner", "followers"}:
            return Visitors()
        owner, followers = values["owner"], values["followers"]
        marks = [owner, *followers] if isinstance(followers, list) else [None]
        if not all(isinstance(mark, str) and MARK.fullmatch(mark) for mark in marks):
            return Visitors()
        return Visitors(owner, tuple(followers[-MOST_FOLLOWERS:]))
