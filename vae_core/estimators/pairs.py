"""Pairs of a cell and an image: what adaptive quadrature works on."""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor

# Pairs of a cell and an image whose values are held at once: 16 MB on the halves of a square.
CHUNK_PAIRS = 8192


@dataclass(frozen=True, eq=False)
class Pairs:
    """Cells of one level, each with an image that may have mass there.

    Attributes:
        image: Row of the image, (P,).
        cell: Whole-number coordinates, (P, L).
        values: log p(x, z) at the nodes, (P, n, m).
        tail: What the values may be off, nats (P,), where they come from a polynomial; 0 where decoded.
        trusted: Whether that is so little that the decoder need not be asked, (P,).
    """

    image: Tensor
    cell: Tensor
    values: Tensor
    tail: Tensor
    trusted: Tensor

    def __len__(self) -> int:
        return len(self.image)

    def at(self, rows: Tensor) -> Pairs:
        """Return some of them."""
        return Pairs(*(getattr(self, f.name)[rows] for f in fields(Pairs)))

    def split(self) -> list[Pairs]:
        """Return them in chunks that bound the memory."""
        return [self.at(rows) for rows in torch.arange(len(self)).split(CHUNK_PAIRS)]

    @staticmethod
    def joined(parts: list[Pairs]) -> Pairs:
        """Return several in a row."""
        return Pairs(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Pairs)))


@dataclass(frozen=True, eq=False)
class Look:
    """What the polynomials of some pairs say, (P,) nats each.

    Attributes:
        coarse: log of the rule on the cell.
        fine: log of the rule on its halves.
        top: A height that the function hardly exceeds.
        rise: How far that is above the values seen.
        tail: What the polynomial may be off.
    """

    coarse: Tensor
    fine: Tensor
    top: Tensor
    rise: Tensor
    tail: Tensor

    @staticmethod
    def joined(parts: list[Look]) -> Look:
        """Return several in a row."""
        return Look(*(torch.cat([getattr(p, f.name) for p in parts]) for f in fields(Look)))

    def at(self, rows: Tensor) -> Look:
        """Return some of them."""
        return Look(*(getattr(self, f.name)[rows] for f in fields(Look)))

    def replaced(self, rows: Tensor, other: Look) -> Look:
        """Return these with some rows taken from another."""
        return Look(
            *(getattr(self, f.name).index_copy(0, rows, getattr(other, f.name)) for f in fields(Look))
        )
