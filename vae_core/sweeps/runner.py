"""Running a sweep over an executor: what is finished is never made again."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from vae_core.sweeps.folder import finished, id_of, run_folder, tidy, write_plan
from vae_core.sweeps.plan import SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.task import CancelledError, SweepTask, make, never


class Executor(Protocol):
    """Where runs are made. All of them make the same runs, with the same numbers on the same machine."""

    def completed(
        self, tasks: Sequence[SweepTask], *, cancelled: Callable[[], bool]
    ) -> Generator[SweepPoint, None, None]:
        """Make the runs, and yield the point of each as it ends, when it lies in its folder.

        Args:
            tasks: The runs, in the order in which they should begin; their folders bear their ids.
            cancelled: Asked several times a second; when it says so, no more is yielded.

        Raises:
            ChildProcessError: If a run could not be made.
        """
        ...

    def close(self) -> None:
        """End whatever works for this executor; it may be called twice, and from another thread."""
        ...


class InlineExecutor:
    """Makes one run after the other in the thread that asks."""

    def completed(
        self, tasks: Sequence[SweepTask], *, cancelled: Callable[[], bool]
    ) -> Generator[SweepPoint, None, None]:
        """Make the runs in turn."""
        for task in tasks:
            try:
                yield make(task, cancelled=cancelled)
            except CancelledError:
                return

    def close(self) -> None:
        """There is nothing to end."""


def run_sweep(
    plan: SweepPlan,
    folder: Path | str,
    *,
    executor: Executor,
    on_point: Callable[[SweepPoint], None] | None = None,
    cancelled: Callable[[], bool] = never,
) -> tuple[SweepPoint, ...]:
    """Make the runs of a plan that a folder does not hold yet.

    A folder may go from one plan to another: runs are known by their settings, seed and data, so those that
    both plans have are not made again, and those that only the earlier one has stay on the disk.

    Args:
        plan: The grid.
        folder: Where the sweep lies; made if absent.
        executor: Where runs are made; the caller closes it.
        on_point: Told of every point: first of those that were there, then of each as its run ends.
        cancelled: Asked several times a second. Runs that have not ended by then are lost, others stay.

    Returns:
        The points of all finished runs in the plan's order, those with a `failed` sentence included.

    Raises:
        SettingError: If a run can't be made on this machine.
        OSError: If the disk refuses, or (as a ChildProcessError) a worker could not make a run. All that is
            finished stays, and the same call goes on from there.
    """
    place = Path(folder).resolve()
    write_plan(place, plan)
    tidy(place)
    points: dict[str, SweepPoint | None] = {}
    tasks = []
    for config in plan.configs():
        run = id_of(config)
        points[run] = finished(run_folder(place, run), run)
        if points[run] is None:
            tasks.append(SweepTask(config, run_folder(place, run)))
    told = on_point or (lambda point: None)
    for point in tuple(points.values()):
        if point is not None:
            told(point)
    if tasks and not cancelled():
        with closing(executor.completed(tasks, cancelled=cancelled)) as made:
            for point in made:
                points[point.run] = point
                told(point)
    return tuple(point for point in points.values() if point is not None)
