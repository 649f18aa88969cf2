"""How much faster a sweep is over two workers than over one, their start included."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TextIO

from vae_core.sweeps import SubprocessExecutor, SweepPlan, SweepPoint, run_sweep
from vae_core.training import TrainConfig

BETAS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
WORKERS = 2
BAR = 1.6


def sweeps_report(*, steps: int, rounds: int, out: TextIO = sys.stdout) -> None:
    """Time a sweep of eight β on `digits`, by one single-threaded worker and by two, turn about.

    Workers have the usual priority here. Where seconds by the clock are far above those of the processors
    (for two workers, above half of them), the machine was not idle, and the ratio says little.

    Args:
        steps: Of each run.
        rounds: Pairs of sweeps; each gives a ratio.
        out: Where it is written.
    """
    plan = SweepPlan(TrainConfig(dataset="digits", steps=steps, threads=1), {"beta": BETAS})
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    out.write(f"{len(BETAS)} betas on digits, {steps:,} steps each, {cores} cores; start-up included\n")
    ratios = []
    for turn in range(rounds):
        # Who is first changes from round to round: a machine may grow slower, or its caches warmer.
        order = (1, WORKERS) if turn % 2 == 0 else (WORKERS, 1)
        found = {workers: _timed(plan, workers) for workers in order}
        same = found[1][2] == found[WORKERS][2]
        ratios.append(found[1][0] / found[WORKERS][0])
        for workers, (seconds, cpu, _) in sorted(found.items()):
            out.write(f"  {workers} worker(s)  {seconds:6.1f} s, {cpu:6.1f} s of processors\n")
        out.write(f"  ratio {ratios[-1]:.2f}, points {'identical' if same else 'DIFFERENT'}\n")
        out.flush()
    middle = sorted(ratios)[len(ratios) // 2]
    out.write(f"median ratio {middle:.2f} ({min(ratios):.2f} to {max(ratios):.2f})   bar {BAR}\n")


def _timed(plan: SweepPlan, workers: int) -> tuple[float, float, tuple[SweepPoint, ...]]:
    """Return a sweep's seconds by the clock and of its workers' processors, and its points."""
    executor = SubprocessExecutor(workers, lowered=False)
    with tempfile.TemporaryDirectory() as folder, closing(executor):
        start, before = time.perf_counter(), os.times()
        points = run_sweep(plan, Path(folder), executor=executor)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return time.perf_counter() - start, cpu, points
