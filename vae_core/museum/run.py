"""A small VAE trained by a plain loop: the same weights, images and noise for whatever bound it maximises."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vae_core.data import load_dataset
from vae_core.models import VAE
from vae_core.rng import generator

Bound = Callable[[VAE, Tensor, Tensor], Tensor]
"""(model, x (B, D), noise (K, B, L)) -> what a code takes for its bound, a scalar."""

EVERY = 10
"""Steps from one look to the next."""


@dataclass(frozen=True)
class RunSettings:
    """What both twins have in common.

    Attributes:
        dataset: A name of `vae_core.data`.
        pixels: "as they are", "binary" (1 above ½, else 0) or "signed" (1 above ½, else −1).
        likelihood: Of the decoder.
        sigma: Of a Gaussian decoder.
        hidden: Widths of the encoder; the decoder mirrors them.
        latent_dim: L.
        samples: K, draws of z for each image in training.
        reported_samples: K where the bound is looked at and reported.
        batch: Images in a step.
        steps: How many.
        learning_rate: Of Adam.
        seed: Of weights, order and noise.
    """

    dataset: str = "digits"
    pixels: Literal["as they are", "binary", "signed"] = "binary"
    likelihood: str = "bernoulli"
    sigma: float | Literal["learned"] = 1.0
    hidden: tuple[int, ...] = (64,)
    latent_dim: int = 2
    samples: int = 1
    reported_samples: int = 1
    batch: int = 100
    steps: int = 500
    learning_rate: float = 5e-3
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Images:
    """The images of a run.

    Attributes:
        train: What is trained on, (N, D) float32.
        held_out: What is looked at, (M, D) float32, validation images.
        shape: (C, H, W).
    """

    train: Tensor
    held_out: Tensor
    shape: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Trained:
    """What there is of a run.

    Attributes:
        steps: When it was looked at.
        watched: What each watched bound was on the same images with the same noise: a tuple for each look.
        first: The model before the first step, in float64.
        model: The model now, in float64; as long as the run goes on, None.
    """

    steps: tuple[int, ...]
    watched: tuple[tuple[float, ...], ...]
    first: VAE
    model: VAE | None

    @property
    def last(self) -> VAE:
        """The trained model; before the end, the first one."""
        return self.first if self.model is None else self.model


def images_of(settings: RunSettings) -> Images:
    """Return the images that a run trains on, and those that it is looked at on."""
    data = load_dataset(settings.dataset)
    train, held_out = data.train.x, data.validation.x
    if settings.pixels != "as they are":
        train, held_out = (train > 0.5).float(), (held_out > 0.5).float()
    if settings.pixels == "signed":
        train, held_out = 2.0 * train - 1.0, 2.0 * held_out - 1.0
    return Images(train, held_out, data.image_shape)


def new_model(settings: RunSettings, images: Images) -> VAE:
    """Return the model that a run begins with."""
    return VAE(
        images.shape,
        latent_dim=settings.latent_dim,
        hidden=settings.hidden,
        likelihood=settings.likelihood,
        sigma=settings.sigma,
        seed=settings.seed,
    )


def begun(settings: RunSettings) -> Trained:
    """Return what there is of a run before it is looked at for the first time."""
    return Trained((), (), frozen(new_model(settings, images_of(settings))), None)


def train(settings: RunSettings, bound: Bound, watch: Sequence[Bound]) -> Generator[Trained, None, Trained]:
    """Train a model to maximise a bound, as a code would.

    Args:
        settings: What twins have in common.
        bound: What this code takes for the bound.
        watch: Bounds that are looked at now and then, on other images.

    Yields:
        What there is, after each look.

    Returns:
        The whole run.
    """
    images = images_of(settings)
    model = new_model(settings, images)
    first = frozen(model)
    adam = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99))
    order, noise = generator(settings.seed, "museum: order"), generator(settings.seed, "museum: noise")
    shape = (settings.samples, settings.batch, settings.latent_dim)
    seen, still = images.held_out, draw_noise(settings, len(images.held_out))
    steps: list[int] = []
    watched: list[tuple[float, ...]] = []
    for step in range(settings.steps + 1):
        if step % EVERY == 0 or step == settings.steps:
            with torch.no_grad():
                steps.append(step)
                watched.append(tuple(float(one(model, seen, still)) for one in watch))
            yield Trained(tuple(steps), tuple(watched), first, None)
        if step == settings.steps:
            break
        rows = torch.randint(len(images.train), (settings.batch,), generator=order)
        x = images.train[rows]
        loss = -bound(model, x, torch.randn(shape, generator=noise))
        adam.zero_grad()
        loss.backward()
        adam.step()
    return Trained(tuple(steps), tuple(watched), first, frozen(model))


def draw_noise(settings: RunSettings, count: int) -> Tensor:
    """Return the ε with which a bound is looked at, (K, B, L)."""
    shape = (settings.reported_samples, count, settings.latent_dim)
    return torch.randn(shape, generator=generator(settings.seed, "museum: watched"))


def frozen(model: VAE) -> VAE:
    """Return a copy in float64 whose weights stay as they are."""
    return model.double().requires_grad_(False)
