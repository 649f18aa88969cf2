"""Many runs over an executor: a grid of settings and seeds, and each run's rate and distortion."""

from vae_core.sweeps.dask import DaskExecutor
from vae_core.sweeps.folder import read_sweep, run_folder
from vae_core.sweeps.local import SubprocessExecutor
from vae_core.sweeps.plan import MAX_RUNS, NOT_SWEPT, SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.runner import Executor, InlineExecutor, run_sweep

__all__ = [
    "MAX_RUNS",
    "NOT_SWEPT",
    "DaskExecutor",
    "Executor",
    "InlineExecutor",
    "SubprocessExecutor",
    "SweepPlan",
    "SweepPoint",
    "read_sweep",
    "run_folder",
    "run_sweep",
]
