"""`python -m vae_core bench`: speed of training and of quadrature, beside bare matrix products."""

from __future__ import annotations

import argparse

from vae_core.bench.integration import integration_report
from vae_core.bench.report import report
from vae_core.checks import check_choice
from vae_core.commands.numbers import whole


def bench(options: argparse.Namespace) -> None:
    """Measure and print.

    Raises:
        SettingError: If an option is out of its limits.
    """
    what = check_choice("--what", options.what, ("training", "quadrature"))
    threads = whole("--threads", options.threads, low=1, high=64)
    seeds = whole("--seeds", options.seeds, low=0, high=100)
    if what == "quadrature":
        integration_report(threads=threads, rounds=max(seeds, 1))
        return
    report(
        threads=threads,
        seeds=seeds,
        steps=whole("--steps", options.steps, low=10, high=100_000),
        epochs=whole("--epochs", options.epochs, low=10, high=1000),
    )
