"""The shortest path on a grid graph over a box of a 2-D latent space: rough, but global."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.latent.paths import MeanOf

SIDE = 41
# Neighbours of a node: the eight around it and the eight knight's moves, each pair of opposites once.
MOVES = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


@torch.no_grad()
def grid_path(mean_of: MeanOf, start: Tensor, end: Tensor, *, low: Tensor, high: Tensor) -> Tensor:
    """Return the polyline of least length in pixels among those along the edges of a grid graph.

    Args:
        mean_of: z -> μ(z).
        start: (2,), inside the box.
        end: (2,), inside the box.
        low: Lower corner of the box, (2,).
        high: Upper corner, (2,).

    Returns:
        (M, 2); its first and last point are the ends themselves, which lie between the grid's nodes.
    """
    steps = torch.arange(SIDE)
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    nodes = low + (high - low) * torch.stack([rows, columns], -1).reshape(-1, 2) / (SIDE - 1)
    mean = mean_of(nodes).reshape(SIDE, SIDE, -1)
    neighbours, lengths = _edges(mean)
    source, target = (int((nodes - z).square().sum(1).argmin()) for z in (start, end))
    towards = _towards(source, neighbours, lengths)
    route = [target]
    while route[-1] != source:
        route.append(int(towards[route[-1]]))
    path = nodes[route[::-1]]
    # The nodes beside the ends are left out: a detour through them would be a hook.
    return torch.cat([start[None], path[1:-1], end[None]])


def _edges(mean: Tensor) -> tuple[Tensor, Tensor]:
    """Neighbours of each node and how far they are in pixels, (16, SIDE²) each; infinitely outside."""
    index = torch.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    neighbours = index.expand(2 * len(MOVES), SIDE, SIDE).clone()
    lengths = torch.full(neighbours.shape, torch.inf, dtype=mean.dtype)
    for k, (down, right) in enumerate(MOVES):
        here = (slice(0, SIDE - down), slice(max(0, -right), SIDE - max(0, right)))
        there = (slice(down, SIDE), slice(max(0, right), SIDE - max(0, -right)))
        distance = torch.linalg.vector_norm(mean[here] - mean[there], dim=-1)
        neighbours[2 * k][here], lengths[2 * k][here] = index[there], distance
        neighbours[2 * k + 1][there], lengths[2 * k + 1][there] = index[here], distance
    return neighbours.flatten(1), lengths.flatten(1)


def _towards(source: int, neighbours: Tensor, lengths: Tensor) -> Tensor:
    """The neighbour through which each node is nearest to the source, (SIDE²,)."""
    nearest = torch.full_like(lengths[0], torch.inf)
    nearest[source] = 0.0
    towards = torch.full_like(neighbours[0], source)
    # Bellman and Ford's relaxation of all edges at once, until nothing gets nearer.
    while True:
        through, move = (nearest[neighbours] + lengths).min(0)
        nearer = through < nearest
        if not bool(nearer.any()):
            return towards
        nearest = torch.where(nearer, through, nearest)
        towards = torch.where(nearer, neighbours.gather(0, move[None])[0], towards)
