"""What is timed: each contender trains the same sizes on the same images, segment by segment.

A contender is called with a number of steps and a seed, and trains so many steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.bench.plain import plain_steps
from vae_core.data import Dataset
from vae_core.rng import generator
from vae_core.training import Run, TrainConfig

Segment = Callable[[int, int], None]


@dataclass(frozen=True)
class Sizes:
    """Of the model and the batches: 784-400-2-400-784 on `mnist-5k`."""

    hidden: int = 400
    latent_dim: int = 2
    batch_size: int = 128


def run_segment(dataset: Dataset, sizes: Sizes, threads: int) -> Segment:
    """Return our own `Run`, as the app trains it: records and validations included."""
    config = run_config(dataset, sizes, threads)

    def train(steps: int, seed: int) -> None:
        Run(config.replace(seed=seed), dataset).advance(steps=steps)

    return train


def run_config(dataset: Dataset, sizes: Sizes, threads: int) -> TrainConfig:
    """Return the app's default settings at these sizes."""
    return TrainConfig(
        dataset=dataset.name,
        latent_dim=sizes.latent_dim,
        hidden=(sizes.hidden,),
        batch_size=sizes.batch_size,
        threads=threads,
    )


def plain_segment(dataset: Dataset, sizes: Sizes) -> Segment:
    """Return the loop that tutorials write."""

    def train(steps: int, seed: int) -> None:
        source = plain_steps(
            dataset.train.x,
            hidden=sizes.hidden,
            latent_dim=sizes.latent_dim,
            batch_size=sizes.batch_size,
            seed=seed,
        )
        for _ in range(steps):
            next(source)

    return train


def products_segment(dataset: Dataset, sizes: Sizes) -> Segment:
    """Return the step's eleven matrix products and nothing else: what no such loop can beat."""
    d, h, latent, b = dataset.train.x.shape[1], sizes.hidden, sizes.latent_dim, sizes.batch_size
    source = generator(0, "products")

    def random(*shape: int) -> Tensor:
        return torch.randn(shape, generator=source)

    x, hidden, head, z = random(b, d), random(b, h), random(b, 2 * latent), random(b, latent)
    w1, w2, w3, w4 = random(h, d), random(2 * latent, h), random(h, latent), random(d, h)
    g1, g2, g3, g4 = (torch.empty_like(w) for w in (w1, w2, w3, w4))

    def train(steps: int, seed: int) -> None:
        for _ in range(steps):
            # forward, then for each layer the gradients at its weights and at its input
            torch.mm(torch.mm(x, w1.t()), w2.t())
            torch.mm(torch.mm(z, w3.t()), w4.t())
            torch.mm(x.t(), hidden, out=g4)
            torch.mm(x, w4)
            torch.mm(hidden.t(), z, out=g3)
            torch.mm(hidden, w3)
            torch.mm(head.t(), hidden, out=g2)
            torch.mm(head, w2)
            torch.mm(hidden.t(), x, out=g1)

    return train
