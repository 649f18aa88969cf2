"""Geodesics against closed forms on surfaces that have them, and against Dijkstra where none exists."""

import math

import numpy as np
import pytest
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from vae_core.checks import SettingError
from vae_core.latent import geodesics
from vae_core.latent.geodesics import geodesic
from vae_core.latent.grid_paths import grid_path
from vae_core.latent.paths import equal_steps, on_curve, on_polyline, pixel_length, spherical_path

F64 = torch.float64


def vector(*values):
    return torch.tensor(values, dtype=F64)


def polar(z):
    return torch.stack([z[:, 0] * torch.cos(z[:, 1]), z[:, 0] * torch.sin(z[:, 1])], 1)


def sphere(z):
    theta, phi = z[:, 0], z[:, 1]
    return torch.stack([theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()], 1)


def cylinder(z):
    return torch.stack([z[:, 0].cos(), z[:, 0].sin(), z[:, 1]], 1)


def wall(z):
    """A ridge across the way, lower downhill at the middle, with its only gap at y = 1.2."""
    height = 2.0 + 0.3 * torch.tanh(2.0 * z[:, 1]) - 2.3 * torch.exp(-(((z[:, 1] - 1.2) / 0.4) ** 2))
    return torch.cat([z, (height * torch.exp(-((z[:, 0] / 0.3) ** 2)))[:, None]], 1)


def assert_equal_steps(mean_of, found):
    steps = mean_of(found.z).diff(dim=0).norm(dim=1)
    assert float(steps.max() / steps.min()) < 1.01


def test_a_linear_decoder_gives_the_straight_line():
    generator = torch.Generator().manual_seed(1)
    w, b = torch.randn(7, 3, generator=generator, dtype=F64), torch.randn(7, generator=generator, dtype=F64)
    start, end = vector(-1.0, 2.0, 0.5), vector(1.5, 0.3, -2.0)
    found = geodesic(lambda z: z @ w.T + b, start, end)
    assert found.converged
    assert found.length == pytest.approx(float((w @ (end - start)).norm()), rel=1e-6)
    t = torch.linspace(0, 1, 33, dtype=F64)[:, None]
    torch.testing.assert_close(found.z, (1 - t) * start + t * end, atol=1e-6, rtol=0)


def test_in_polar_coordinates_it_is_the_chord():
    start, end = vector(1.0, -0.9), vector(2.0, 1.1)
    found = geodesic(polar, start, end, points=41)
    a, b = polar(torch.stack([start, end]))
    assert found.converged
    assert found.length == pytest.approx(float((b - a).norm()), rel=1e-6)
    t = torch.linspace(0, 1, 41, dtype=F64)[:, None]
    torch.testing.assert_close(polar(found.z), (1 - t) * a + t * b, atol=2e-4, rtol=0)
    assert pixel_length(
        polar, torch.lerp(start, end, torch.linspace(0, 1, 257, dtype=F64)[:, None])
    ) > 1.1 * (found.length)


@pytest.mark.parametrize(
    "ends", [((0.7, -1.0), (1.9, 0.8)), ((0.5, 0.0), (0.6, 2.5)), ((1.2, 0.1), (1.3, 0.2))]
)
def test_on_the_sphere_it_is_the_great_circle(ends):
    start, end = (vector(*one) for one in ends)
    found = geodesic(sphere, start, end)
    a, b = sphere(torch.stack([start, end]))
    angle = math.acos(float(a @ b))
    assert found.converged
    assert found.length == pytest.approx(angle, rel=1e-6)
    t = torch.linspace(0, 1, 33, dtype=F64)[:, None]
    circle = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / math.sin(angle)
    torch.testing.assert_close(sphere(found.z), circle, atol=1e-4, rtol=0)
    assert_equal_steps(sphere, found)


def test_on_a_cylinder_it_is_the_helix():
    start, end = vector(-0.5, 0.0), vector(1.5, 2.0)
    found = geodesic(cylinder, start, end)
    assert found.length == pytest.approx(math.hypot(2.0, 2.0), rel=1e-6)
    t = torch.linspace(0, 1, 33, dtype=F64)[:, None]
    torch.testing.assert_close(found.z, (1 - t) * start + t * end, atol=1e-4, rtol=0)


def dijkstra_length(mean_of, start, end, *, side, reach):
    """Shortest path on a fine grid with moves up to 5 nodes long, by SciPy: too long by 1 % at most."""
    axis = torch.linspace(-reach, reach, side, dtype=F64)
    nodes = torch.cartesian_prod(axis, axis)
    mean, index = mean_of(nodes).reshape(side, side, -1).numpy(), np.arange(side * side).reshape(side, side)
    moves = [(i, j) for i in range(6) for j in range(-5, 6) if (i or j > 0) and math.gcd(i, j) == 1]
    rows, columns, lengths = [], [], []
    for i, j in moves:
        here = (slice(0, side - i), slice(max(0, -j), side - max(0, j)))
        there = (slice(i, side), slice(max(0, j), side - max(0, -j)))
        rows.append(index[here].ravel())
        columns.append(index[there].ravel())
        lengths.append(np.linalg.norm(mean[here] - mean[there], axis=-1).ravel())
    edges = (np.concatenate(lengths), (np.concatenate(rows), np.concatenate(columns)))
    source, target = (int((nodes - z).square().sum(1).argmin()) for z in (start, end))
    graph = coo_array(edges, shape=(side**2, side**2)).tocsr()
    return float(dijkstra(graph, directed=False, indices=source)[target])


def test_the_grid_finds_the_way_round_an_obstacle(monkeypatch):
    start, end = vector(-1.5, 0.0), vector(1.5, 0.0)
    found = geodesic(wall, start, end)
    truth = dijkstra_length(wall, start, end, side=81, reach=3.0)
    assert found.length == pytest.approx(truth, rel=0.02)
    assert float(found.path[:, 1].max()) > 0.8  # through the gap
    assert found.converged
    # Without the grid, the straight start ends in a worse minimum.
    monkeypatch.setattr(geodesics, "grid_path", lambda mean_of, a, b, **_: torch.stack([a, b]))
    local = geodesic(wall, start, end)
    assert local.length > 1.05 * found.length
    # and so does not a start that somebody gives
    given = geodesic(wall, start, end, starts=[torch.stack([start, vector(0.0, 1.2), end])])
    assert given.length == pytest.approx(found.length, rel=1e-4)


def test_the_grid_path_is_dijkstras():
    start, end = vector(-1.5, 0.0), vector(1.5, 0.0)
    corner = vector(3.0, 3.0)
    path = grid_path(lambda z: z * 2.0, start, end, low=-corner, high=corner)
    assert torch.equal(path[0], start)
    assert torch.equal(path[-1], end)
    assert float(path.diff(dim=0).norm(dim=1).sum()) == pytest.approx(3.0)
    around = grid_path(wall, start, end, low=-corner, high=corner)
    length = float(wall(around).diff(dim=0).norm(dim=1).sum())
    assert length == pytest.approx(dijkstra_length(wall, start, end, side=81, reach=3.0), rel=0.06)


def test_a_limit_keeps_it_in_the_box():
    def funnel(z):  # distances shrink as y grows: without a limit the detour through large y is cheaper
        return torch.cat([torch.cos(z[:, :1]), torch.sin(z[:, :1])], 1) / (1.0 + 0.3 * z[:, 1:] ** 2)

    start, end = vector(-1.0, 0.5), vector(1.0, 0.5)
    free = geodesic(funnel, start, end)
    held = geodesic(funnel, start, end, limit=1.5)
    assert float(free.path.abs().max()) > 1.6
    assert float(held.path.abs().max()) <= 1.5
    assert held.length >= free.length - 1e-6
    outside = geodesic(polar, vector(3.0, -1.0), vector(3.0, 1.0), limit=1.5)
    assert outside.length == pytest.approx(6.0 * math.sin(1.0), rel=1e-4)


def test_a_search_that_goes_wrong_gives_the_better_of_the_simple_ways(monkeypatch):
    def worse(mean_of, nodes, bound, level):
        hump = torch.sin(torch.linspace(0, math.pi, nodes.shape[1], dtype=F64))
        return nodes + hump[:, None], True

    monkeypatch.setattr(geodesics, "_relax", worse)
    start, end = vector(1.0, 0.2), vector(1.5, 1.0)
    found = geodesic(cylinder, start, end)
    assert found.length == pytest.approx(float((end - start).norm()), rel=1e-9)
    assert not found.converged
    torch.testing.assert_close(found.z, torch.lerp(start, end, torch.linspace(0, 1, 33, dtype=F64)[:, None]))


def test_one_point_is_no_way_at_all():
    found = geodesic(polar, vector(1.0, 0.4), vector(1.0, 0.4), points=5)
    assert found.length == 0.0
    assert found.converged
    assert torch.equal(found.z, vector(1.0, 0.4).expand(5, 2))


def test_in_one_dimension_it_is_the_way_between_in_equal_steps():
    found = geodesic(lambda z: torch.cat([z.exp(), z], 1), vector(-1.0), vector(1.0), points=9)
    assert bool((found.z.diff(dim=0) > 0).all())
    assert_equal_steps(lambda z: torch.cat([z.exp(), z], 1), found)


def test_ends_that_do_not_fit_are_refused():
    with pytest.raises(SettingError, match=r"^start and end must be"):
        geodesic(polar, vector(1.0, 0.4), vector(1.0))
    with pytest.raises(SettingError, match=r"^start and end must be"):
        geodesic(polar, vector(1.0, math.nan), vector(1.0, 0.0))
    with pytest.raises(SettingError, match=r"^points must be"):
        geodesic(polar, vector(1.0, 0.4), vector(1.0, 0.0), points=1)
    with pytest.raises(SettingError, match=r"^starts must be"):
        geodesic(polar, vector(1.0, 0.4), vector(1.0, 0.0), starts=[torch.zeros(4, 3)])
    with pytest.raises(SettingError, match=r"^mean_of must decode"):
        geodesic(lambda z: z * math.nan, vector(1.0, 0.4), vector(1.0, 0.0))


# ---- paths --------------------------------------------------------------------------------------


def test_lengths_are_those_of_closed_forms():
    t = torch.linspace(0, 1, 65, dtype=F64)[:, None]
    arc = torch.cat([torch.full_like(t, 2.0), 3.0 * t], 1)
    assert pixel_length(polar, arc) == pytest.approx(6.0, rel=1e-7)
    # r = θ: an Archimedean spiral from 0 to 1, ½ [√2 + asinh 1]
    assert pixel_length(polar, torch.cat([t, t], 1)) == pytest.approx(
        0.5 * (2**0.5 + math.asinh(1.0)), rel=1e-7
    )


def test_equal_steps_are_equal_in_pixels():
    t = torch.linspace(0, 1, 257, dtype=F64)[:, None]
    path = torch.cat([t.square() + 0.5, torch.zeros_like(t)], 1)
    points = on_polyline(path, equal_steps(polar, path, 9))
    torch.testing.assert_close(points[:, 0], torch.linspace(0.5, 1.5, 9, dtype=F64), atol=1e-5, rtol=0)


def test_the_curve_through_nodes_is_exact_for_cubics():
    t = torch.linspace(0, 1, 9, dtype=F64)
    fine = torch.linspace(0, 1, 50, dtype=F64)

    def cubic(t):
        return torch.stack([t**3 - t, 2.0 * t**2 + 1.0], 1)

    torch.testing.assert_close(on_curve(cubic(t), fine), cubic(fine), atol=1e-12, rtol=0)


def test_spherical_paths_turn_evenly_and_change_their_norm_linearly():
    a, b = vector(2.0, 0.0, 0.0), vector(0.0, 0.5, 0.5)
    t = torch.linspace(0, 1, 11, dtype=F64)
    path = spherical_path(a, b, t)
    assert torch.equal(path[0], a)
    assert torch.equal(path[-1], b)
    torch.testing.assert_close(path.norm(dim=1), (1 - t) * a.norm() + t * b.norm())
    unit = path / path.norm(dim=1, keepdim=True)
    angles = torch.acos((unit[:-1] * unit[1:]).sum(1))
    torch.testing.assert_close(angles, torch.full_like(angles, 0.5 * math.pi / 10), atol=1e-9, rtol=0)


NO_TURN = [
    ((1.0, 1.0), (-2.0, -2.0)),
    ((0.0, 0.0), (1.0, 2.0)),
    ((1.0, 2.0), (0.0, 0.0)),
    ((1.0, 2.0), (2.0, 4.0)),
]


@pytest.mark.parametrize(("a", "b"), NO_TURN)
def test_spherical_paths_are_straight_where_there_is_nothing_to_turn(a, b):
    t = torch.linspace(0, 1, 11, dtype=F64)
    start, end = vector(*a), vector(*b)
    torch.testing.assert_close(spherical_path(start, end, t), start + t[:, None] * (end - start))
