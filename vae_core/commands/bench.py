"""`python -m vae_core bench`: speed, beside a plain loop, JAX and bare matrix products."""

from __future__ import annotations

import argparse

from vae_core.bench.report import report
from vae_core.commands.numbers import whole


def bench(options: argparse.Namespace) -> None:
    """Measure and print.

    Raises:
        SettingError: If an option is out of its limits.
    """
    report(
        threads=whole("--threads", options.threads, low=1, high=64),
        seeds=whole("--seeds", options.seeds, low=0, high=100),
        steps=whole("--steps", options.steps, low=10, high=100_000),
        epochs=whole("--epochs", options.epochs, low=10, high=1000),
    )
