"""What model and encoder say of every image at every node of a grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.estimators.scores import ImageScores
from vae_core.finite_world.grid import Grid
from vae_core.gaussians import DiagonalGaussian
from vae_core.units import LOG_TWO_PI

NODES_AT_ONCE = 128
"""A block of so many nodes and 512 images is half a megabyte in float64."""
KEPT = 2_000_000
"""Tables with at most so many numbers are kept, larger ones made anew at each use."""
LEAST = -600.0
"""e^−600 adds nothing to any sum, and smaller numbers would be denormal, and slow."""


@dataclass(frozen=True, eq=False)
class Block:
    """Some nodes of a grid, in float64, nats.

    Attributes:
        log_prior: log p(z), (G, 1).
        log_p: log p(x|z), (G, N).
        log_q: log q(z|x), (G, N).
        q: q(z|x), at least e^−600, (G, N).
    """

    log_prior: Tensor
    log_p: Tensor
    log_q: Tensor
    q: Tensor


class Tables:
    """Blocks that make up a grid, and log p(x) by the trapezoid rule over them.

    Attributes:
        grid: The grid.
        log_likelihood: log p(x) = log ∫ p(z) p(x|z) dz, (N,) nats.
    """

    def __init__(self, scores: ImageScores, x: Tensor, q: DiagonalGaussian, grid: Grid) -> None:
        """Evaluate the decoder at the grid's nodes.

        Args:
            scores: The decoder.
            x: Binary images, (N, D) float64.
            q: Their q(z|x).
            grid: Where.
        """
        self.grid = grid
        self._scores, self._x, self._q = scores, x, q
        self._kept: list[Block] | None = None
        if grid.nodes * len(x) <= KEPT:
            self._kept = list(self._made())
        # log p(x) = log Σ_z step p(z) p(x|z)
        parts = [torch.logsumexp(block.log_p + block.log_prior, 0) for block in self.blocks()]
        self.log_likelihood = torch.logsumexp(torch.stack(parts), 0) + math.log(grid.cell)

    def blocks(self) -> Iterator[Block]:
        """Go through all nodes."""
        yield from self._made() if self._kept is None else self._kept

    @torch.no_grad()
    def _made(self) -> Iterator[Block]:
        for z in self.grid.codes(NODES_AT_ONCE):
            logits, partition = self._scores.parameters_at(z)
            # log p(x|z) = x·logits − Σ_d log(1 + e^{logit_d})
            log_p = torch.addmm(-partition[:, None], logits, self._x.T)
            log_q = log_normal(z, self._q)
            log_prior = -0.5 * (z.square() + LOG_TWO_PI).sum(1, keepdim=True)
            yield Block(log_prior, log_p, log_q, torch.exp(log_q.clamp_min(LEAST)))


def log_normal(z: Tensor, q: DiagonalGaussian) -> Tensor:
    """log N(z; μ, diag σ²) of every code (G, L) under every q (N, L), (G, N) nats."""
    log_q = -(0.5 * q.log_var + 0.5 * LOG_TWO_PI).sum(1).expand(len(z), -1)
    for j in range(z.shape[1]):
        # −½ (z_j − μ_j)²/σ_j²
        scaled = (z[:, j, None] - q.mean[:, j]) / q.std[:, j]
        log_q = log_q.addcmul(scaled, scaled, value=-0.5)
    return log_q
