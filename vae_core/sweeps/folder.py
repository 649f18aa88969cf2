"""A sweep on disk: its plan, and one folder a finished run, with its point inside.

    sweep.json          the plan
    runs/<id>/          a run as `checkpoint` saves it, and point.json

A run's folder is made under another name and gets its own by one rename: it is there whole, or not at all.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path

from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.sweeps.plan import MAX_JSON, SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.training import TrainConfig, run_id

PLAN, RUNS, POINT, RECORD = "sweep.json", "runs", "point.json", "run.json"
UNFINISHED = ".unfinished-"
OLD_S = 3600.0


def id_of(config: TrainConfig) -> str:
    """Return the id of the run that a config makes on its data."""
    return run_id(config, load_dataset(config.dataset).digest)


def run_folder(folder: Path, run: str) -> Path:
    """Return where a run of a sweep lies once it is finished."""
    return folder / RUNS / run


def write_plan(folder: Path, plan: SweepPlan) -> None:
    """Put the plan into a sweep's folder, which is made if absent, in the place of an earlier one.

    Raises:
        OSError: If the disk refuses; an earlier plan is then still whole.
    """
    (folder / RUNS).mkdir(parents=True, exist_ok=True)
    _replace(folder / PLAN, plan.to_json())


def read_plan(folder: Path) -> SweepPlan:
    """Return the plan of a sweep's folder.

    Raises:
        SettingError: If there is none, or it can't be read.
    """
    try:
        with (folder / PLAN).open(encoding="utf-8") as file:
            text = file.read(MAX_JSON + 1)
    except FileNotFoundError:
        refuse("sweep", f"must be a folder with a {PLAN}", str(folder))
    except (OSError, UnicodeDecodeError):
        refuse("sweep", f"must have a readable {PLAN}", str(folder))
    return SweepPlan.from_json(text)


def read_sweep(folder: Path | str) -> tuple[SweepPlan, tuple[SweepPoint, ...]]:
    """Return a sweep's plan and the points of its finished runs, in the plan's order.

    Raises:
        SettingError: If the folder holds no sweep.
    """
    plan = read_plan(Path(folder))
    runs = (id_of(config) for config in plan.configs())
    found = (finished(run_folder(Path(folder), run), run) for run in runs)
    return plan, tuple(point for point in found if point is not None)


def finished(place: Path, run: str) -> SweepPoint | None:
    """Return the point of the run whose folder is `place`, or None where it is not there or is damaged."""
    try:
        point = SweepPoint.from_json((place / POINT).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a SettingError is a ValueError, as is text that is no text
        return None
    return point if point.run == run and (place / RECORD).is_file() else None


def scratch_beside(place: Path) -> Path:
    """Return a new folder of another name beside a run's, to be filled and published."""
    scratch = place.parent / f"{UNFINISHED}{place.name}-{secrets.token_hex(4)}"
    scratch.mkdir(parents=True)
    return scratch


def publish(scratch: Path, place: Path, point: SweepPoint) -> None:
    """Add its point to a folder with a saved run, and give the folder its name.

    Where somebody else has finished the same run meanwhile, theirs stays. A damaged run is replaced.

    Raises:
        OSError: If the disk refuses, or something that is no run has that name.
    """
    _replace(scratch / POINT, point.to_json())
    if finished(place, point.run) is None:
        _make_room(place)
        try:
            os.rename(scratch, place)
        except OSError:
            if finished(place, point.run) is None:
                raise
    shutil.rmtree(scratch, ignore_errors=True)


def _make_room(place: Path) -> None:
    if not place.exists():
        return
    if any((place / name).is_file() for name in (RECORD, POINT)):
        shutil.rmtree(place, ignore_errors=True)
    elif place.is_dir() and not any(place.iterdir()):
        place.rmdir()
    else:
        raise FileExistsError(f"{place} is no run's folder and stays as it is: choose another one.")


def tidy(folder: Path) -> None:
    """Delete what workers that were killed in the middle of a save have left, an hour ago or more."""
    for path in (folder / RUNS).glob(f"{UNFINISHED}*"):
        try:
            age = time.time() - path.stat().st_mtime
        except OSError:
            continue
        if age > OLD_S:
            shutil.rmtree(path, ignore_errors=True)


def _replace(path: Path, text: str) -> None:
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with scratch.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.replace(scratch, path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
