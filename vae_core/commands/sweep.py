"""`python -m vae_core sweep`: train a grid of runs, and print where each lies in rate and distortion."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from vae_core.checks import refuse
from vae_core.commands.numbers import whole
from vae_core.data import dataset_info
from vae_core.likelihoods import score_name
from vae_core.sweeps import DaskExecutor, Executor, SubprocessExecutor, SweepPlan, SweepPoint, run_sweep
from vae_core.sweeps.local import MOST_WORKERS
from vae_core.training import SETTINGS, TrainConfig
from vae_core.training.config import as_text


def sweep(options: argparse.Namespace) -> None:
    """Make the runs that the folder does not hold yet, and print a table of all of them.

    Raises:
        SettingError: If a setting breaks its rule.
        OSError: If the folder can't be written, or a worker could not make a run; finished runs stay.
        KeyboardInterrupt: If it was interrupted; finished runs stay.
    """
    plan = plan_of(options)
    count, done = len(plan.configs()), 0

    def progress(point: SweepPoint) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{done}/{count} runs" + ("\n" if done == count else ""))

    with closing(_executor(options)) as executor:
        points = run_sweep(plan, options.out, executor=executor, on_point=progress)
    sys.stdout.write(table(plan, points) + f"saved to {options.out}\n")


def plan_of(options: argparse.Namespace) -> SweepPlan:
    """Return the grid that the options ask for: settings with one value are shared, others are swept.

    Raises:
        SettingError: If a setting breaks its rule, or seeds are given twice.
    """
    given = {name: texts for name in SETTINGS if (texts := getattr(options, name)) is not None}
    parsed = {name: [SETTINGS[name].parse(text) for text in texts] for name, texts in given.items()}
    seeds = parsed.pop("seed", [])
    if options.seeds is not None:
        if seeds:
            refuse("--seeds", "must not be given together with --seed", " ".join(options.seeds))
        seeds = [SETTINGS["seed"].parse(text) for text in options.seeds]
    base = TrainConfig(**{name: values[0] for name, values in parsed.items()})
    swept = {name: tuple(values) for name, values in parsed.items() if len(values) > 1}
    return SweepPlan(base, swept, tuple(seeds))


def _executor(options: argparse.Namespace) -> Executor:
    if options.scheduler is not None:
        return DaskExecutor(options.scheduler)
    return SubprocessExecutor(whole("--workers", options.workers, low=1, high=MOST_WORKERS))


def table(plan: SweepPlan, points: Sequence[SweepPoint]) -> str:
    """Return the points as a table, a line each, and a sentence for each run that broke off."""
    names = [*plan.values, *(["seed"] if len(plan.seeds) > 1 else [])] or ["beta"]
    scores = {score_name(p.config.likelihood, dataset_info(p.config.dataset).support) for p in points}
    heads = [*names, "rate", "distortion", "ELBO", "active units", "run"]
    rows = [[*(as_text(getattr(p.config, name)) for name in names), *_numbers(p)] for p in points]
    widths = [max(len(row[place]) for row in [heads, *rows]) for place in range(len(heads))]
    lines = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in (heads, *rows)
    ]
    images = " and ".join(f"{count}" for count in sorted({point.images for point in points}))
    says = (
        f"{len(points)} runs on {images} validation images, nats per image ± standard error between images;\n"
        f"distortion is minus the {' or the '.join(sorted(scores))}, and the ELBO that of beta = 1\n"
    )
    broken = [f"run {point.run}: {point.failed}" for point in points if point.failed is not None]
    return says + "\n".join([*lines, *broken]) + "\n"


def _numbers(point: SweepPoint) -> list[str]:
    pairs = (
        (point.rate, point.rate_error),
        (point.distortion, point.distortion_error),
        (point.elbo, point.elbo_error),
    )
    units = f"{point.active_units} of {point.config.latent_dim}"
    mark = "" if point.failed is None else " *"
    return [*(f"{value:.3f} ± {error:.3f}" for value, error in pairs), units, point.run + mark]
