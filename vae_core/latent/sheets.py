"""A sheet of samples by which models are compared at a glance: the same codes, decoded by each."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.models import VAE
from vae_core.rng import generator

MOST_SIDE = 64


def prior_codes(latent_dim: int, *, side: int = 5) -> Tensor:
    """Return codes that stand for the prior, the same whatever the model, (side², L) float32.

    In two dimensions they are the plane's middle quantiles, row by row from the top; in one dimension the
    line's; in more, draws of a fixed seed.

    Raises:
        SettingError: If `side` is out of its limits.
    """
    side = int(check_number("side", side, low=1, high=MOST_SIDE, integer=True))
    if latent_dim > 2:
        return torch.randn((side * side, latent_dim), generator=generator(0, "prior sheet"))
    count = side if latent_dim == 2 else side * side
    # z_i = Φ⁻¹((i + ½)/n)
    axis = torch.special.ndtri((torch.arange(count, dtype=torch.float64) + 0.5) / count).float()
    if latent_dim == 1:
        return axis[:, None]
    up, right = torch.meshgrid(axis.flip(0), axis, indexing="ij")
    return torch.stack([right, up], 2).reshape(-1, 2)


@torch.no_grad()
def prior_sheet(model: VAE, *, side: int = 5) -> Tensor:
    """Return E[x|z] at `prior_codes`, (side², D)."""
    return model.decode(prior_codes(model.latent_dim, side=side)).mean


@torch.no_grad()
def prior_draws(model: VAE, *, count: int) -> Tensor:
    """Return draws of x from the model, the decoder's noise included, (count, D); the seed is fixed."""
    random = generator(0, "prior draws")
    z = torch.randn((count, model.latent_dim), generator=random)
    return model.decode(z).sample(random)
