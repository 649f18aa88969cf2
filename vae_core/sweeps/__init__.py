"""Many runs over an executor: a grid of settings and seeds, and each run's rate and distortion."""

from vae_core.sweeps.dask import DaskExecutor
from vae_core.sweeps.desk import SweepDesk
from vae_core.sweeps.folder import read_sweep, run_folder
from vae_core.sweeps.local import SubprocessExecutor
from vae_core.sweeps.plan import MAX_RUNS, NOT_SWEPT, SweepPlan
from vae_core.sweeps.point import SweepPoint
from vae_core.sweeps.runner import Executor, InlineExecutor, run_sweep
from vae_core.sweeps.view import SweepView

__all__ = [
    "MAX_RUNS",
    "NOT_SWEPT",
    "DaskExecutor",
    "Executor",
    "InlineExecutor",
    "SubprocessExecutor",
    "SweepDesk",
    "SweepPlan",
    "SweepPoint",
    "SweepView",
    "read_sweep",
    "run_folder",
    "run_sweep",
]
