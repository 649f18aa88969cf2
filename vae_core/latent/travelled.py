"""How far a walk has come in pixel space at each point of its curve."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.latent.walks import Walk
from vae_core.models import VAE


@torch.no_grad()
def travelled(model: VAE, way: Walk) -> Tensor:
    """Return the length in pixels from the start to each point of `way.path`, (M,) float64, from 0.

    Chords between the points are a little shorter than the curve; they are stretched so that the last
    entry is `way.pixel_length`.

    Args:
        model: The model of the walk.
        way: The walk.
    """
    mean = model.double().decode(way.path).mean
    chords = torch.linalg.vector_norm(mean.diff(dim=0), dim=1)
    reached = torch.cat([chords.new_zeros(1), chords.cumsum(0)])
    total = float(reached[-1])
    return reached * (way.pixel_length / total) if total > 0.0 else reached
