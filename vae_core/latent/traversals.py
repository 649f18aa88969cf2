"""Latent traversals: one code, with one dimension at a time moved through a range."""

from __future__ import annotations

from torch import Tensor

from vae_core.checks import refuse


def traversal(z: Tensor, values: Tensor) -> Tensor:
    """Return a grid of codes, (L, V, L): row j is z with z_j set to each value in turn.

    Args:
        z: (L,).
        values: (V,).

    Raises:
        SettingError: If z or the values are no vectors.
    """
    for name, vector in (("z", z), ("values", values)):
        if vector.ndim != 1 or not len(vector):
            refuse(name, "must be a vector of one or more numbers", f"shape {tuple(vector.shape)}")
    grid = z.expand(len(z), len(values), len(z)).clone()
    # grid[j, v, j] = values[v]
    grid.diagonal(dim1=0, dim2=2).copy_(values.to(z)[:, None])
    return grid
