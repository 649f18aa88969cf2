"""Run as a program: a sweep on a Dask cluster of two workers of this machine, and its points as JSON.

A program of its own: Dask's workers are started by spawn, and its threads live as long as their process.
"""

import json
import sys
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from distributed import LocalCluster

from vae_core.sweeps import DaskExecutor, SweepPlan, run_sweep

ALONE = dict(processes=True, threads_per_worker=1, dashboard_address=None)


def main(folder, plan):
    with (
        LocalCluster(n_workers=2, **ALONE) as cluster,
        closing(DaskExecutor(cluster.scheduler_address)) as dask,
    ):
        points = run_sweep(SweepPlan.from_json(plan), folder, executor=dask)
        workers = len(cluster.scheduler_info["workers"])
    sys.stdout.write(json.dumps({"points": [asdict(point) for point in points], "workers": workers}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
