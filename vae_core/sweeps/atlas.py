"""The sweeps that come with the app, and the command that makes them.

`python -m vae_core.sweeps.atlas` trains them all again, in some minutes, and writes them to `assets/atlas`.
Each is a sweep's folder as `run_sweep` leaves it, its runs without the state that training would go on from.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from vae_core.checks import check_choice, refuse
from vae_core.sweeps.folder import POINT, read_sweep, run_folder, write_plan
from vae_core.sweeps.local import SubprocessExecutor
from vae_core.sweeps.plan import SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.runner import Executor, run_sweep
from vae_core.training import TrainConfig
from vae_core.training.shipped import ATLAS, strip

WORKERS = 2
BETAS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)

# In float32 and on one thread, so that every machine makes nearly the same.
SMALL = TrainConfig(
    dataset="digits", hidden=(64,), learning_rate=2e-3, steps=2000, precision="float32", threads=1
)

SWEEPS: dict[str, SweepPlan] = {
    # β × likelihood × seed
    "digits": SweepPlan(
        SMALL.replace(sigma="learned"),
        {"likelihood": ("bernoulli", "gaussian", "continuous-bernoulli"), "beta": BETAS},
        seeds=(0, 1, 2),
    ),
    # The curve is known here: reverse water-filling over the principal components.
    "linear": SweepPlan(
        SMALL.replace(
            likelihood="gaussian",
            sigma=0.25,
            hidden=(),
            latent_dim=8,
            kl_warmup=0,
            learning_rate=1e-2,
            steps=8000,
        ),
        {"beta": BETAS},
    ),
    # The entropy is known here, and with it the bound D ≥ H − R.
    "tiny-binary": SweepPlan(
        SMALL.replace(dataset="tiny-binary", hidden=(32,), steps=3000, learning_rate=5e-3),
        {"beta": BETAS},
        seeds=(0, 1, 2),
    ),
}


def atlas_names() -> tuple[str, ...]:
    """Return the names of the shipped sweeps, the one that opens first at the head."""
    return tuple(SWEEPS)


@cache
def load_atlas(name: str) -> tuple[SweepPlan, tuple[SweepPoint, ...]]:
    """Return a shipped sweep: its plan and the points of its runs.

    Raises:
        SettingError: If there is none of that name, or its folder is damaged.
    """
    return read_sweep(ATLAS / check_choice("shipped sweep", name, atlas_names()))


def make(name: str, executor: Executor, folder: Path = ATLAS) -> tuple[SweepPoint, ...]:
    """Train one of the shipped sweeps, write it, and return its points.

    Raises:
        SettingError: If a run broke off; nothing is written then.
        OSError: If the disk refuses, or a worker could not make a run.
    """
    plan, place = SWEEPS[name], folder / name
    with tempfile.TemporaryDirectory() as scratch:
        points = run_sweep(plan, scratch, executor=executor)
        for point in points:
            if point.failed is not None:
                refuse(name, "must train to its end in every run", f"{point.run}: {point.failed}")
        shutil.rmtree(place, ignore_errors=True)
        write_plan(place, plan)
        for point in points:
            made, kept = run_folder(Path(scratch), point.run), run_folder(place, point.run)
            strip(made, kept)
            shutil.copyfile(made / POINT, kept / POINT)
    return points


def main() -> None:
    """Make all shipped sweeps."""
    with closing(SubprocessExecutor(WORKERS)) as executor:
        for name in atlas_names():
            sys.stdout.write(f"{name}: {len(make(name, executor))} runs\n")


if __name__ == "__main__":
    main()
