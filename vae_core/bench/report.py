"""Run the measurements and say them beside the bars that they have to pass."""

from __future__ import annotations

import os
import statistics
import sys
from typing import TextIO

import torch

from vae_core.bench.contenders import Sizes, plain_segment, products_segment, run_segment
from vae_core.bench.jax_loop import jax_is_installed, jax_segment
from vae_core.bench.measure import Race, race, rates, spread
from vae_core.data import load_dataset

DATASET = "mnist-5k"


def report(*, threads: int, seeds: int, steps: int, epochs: int, out: TextIO = sys.stdout) -> None:
    """Measure speed, then the race for the validation ELBO, and write both as tables.

    Args:
        threads: Processor threads of every contender; on Linux they are held to as many cores.
        seeds: Rounds of the speed measurement, and races; 0 leaves the races out.
        steps: Of a timed segment.
        epochs: Of the plain loop in a race.
        out: Where it is written.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[:threads]
        os.sched_setaffinity(0, cores)
    torch.set_num_threads(threads)
    dataset, sizes = load_dataset(DATASET), Sizes()
    contenders = {
        "Run": run_segment(dataset, sizes, threads),
        "plain loop": plain_segment(dataset, sizes),
        "matrix products": products_segment(dataset, sizes),
    }
    if jax_is_installed():
        contenders["JAX, jitted"] = jax_segment(dataset, sizes)
    out.write(f"{DATASET}, 784-400-2-400-784, batch {sizes.batch_size}, {threads} thread(s)\n\n")
    _write_rates(rates(contenders, steps=steps, rounds=max(seeds, 1), batch_size=sizes.batch_size), out)
    if seeds:
        races = []
        for seed in range(seeds):
            races.append(race(dataset, sizes, epochs=epochs, threads=threads, seed=seed))
            out.flush()
        _write_races(races, epochs, out)


def _write_rates(figures: dict[str, list[float]], out: TextIO) -> None:
    out.write("images a second, median (least to greatest)\n")
    for name, values in figures.items():
        out.write(f"  {name:16} {spread(values, lambda v: f'{v:,.0f}')}\n")
    for other, bar in (("plain loop", "bar 2"), ("matrix products", "bar 0.6"), ("JAX, jitted", "goal 1")):
        if other in figures:
            ratios = [a / b for a, b in zip(figures["Run"], figures[other], strict=True)]
            out.write(f"  Run / {other:16} {spread(ratios, lambda v: f'{v:.2f}')}   {bar}\n")
    out.flush()


def _write_races(races: list[Race], epochs: int, out: TextIO) -> None:
    def seconds(values: list[float]) -> str:
        return spread(values, lambda v: f"{v:.2f}")

    def shares(values: list[float]) -> str:
        return spread(values, lambda v: f"{v:.3f}")

    out.write("\nvalidation ELBO, nats per image, and training seconds\n")
    tens = [r.run_ten / r.plain_ten[1] for r in races]
    bests = [r.run_best / r.plain_best[1] for r in races]
    out.write(f"  plain loop, 10 epochs:  ELBO {seconds([r.plain_ten[0] for r in races])}")
    out.write(f" in {seconds([r.plain_ten[1] for r in races])} s\n")
    out.write(f"  Run to the same:        {seconds([r.run_ten for r in races])} s;")
    out.write(f" ratio {shares(tens)}   bar 0.1\n")
    out.write(f"  plain loop, best of {epochs}: ELBO {seconds([r.plain_best[0] for r in races])}")
    out.write(f" in {seconds([r.plain_best[1] for r in races])} s\n")
    out.write(f"  Run to the same:        {seconds([r.run_best for r in races])} s;")
    out.write(f" ratio {shares(bests)}   bar 0.33\n")
    gain = statistics.mean(r.gain for r in races)
    error = (sum(r.gain_error**2 for r in races) ** 0.5) / len(races)
    between = (
        statistics.stdev([r.gain for r in races]) / len(races) ** 0.5 if len(races) > 1 else float("nan")
    )
    out.write(f"  Run's best less the plain loop's best, paired over images: {gain:+.2f} nats")
    out.write(f" (standard error {error:.2f} over images, {between:.2f} over seeds)   goal +1\n")
