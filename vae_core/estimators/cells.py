"""Gauss-Legendre rules on a cell, a square or an interval, and the polynomials through their nodes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

F64 = torch.float64


class CellRule:
    """n nodes along each axis of a cell of side 1 around 0, and what its halves see of the polynomial.

    Values on a cell are (P, n, m), with m = n in two dimensions and 1 in one; those on its halves
    (P, 2n, 2m) or (P, 2n, 1), sorted along each axis.
    """

    def __init__(self, latent_dim: int, nodes: int) -> None:
        """Make the rule for one or two dimensions."""
        t, w = np.polynomial.legendre.leggauss(nodes)
        halves = np.concatenate([t - 1.0, t + 1.0]) / 2.0
        # c_k = (2k + 1)/2 Σ_i w_i P_k(t_i) f_i: exact for polynomials of degree n − 1
        basis = np.polynomial.legendre.legvander(t, nodes - 1)
        transform = (np.arange(nodes)[:, None] + 0.5) * (basis * w[:, None]).T
        split = np.polynomial.legendre.legvander(halves, nodes - 1) @ transform
        one = torch.ones(1, 1, dtype=F64)
        axis, axis_halves = torch.tensor(t / 2.0), torch.tensor(halves / 2.0)
        log_w = torch.tensor(np.log(w / 2.0))
        log_w_halves = torch.cat([log_w, log_w]) - np.log(2.0)
        flat = latent_dim == 1
        zero = torch.zeros(1, dtype=F64)
        self.latent_dim = latent_dim
        self.nodes = nodes
        self.transforms = (torch.tensor(transform), one if flat else torch.tensor(transform))
        self.splits = (torch.tensor(split), one if flat else torch.tensor(split))
        self.points = _product(axis, zero if flat else axis)[:, :latent_dim]
        self.half_points = _product(axis_halves, zero if flat else axis_halves)[:, :latent_dim]
        self.log_weights = log_w[:, None] + (zero if flat else log_w)
        self.half_log_weights = log_w_halves[:, None] + (zero if flat else log_w_halves)

    def halve(self, values: Tensor) -> Tensor:
        """Return the polynomial through the values at the nodes of the halves."""
        return self.splits[0] @ values @ self.splits[1].T

    def tail(self, values: Tensor) -> Tensor:
        """Return how large the last two degrees of that polynomial are, (P,): what a higher one would add."""
        c = (self.transforms[0] @ values @ self.transforms[1].T).abs()
        last = c[:, -2:, :].sum((1, 2))
        return last if self.latent_dim == 1 else last + c[:, :-2, -2:].sum((1, 2))

    def children(self, values: Tensor) -> Tensor:
        """Return values on the halves as cells of their own, (P · 2ᴸ, n, m), one's in a row."""
        n, count = self.nodes, len(values)
        if self.latent_dim == 1:
            return values.reshape(2 * count, n, 1)
        return values.reshape(count, 2, n, 2, n).permute(0, 1, 3, 2, 4).reshape(4 * count, n, n)

    def child_cells(self, cells: Tensor) -> Tensor:
        """Return the whole-number coordinates of children, in the same order, (P · 2ᴸ, L)."""
        ends = torch.tensor([0, 1])
        offsets = torch.cartesian_prod(*[ends] * self.latent_dim).reshape(-1, self.latent_dim)
        return (2 * cells[:, None] + offsets).flatten(0, 1)


def log_sum(values: Tensor, log_weights: Tensor) -> Tensor:
    """log Σ w e^v over a cell, (P,)."""
    return torch.logsumexp((values + log_weights).flatten(1), 1)


def ceiling(values: Tensor) -> Tensor:
    """Return a height that a smooth function through the values hardly exceeds between them, (P,).

    Along each axis, half of a step to a neighbour is added to the higher of the two.
    """
    top = values.flatten(1).amax(1)
    reach = top * (1 - sum(values.shape[axis] > 1 for axis in (1, 2)))
    for axis in (1, 2):
        if values.shape[axis] > 1:
            count = values.shape[axis] - 1
            low, high = values.narrow(axis, 0, count), values.narrow(axis, 1, count)
            # max(a, b) + ½ |a − b| = ½ (a + b) + |a − b|
            step = (high - low).abs_().add_(low, alpha=0.5).add_(high, alpha=0.5)
            reach = reach + step.flatten(1).amax(1)
    return reach


def _product(first: Tensor, second: Tensor) -> Tensor:
    return torch.cartesian_prod(first, second)
