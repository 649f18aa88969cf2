"""The images nearest to an image, in pixel space."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse

# Numbers held at once: 16 MB in float64.
CHUNK_NUMBERS = 2_000_000


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The k nearest, nearest first; of equally near ones the earlier row.

    Attributes:
        rows: (k,) int64.
        distances: ‖x − image‖, (k,) float64.
    """

    rows: Tensor
    distances: Tensor


@torch.no_grad()
def nearest_images(x: Tensor, images: Tensor, *, count: int = 5) -> Neighbours:
    """Return the images at the smallest Euclidean distance from x.

    Args:
        x: (D,).
        images: (N, D).
        count: How many, at least 1; all where there are fewer.

    Raises:
        SettingError: If the shapes don't fit or the count is none.
    """
    check_number("count", count, low=1, high=1_000_000, integer=True)
    if x.ndim != 1 or images.ndim != 2 or images.shape[1:] != x.shape or not len(images):
        shapes = f"{tuple(images.shape)} for x of {tuple(x.shape)}"
        refuse("images", "must have shape (N, D), as many pixels as x and N at least 1", shapes)
    rows = max(1, CHUNK_NUMBERS // max(1, len(x)))
    # Differences, and no products of norms: equal images have distance 0.
    parts = [torch.linalg.vector_norm(part.double() - x.double(), dim=1) for part in images.split(rows)]
    distances, order = torch.cat(parts).sort(stable=True)
    return Neighbours(order[:count], distances[:count])
