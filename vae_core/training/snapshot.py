"""A model at one moment of a run, immutable, and what the pages draw of it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.data import Dataset
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator
from vae_core.training.config import TrainConfig

Array = NDArray[np.float32]

MAX_LATENT_MEANS = 2000
SHOWN_IMAGES = 12
SHOWN_SAMPLES = 24


@dataclass(frozen=True)
class Snapshot:
    """The weights of a model at a step.

    Attributes:
        config: The run's settings.
        image_shape: (C, H, W).
        step: Steps trained so far.
        weights: Names as in `VAE.state_dict()`, float32, read-only.
        key: A digest of the weights and of what they are the weights of: equal keys mean equal models.
    """

    config: TrainConfig
    image_shape: tuple[int, int, int]
    step: int
    weights: dict[str, Array]
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Freeze the weights and take their digest."""
        config = self.config
        # What the same numbers compute depends on these as well.
        shape = f"{self.image_shape} {config.likelihood} {config.sigma} {config.activation} {config.hidden}"
        digest = hashlib.sha256(shape.encode())
        for name in sorted(self.weights):
            self.weights[name].setflags(write=False)
            digest.update(name.encode())
            digest.update(self.weights[name].tobytes())
        object.__setattr__(self, "key", digest.hexdigest()[:16])

    @property
    def finite(self) -> bool:
        """Whether all weights are finite numbers."""
        return all(bool(np.isfinite(value).all()) for value in self.weights.values())

    @classmethod
    def of(cls, model: VAE, config: TrainConfig, *, step: int) -> Snapshot:
        """Copy a model's weights."""
        weights = {
            name: value.detach().to("cpu", torch.float32, copy=True).contiguous().numpy()
            for name, value in model.state_dict().items()
        }
        return cls(config, model.image_shape, step, weights)

    def model(self) -> VAE:
        """Return a float32 model on the CPU with these weights, in memory of its own."""
        model = model_for(self.config, self.image_shape, seed=None)
        model.load_state_dict({name: torch.tensor(value) for name, value in self.weights.items()})
        return model.eval()


def model_for(config: TrainConfig, image_shape: tuple[int, int, int], *, seed: int | None) -> VAE:
    """Return a model with the settings of a config, and initial weights of a seed, or none yet."""
    return VAE(
        image_shape,
        latent_dim=config.latent_dim,
        hidden=config.hidden,
        activation=config.activation,
        likelihood=config.likelihood,
        sigma=config.sigma,
        seed=seed,
    )


@dataclass(frozen=True)
class Observation:
    """What the pages draw of a model, on validation data.

    Attributes:
        step: Of the model.
        image_shape: (C, H, W).
        latent_mean: Encoder means of at most 2,000 validation images, (N, L).
        labels: Their classes, (N,), or None.
        kl_per_dimension: Mean over the same images, (L,) nats.
        reconstruction: Mean over the same images, nats per image, one draw of z each.
        kl: Mean over the same images, nats per image.
        elbo_error: Standard error of `reconstruction - kl` over these images, nats: about how far the mean
            over another set of images, with other draws of z, would lie. None for a single image.
        originals: The first images, (n, D); for points of two or one dimensions, all of them.
        reconstructions: Decoder means at the mean codes of `originals`.
        samples: Decoder means at draws of z from the prior, the same draws at every step.
    """

    step: int
    image_shape: tuple[int, int, int]
    latent_mean: Array
    labels: NDArray[np.int64] | None
    kl_per_dimension: Array
    reconstruction: float
    kl: float
    elbo_error: float | None
    originals: Array
    reconstructions: Array
    samples: Array


@torch.no_grad()
def observe(source: Snapshot | VAE, dataset: Dataset, *, seed: int = 0, step: int = 0) -> Observation:
    """Evaluate what the pages draw of a model.

    Args:
        source: A snapshot, or a model.
        dataset: Whose validation split is used.
        seed: Of the noise and of the draws from the prior.
        step: Of the model; a snapshot's own step counts.
    """
    model = source.model() if isinstance(source, Snapshot) else source
    step = source.step if isinstance(source, Snapshot) else step
    x = dataset.validation.x[:MAX_LATENT_MEANS]
    labels = dataset.validation.labels
    points = model.dimensions <= 2
    shown = x if points else x[:SHOWN_IMAGES]
    samples = len(x) if points else SHOWN_SAMPLES
    posterior = model.encode(x)
    terms = elbo_terms(model, x, generator=generator(seed, "validation"), posterior=posterior)
    mean = posterior.mean
    prior = torch.randn((samples, model.latent_dim), generator=generator(seed, "prior"))
    return Observation(
        step=step,
        image_shape=model.image_shape,
        latent_mean=mean.numpy(),
        labels=None if labels is None else labels[:MAX_LATENT_MEANS].numpy().copy(),
        kl_per_dimension=terms.kl_per_dimension.mean(0).numpy(),
        reconstruction=float(terms.reconstruction.mean()),
        kl=float(terms.kl.mean()),
        elbo_error=standard_error(terms.elbo),
        originals=shown.numpy().copy(),  # the data are shared by everybody
        reconstructions=model.decode(mean[: len(shown)]).mean.numpy(),
        samples=model.decode(prior).mean.numpy(),
    )


def standard_error(values: Tensor) -> float | None:
    """Return the standard error of the mean of independent values (N,), or None for fewer than two."""
    # s / √N
    return float(values.double().std() / math.sqrt(len(values))) if len(values) > 1 else None
