"""What quadrature knows of each image's posterior."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Moments:
    """log p(x) and the first moments of p(z|x), for each image.

    Attributes:
        log_mass: log p(x), (B,) nats.
        error: Of log p(x), (B,) nats.
        mean: E[z|x], (B, L).
        cov: Cov[z|x], (B, L, L).
        best: The likeliest code under p(z|x) of those that were looked at, (B, L).
    """

    log_mass: Tensor
    error: Tensor
    mean: Tensor
    cov: Tensor
    best: Tensor

    @staticmethod
    def joined(parts: Sequence[Moments]) -> Moments:
        """Return those of several batches of images, in a row."""
        return Moments(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Moments)))

    def with_error(self, error: Tensor) -> Moments:
        """Return these with another error."""
        return replace(self, error=error)

    def where(self, here: Tensor, other: Moments) -> Moments:
        """Return the other's rows where `here` (B,) is true, else these."""
        rows = torch.nonzero(here)[:, 0]
        return self.replaced(rows, Moments(*(getattr(other, f.name)[rows] for f in fields(Moments))))

    def replaced(self, rows: Tensor, other: Moments) -> Moments:
        """Return these with some rows taken from another."""
        return Moments(
            *(getattr(self, f.name).index_copy(0, rows, getattr(other, f.name)) for f in fields(Moments))
        )
