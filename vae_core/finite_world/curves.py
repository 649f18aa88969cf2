"""The densities over z that figures of the finite world draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.checks import check_number
from vae_core.finite_world.distribution import checked_distribution
from vae_core.finite_world.world import Enumeration

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """Densities on the grid, (G,) in one dimension, (G, H) in two, the first axis that of z_1.

    Attributes:
        axes: Coordinates along each latent dimension, one array for each.
        prior: p(z).
        aggregate: q(z) = Σ_x p_D(x) q(z|x).
        encoder: q(z|x) of the chosen image.
        posterior: p(z|x) of the chosen image.
        image: The chosen image's pixels, (9,).
    """

    axes: tuple[Array, ...]
    prior: Array
    aggregate: Array
    encoder: Array
    posterior: Array
    image: Array


@torch.no_grad()
def curves(enumeration: Enumeration, image: int, *, p_data: Tensor | None = None) -> Curves:
    """Return the densities over z for one image.

    Args:
        enumeration: A tabulated model.
        image: 0 to 511: the image whose pixels are the binary digits of this number.
        p_data: p_D, (512,); the data set's own when None.

    Raises:
        SettingError: If there is no such image, or p_data is no distribution over the images.
    """
    p = checked_distribution(p_data)
    row = int(check_number("image", image, low=0, high=len(p) - 1, integer=True))
    tables = enumeration.tables
    parts = []
    for block in tables.blocks():
        log_prior = block.log_prior[:, 0]
        # p(z|x) = p(x|z) p(z)/p(x)
        posterior = torch.exp(block.log_p[:, row] + log_prior - tables.log_likelihood[row])
        parts.append(torch.stack([log_prior.exp(), block.q @ p, block.q[:, row], posterior]))
    prior, aggregate, encoder, posterior = torch.cat(parts, 1).reshape(4, *tables.grid.counts).numpy()
    axes = tuple(axis.numpy() for axis in tables.grid.axes)
    return Curves(axes, prior, aggregate, encoder, posterior, enumeration.x[row].numpy())
