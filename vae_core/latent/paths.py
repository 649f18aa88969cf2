"""Paths through latent space as polylines: straight, spherical, and how long they are in pixels."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

MeanOf = Callable[[Tensor], Tensor]
"""z -> μ(z): the decoder's mean, (B, D) for (B, L), differentiable, float64 in and out."""

# Two directions closer than this to opposite span no plane to turn in; radians.
ANTIPARALLEL = 1e-4


def straight_path(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Return z(t) = (1 − t) a + t b, (M, L).

    Args:
        start: a, (L,).
        end: b, (L,).
        t: From 0 to 1, (M,).
    """
    return torch.lerp(start, end, t[:, None])


def spherical_path(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Turn from a to b at constant angular speed, the norm changing linearly, (M, L).

    Where a or b is zero, or b points the opposite way, no shortest turn exists: the straight path is
    returned.

    Args:
        start: a, (L,).
        end: b, (L,).
        t: From 0 to 1, (M,).
    """
    norm_a, norm_b = float(start.norm()), float(end.norm())
    if norm_a == 0.0 or norm_b == 0.0:
        return straight_path(start, end, t)
    a, b = start / norm_a, end / norm_b
    # Ω = 2 atan2(‖â − b̂‖, ‖â + b̂‖), which keeps its digits near 0 and π
    angle = 2.0 * math.atan2(float((a - b).norm()), float((a + b).norm()))
    if math.pi - angle < ANTIPARALLEL:
        return straight_path(start, end, t)
    if angle < 1e-8:  # one direction: only the norm changes
        return straight_path(start, end, t)
    # z(t) = [(1 − t) ‖a‖ + t ‖b‖] [sin((1 − t) Ω) â + sin(t Ω) b̂] / sin Ω
    norm = (1.0 - t) * norm_a + t * norm_b
    turned = torch.sin((1.0 - t) * angle)[:, None] * a + torch.sin(t * angle)[:, None] * b
    path = norm[:, None] * turned / math.sin(angle)
    path[t == 0.0], path[t == 1.0] = start, end
    return path


@torch.no_grad()
def pixel_length(mean_of: MeanOf, path: Tensor) -> float:
    """Return ∫ ‖dμ(z(t))/dt‖ dt of a smooth curve, from an odd number of its points, evenly spaced in t.

    Args:
        mean_of: z -> μ(z).
        path: (M, L), M odd.
    """
    mean = mean_of(path)
    fine = float(_chords(mean).sum())
    coarse = float(_chords(mean[::2]).sum())
    # Chords are too short by c h² + O(h⁴): Richardson's combination takes c h² away.
    return (4.0 * fine - coarse) / 3.0


@torch.no_grad()
def chord_length(mean_of: MeanOf, points: Tensor) -> float:
    """Return Σ_i ‖μ(z_{i+1}) − μ(z_i)‖ over the points (M, L) themselves."""
    return float(_chords(mean_of(points)).sum())


@torch.no_grad()
def equal_steps(mean_of: MeanOf, path: Tensor, count: int) -> Tensor:
    """Return where on a polyline points lie that are equally far apart in pixels, as fractions (count,).

    Args:
        mean_of: z -> μ(z).
        path: (M, L).
        count: Points wanted, both ends among them.

    Returns:
        Fractions of the polyline's M − 1 edges, from 0 to 1.
    """
    edges = _chords(mean_of(path))
    total = edges.sum()
    if not bool(total > 0.0):
        return torch.linspace(0.0, 1.0, count, dtype=path.dtype)
    # A trace of every edge, so that the way back from length to place is a function.
    edges = edges + 1e-12 * total
    reached = torch.cat([edges.new_zeros(1), edges.cumsum(0)])
    wanted = torch.linspace(0.0, 1.0, count, dtype=path.dtype) * reached[-1]
    edge = (torch.searchsorted(reached, wanted, right=True) - 1).clamp(0, len(edges) - 1)
    inside = ((wanted - reached[edge]) / edges[edge]).clamp(0.0, 1.0)
    return (edge + inside) / len(edges)


def on_polyline(path: Tensor, fractions: Tensor) -> Tensor:
    """Return points on a polyline (M, L), linear on each edge, (F, L) for fractions (F,) of its edges."""
    place = fractions * (len(path) - 1)
    edge = place.floor().long().clamp(0, len(path) - 2)
    return torch.lerp(path[edge], path[edge + 1], (place - edge)[:, None])


def on_curve(nodes: Tensor, fractions: Tensor) -> Tensor:
    """Return points on the smooth curve through evenly spaced nodes, (F, L) for fractions (F,) in [0, 1].

    Cubic through the four nearest nodes, so the error is O(h⁴) at the ends, too.

    Args:
        nodes: (n, L), n at least 4.
        fractions: (F,).
    """
    place = fractions * (len(nodes) - 1)
    first = (place.floor().long() - 1).clamp(0, len(nodes) - 4)
    s = (place - first)[:, None]
    # Lagrange's cubic through nodes at s = 0, 1, 2, 3
    weights = (
        -(s - 1) * (s - 2) * (s - 3) / 6,
        s * (s - 2) * (s - 3) / 2,
        -s * (s - 1) * (s - 3) / 2,
        s * (s - 1) * (s - 2) / 6,
    )
    parts = [weight * nodes[first + k] for k, weight in enumerate(weights)]
    return torch.stack(parts).sum(0)


def _chords(points: Tensor) -> Tensor:
    return torch.linalg.vector_norm(points.diff(dim=0), dim=1)
