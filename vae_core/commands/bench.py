"""`python -m vae_core bench`: speed of training, of quadrature and of sweeps, beside their bars."""

from __future__ import annotations

import argparse

from vae_core.bench.integration import integration_report
from vae_core.bench.report import report
from vae_core.bench.sweeps import sweeps_report
from vae_core.checks import check_choice
from vae_core.commands.numbers import whole

DEFAULT_STEPS = {"training": "1000", "sweeps": "3000"}


def bench(options: argparse.Namespace) -> None:
    """Measure and print.

    Raises:
        SettingError: If an option is out of its limits.
    """
    what = check_choice("--what", options.what, ("training", "quadrature", "sweeps"))
    threads = whole("--threads", options.threads, low=1, high=64)
    seeds = whole("--seeds", options.seeds, low=0, high=100)
    if what == "quadrature":
        integration_report(threads=threads, rounds=max(seeds, 1))
        return
    steps = whole("--steps", options.steps or DEFAULT_STEPS[what], low=10, high=100_000)
    if what == "sweeps":
        sweeps_report(steps=steps, rounds=max(seeds, 1))
        return
    report(
        threads=threads,
        seeds=seeds,
        steps=steps,
        epochs=whole("--epochs", options.epochs, low=10, high=1000),
    )
