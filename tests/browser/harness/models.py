"""Snapshots with random weights: what a decoder draws does not matter to its tests."""

from typing import Any

import torch

from vae_core.models import VAE
from vae_core.training.config import TrainConfig
from vae_core.training.snapshot import Snapshot


def random_snapshot(
    *, image_shape: tuple[int, ...] = (1, 28, 28), seed: int = 0, gain: float = 1.0, **settings: Any
) -> Snapshot:
    """A snapshot of an untrained model whose decoder's weights are `gain` times larger than usual."""
    config = TrainConfig(seed=seed, **settings)
    model = VAE(
        image_shape,
        latent_dim=config.latent_dim,
        hidden=config.hidden,
        activation=config.activation,
        likelihood=config.likelihood,
        seed=seed,
    )
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.decoder.layers.parameters():
            width = parameter.shape[-1] if parameter.ndim == 2 else 4.0
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(gain * noise / width**0.5)
    return Snapshot.of(model, config, step=0)
