"""Shortest paths under the decoder's pull-back metric G(z) = JᵀJ, J = dμ/dz (Arvanitidis et al. 2018).

The length of a path is that of its image in pixel space: how much the picture changes on the way. Where a
decoder saturates the picture hardly changes, so a shortest path may run outside of where the data live;
`limit` keeps it within a box.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.latent.grid_paths import grid_path
from vae_core.latent.paths import (
    MeanOf,
    chord_length,
    equal_steps,
    on_curve,
    on_polyline,
    pixel_length,
    spherical_path,
    straight_path,
)

# Curves are measured at this many steps.
FINE = 256
# Nodes of the curve that is relaxed, from coarse to fine.
LEVELS = (9, 17, 33, 65, 129)
# From this level on, a finer one is taken only where chords miss more of the length than a share of it:
# where the image bends sharply, a coarse curve's nodes leap over what lies between them.
ENOUGH = 2
MISSED = 0.02
# A level has settled when so many steps of L-BFGS lower the energy by less than a share of it.
BLOCK = 10
SETTLED = (1e-2, 1e-2, 1e-6, 1e-6, 1e-6)
MAX_BLOCKS = (2, 2, 20, 10, 10)
# Curves whose lengths differ by a smaller share are taken for one.
SAME = 1e-3


@dataclass(frozen=True, eq=False)
class Geodesic:
    """The shortest path that was found.

    Attributes:
        z: (points, L) float64, equally far apart in pixels.
        path: The same curve, finely, (257, L).
        length: ∫ ‖dμ(z(t))‖ in pixel units, along `path`.
        converged: Whether the search ended at a minimum, a local one at least, and not at its limit of steps.
    """

    z: Tensor
    path: Tensor
    length: float
    converged: bool


def geodesic(
    mean_of: MeanOf,
    start: Tensor,
    end: Tensor,
    *,
    points: int = 33,
    starts: Sequence[Tensor] = (),
    limit: float | None = None,
) -> Geodesic:
    """Return the shortest path between two codes in the decoder's metric, as far as it is found.

    A discrete curve of least energy, E = (n − 1) Σ_i ‖μ(z_{i+1}) − μ(z_i)‖², is relaxed from several first
    guesses: straight, spherical, those in `starts`, and with two latent dimensions the shortest path on a
    grid, which finds the way round an obstacle. Never longer than the straight and the spherical path.

    Args:
        mean_of: z -> μ(z), (B, D) for (B, L) float64, differentiable.
        start: (L,).
        end: (L,).
        points: How many points of it are wanted, at least 2.
        starts: Further first guesses, polylines (M, L) from start to end.
        limit: Every |z_j| stays within it, or within the ends' own where they lie farther out.

    Raises:
        SettingError: If the ends don't fit together, or the decoder gives no finite numbers on any start.
    """
    count = int(check_number("points", points, low=2, high=1025, integer=True))
    if start.ndim != 1 or start.shape != end.shape or not bool((start + end).isfinite().all()):
        shapes = f"shapes {tuple(start.shape)} and {tuple(end.shape)}"
        refuse("start and end", "must be two finite codes of equal length", shapes)
    start, end = start.detach().double(), end.detach().double()
    bound = None
    if limit is not None:
        check_number("limit", limit, low=0.0, high=1e6, open_low=True)
        bound = torch.maximum(start.abs(), end.abs()).clamp_min(limit)
    t = torch.linspace(0.0, 1.0, FINE + 1, dtype=torch.float64)
    plain = [straight_path(start, end, t), spherical_path(start, end, t)]
    guesses = plain[:1] if torch.equal(*plain) else plain[:]
    guesses += [_checked_start(path, start, end) for path in starts]
    if len(start) == 2 and not torch.equal(start, end):
        guesses.append(grid_path(mean_of, start, end, **_box(start, end, bound)))
    best = _shortest(mean_of, guesses, bound)
    # The starts themselves are paths, too.
    lengths = [pixel_length(mean_of, path) for path in plain]
    shortest = min(lengths)
    if best is None and not math.isfinite(shortest):
        refuse("mean_of", "must decode the way from start to end to finite numbers", "others")
    if best is None or shortest < best.length:
        converged = best is not None and best.converged and best.length < shortest * (1.0 + 1e-6) + 1e-12
        path = plain[lengths.index(shortest)]
        path = on_polyline(path, equal_steps(mean_of, path, FINE + 1))
        best = Geodesic(path, path, shortest, converged or shortest == 0.0)
    z = on_polyline(best.path, torch.linspace(0.0, 1.0, count, dtype=torch.float64))
    z[0], z[-1] = start, end
    return Geodesic(z, best.path, best.length, best.converged)


def _checked_start(path: Tensor, start: Tensor, end: Tensor) -> Tensor:
    if path.ndim != 2 or len(path) < 2 or path.shape[1] != len(start) or not bool(path.isfinite().all()):
        rule = f"must be finite polylines of shape (points, {len(start)})"
        refuse("starts", rule, f"one of shape {tuple(path.shape)}")
    return torch.cat([start[None], path[1:-1].detach().double(), end[None]])


def _box(start: Tensor, end: Tensor, bound: Tensor | None) -> dict[str, Tensor]:
    """A box with room for a detour as wide as the ends are apart."""
    room = float((end - start).norm())
    low, high = torch.minimum(start, end) - room, torch.maximum(start, end) + room
    if bound is not None:
        low, high = torch.maximum(low, -bound), torch.minimum(high, bound)
    return {"low": low, "high": high}


def _shortest(mean_of: MeanOf, guesses: list[Tensor], bound: Tensor | None) -> Geodesic | None:
    """Relax all guesses on a coarse curve and the best two on finer ones; None where none is finite."""
    curves = [path for path in guesses if math.isfinite(chord_length(mean_of, path))]
    best: Geodesic | None = None
    for level, count in enumerate(LEVELS):
        if not curves:
            return best
        nodes = [on_polyline(path, equal_steps(mean_of, path, count)) for path in curves]
        relaxed, settled = _relax(mean_of, torch.stack(nodes), bound, level)
        paths = [_smooth(mean_of, one, bound) for one in relaxed]
        lengths = [pixel_length(mean_of, path) for path in paths]
        first, *others = sorted(range(len(paths)), key=lengths.__getitem__)
        seen = chord_length(mean_of, relaxed[first]) >= (1.0 - MISSED) * lengths[first]
        best = Geodesic(paths[first], paths[first], lengths[first], settled and seen)
        if level >= ENOUGH and seen:
            return best
        curves = [paths[first]]
        if level == 0:
            curves += [paths[i] for i in others if lengths[i] > (1.0 + SAME) * lengths[first]][:1]
    return best


def _smooth(mean_of: MeanOf, nodes: Tensor, bound: Tensor | None) -> Tensor:
    """The smooth curve through nodes, at steps that are equal in pixels, (FINE + 1, L)."""
    t = torch.linspace(0.0, 1.0, FINE + 1, dtype=nodes.dtype)
    path = on_curve(nodes, equal_steps(mean_of, on_curve(nodes, t), FINE + 1))
    path[0], path[-1] = nodes[0], nodes[-1]
    return path if bound is None else path.clamp(-bound, bound)


def _relax(mean_of: MeanOf, nodes: Tensor, bound: Tensor | None, level: int) -> tuple[Tensor, bool]:
    """Lower the energies of curves (S, n, L), their ends fixed; return them and whether these settled."""
    n = nodes.shape[1]
    # K, the second difference on the n − 2 inner nodes, has sines as eigenvectors: K = Q diag(λ) Qᵀ.
    k = torch.arange(1, n - 1, dtype=nodes.dtype)
    sines = math.sqrt(2.0 / (n - 1)) * torch.sin(math.pi / (n - 1) * k[:, None] * k)
    roots = 2.0 * torch.sin(0.5 * math.pi / (n - 1) * k)
    # z = z₀ + Q λ^{-½} u: in u the energy of a straight curve is as curved in all directions.
    spread = sines / roots
    inner = _unsquashed(nodes[:, 1:-1], bound)
    u = torch.zeros_like(inner, requires_grad=True)

    def curves() -> Tensor:
        return torch.cat([nodes[:, :1], _squashed(inner + spread @ u, bound), nodes[:, -1:]], 1)

    def energies() -> Tensor:
        mean = mean_of(curves().flatten(0, 1))
        return mean.unflatten(0, nodes.shape[:2]).diff(dim=1).square().sum((1, 2))

    with torch.no_grad():
        before = energies()
    # Each in units of its own start: numbers of the order of 1, whatever the scale of the pixels.
    scale = torch.where(before > 0.0, before, 1.0)
    optimiser = torch.optim.LBFGS(
        [u],
        max_iter=BLOCK,
        history_size=20,
        tolerance_grad=1e-12,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def total() -> Tensor:
        optimiser.zero_grad()
        value = (energies() / scale).sum()
        value.backward()
        return value

    for _ in range(MAX_BLOCKS[level]):
        with torch.enable_grad():
            optimiser.step(total)
        with torch.no_grad():
            after = energies()
        if not bool(after.isfinite().all()):
            return nodes, False
        if bool((before - after <= SETTLED[level] * after).all()):
            return curves().detach(), True
        before = after
    return curves().detach(), False


def _squashed(w: Tensor, bound: Tensor | None) -> Tensor:
    """w up to 1 before the bound, and from there a bend that never reaches it; twice differentiable."""
    if bound is None:
        return w
    beyond = (w.abs() - (bound - 1.0).clamp_min(0.0)).clamp_min(0.0)
    return w - torch.sign(w) * (beyond - torch.tanh(beyond))


def _unsquashed(z: Tensor, bound: Tensor | None) -> Tensor:
    if bound is None:
        return z
    beyond = (z.abs() - (bound - 1.0).clamp_min(0.0)).clamp(0.0, 0.99)
    return torch.sign(z) * (torch.minimum(z.abs(), (bound - 1.0).clamp_min(0.0)) + torch.atanh(beyond))
