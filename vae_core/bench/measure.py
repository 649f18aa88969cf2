"""The two measurements: images a second, and the time to reach a validation ELBO."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.bench.contenders import Segment, Sizes, run_config
from vae_core.bench.plain import PlainVAE, plain_steps
from vae_core.data import Dataset
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator
from vae_core.training import Run

NOISE_DRAWS = 10
# Steps of our own run between two evaluations of it: often at first, where it counts.
LOOK_EVERY = 10
LOOK_EVERY_LATER = 50


def rates(
    contenders: dict[str, Segment], *, steps: int, rounds: int, batch_size: int
) -> dict[str, list[float]]:
    """Time segments of all contenders in turn, and return images a second, one figure a round.

    Args:
        contenders: Name -> segment.
        steps: Of a segment.
        rounds: Each with a seed of its own; one more is run first and not counted.
        batch_size: Images a step.
    """
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(-1, rounds):
        for name, segment in contenders.items():
            start = time.perf_counter()
            segment(steps, max(turn, 0))
            if turn >= 0:
                figures[name].append(steps * batch_size / (time.perf_counter() - start))
    return figures


@dataclass(frozen=True)
class Race:
    """One seed's race on the validation ELBO, nats per image; times are of training alone.

    Attributes:
        plain_ten: The plain loop's ELBO after 10 epochs, and its time to get there.
        plain_best: Its best ELBO of all epochs, and its time to get there.
        run_ten: Our time to the first.
        run_best: Our time to the second.
        gain: Our best ELBO less the plain loop's, on the same images and noise.
        gain_error: Standard error of that difference between images.
    """

    plain_ten: tuple[float, float]
    plain_best: tuple[float, float]
    run_ten: float
    run_best: float
    gain: float
    gain_error: float


def race(dataset: Dataset, sizes: Sizes, *, epochs: int, threads: int, seed: int) -> Race:
    """Train the plain loop and a run from one seed, and see when each reaches what."""
    x = dataset.validation.x
    noise = torch.randn((NOISE_DRAWS, len(x), sizes.latent_dim), generator=generator(seed, "race"))
    plain = list(_plain_course(dataset, sizes, epochs=epochs, seed=seed, noise=noise))
    ours = list(_run_course(dataset, sizes, threads=threads, seed=seed, noise=noise))
    ten = plain[min(9, len(plain) - 1)]
    best, best_ours = max(plain, key=_mean), max(ours, key=_mean)
    difference = best_ours[1] - best[1]
    return Race(
        (_mean(ten), ten[0]),
        (_mean(best), best[0]),
        _time_to(_mean(ten), ours),
        _time_to(_mean(best), ours),
        float(difference.mean()),
        float(difference.std()) / len(x) ** 0.5,
    )


Course = tuple[float, Tensor]


def _mean(moment: Course) -> float:
    return float(moment[1].mean())


def _time_to(elbo: float, course: list[Course]) -> float:
    return next((moment[0] for moment in course if _mean(moment) >= elbo), float("inf"))


def _plain_course(
    dataset: Dataset, sizes: Sizes, *, epochs: int, seed: int, noise: Tensor
) -> Iterator[Course]:
    steps = plain_steps(
        dataset.train.x,
        hidden=sizes.hidden,
        latent_dim=sizes.latent_dim,
        batch_size=sizes.batch_size,
        seed=seed,
    )
    seconds, done = 0.0, 0
    while done < epochs:
        start = time.perf_counter()
        before = done
        while done == before:
            model, done = next(steps)
        seconds += time.perf_counter() - start
        yield seconds, _plain_elbo(model, dataset.validation.x, noise)


def _run_course(
    dataset: Dataset, sizes: Sizes, *, threads: int, seed: int, noise: Tensor
) -> Iterator[Course]:
    run = Run(run_config(dataset, sizes, threads).replace(seed=seed), dataset)
    while not run.finished:
        run.advance(steps=LOOK_EVERY if run.step < 200 else LOOK_EVERY_LATER)
        yield run.seconds, _elbo(run.model, dataset.validation.x, noise)


@torch.no_grad()
def _plain_elbo(model: PlainVAE, x: Tensor, noise: Tensor) -> Tensor:
    """The ELBO of each image, (B,), from the plain model's own formulae but per image."""
    mean, log_var = model.encode(x)
    kl = -0.5 * (1 + log_var - mean**2 - log_var.exp()).sum(1)
    total = torch.zeros(len(x))
    for draw in noise:
        p = model.decode(mean + torch.exp(0.5 * log_var) * draw)
        total -= torch.nn.functional.binary_cross_entropy(p, x, reduction="none").sum(1)
    return total / len(noise) - kl


@torch.no_grad()
def _elbo(model: VAE, x: Tensor, noise: Tensor) -> Tensor:
    """The ELBO of each image, (B,), with the same noise."""
    q = model.encode(x)
    kl = elbo_terms(model, x).kl
    return torch.stack([model.decode(q.at(draw)).log_prob(x) for draw in noise]).mean(0) - kl


def spread(values: list[float], form: Callable[[float], str]) -> str:
    """Say a median with its least and greatest."""
    return f"{form(statistics.median(values))} ({form(min(values))} to {form(max(values))})"
