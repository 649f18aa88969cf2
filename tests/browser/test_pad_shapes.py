"""The pad's geometry: ellipses, the plane, the pins of a walk, the nearest point."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.test_pad_numbers import orthonormal, run

pytestmark = pytest.mark.browser


def covariances(count: int) -> np.ndarray:
    """Random ones, (count, 2, 2), among them a circle and a narrow one."""
    factors = np.random.default_rng(0).standard_normal((count, 2, 2)) * [[0.1], [2.0]]
    found = factors @ factors.transpose(0, 2, 1)
    found[0] = 0.3 * np.eye(2)
    found[1] = [[4.0, 0.0], [0.0, 1e-4]]
    found[2] = [[1e-4, 0.0], [0.0, 4.0]]
    return found


def three(covariance: np.ndarray) -> list[float]:
    return [covariance[0, 0], covariance[0, 1], covariance[1, 1]]


# ---- ellipses ----------------------------------------------------------------------------------------


def test_half_axes_are_the_roots_of_the_eigenvalues(module_page: Page) -> None:
    given = covariances(60)
    found = run(module_page, "pad/ellipse.js", "x.map(m.halfAxes)", [three(c) for c in given])
    for covariance, shape in zip(given, found, strict=True):
        values, vectors = np.linalg.eigh(covariance)  # ascending
        np.testing.assert_allclose(shape["axes"], np.sqrt(values[::-1]), rtol=1e-7)
        if values[1] > 1.001 * values[0]:
            along = [np.cos(shape["angle"]), np.sin(shape["angle"])]
            assert abs(along @ vectors[:, 1]) == pytest.approx(1.0, abs=1e-12)


def test_a_shape_and_its_covariance_are_each_others_inverse(module_page: Page) -> None:
    given = covariances(60)
    body = "x.map((three) => m.covarianceOf(m.halfAxes(three)))"
    found = run(module_page, "pad/ellipse.js", body, [three(c) for c in given])
    np.testing.assert_allclose(found, [three(c) for c in given], rtol=1e-9, atol=1e-12)


def test_the_ellipse_of_a_code_on_a_rotated_plane(module_page: Page) -> None:
    random = np.random.default_rng(1)
    directions = orthonormal(5)
    mean, std = random.standard_normal(5), random.uniform(0.05, 1.0, 5)
    module_page.evaluate("async () => { window.planes = await import('/assets/components/pad/plane.js'); }")
    body = (
        "(() => { const plane = new planes.Plane(5); plane.directions(x.directions);"
        " return m.shapeOf(plane, x.mean, x.std); })()"
    )
    given = {"directions": directions.tolist(), "mean": mean.tolist(), "std": std.tolist()}
    shape = run(module_page, "pad/marks.js", body, given)
    values, vectors = np.linalg.eigh(directions @ np.diag(std**2) @ directions.T)
    np.testing.assert_allclose(shape["centre"], directions @ mean, rtol=1e-12)
    np.testing.assert_allclose(shape["axes"], np.sqrt(values[::-1]), rtol=1e-12)
    along = [np.cos(shape["angle"]), np.sin(shape["angle"])]
    assert abs(along @ vectors[:, 1]) == pytest.approx(1.0, abs=1e-12)


def test_an_ellipse_dragged_to_anothers_handles_becomes_it(module_page: Page) -> None:
    start = {"centre": [0.0, 0.0], "axes": [1.0, 0.5], "angle": 0.2}
    goal = {"centre": [-1.0, 2.0], "axes": [0.3, 1.7], "angle": -2.0}
    body = (
        "['centre', 'first', 'second'].reduce((shape, name) => "
        "m.dragged(shape, name, m.handles(x[1])[name]), x[0])"
    )
    found = run(module_page, "pad/ellipse.js", body, [start, goal])
    for name, value in goal.items():
        np.testing.assert_allclose(found[name], value, atol=1e-12)
    ends = run(module_page, "pad/ellipse.js", "m.handles(x)", goal)
    turn = np.array([[np.cos(-2.0), -np.sin(-2.0)], [np.sin(-2.0), np.cos(-2.0)]])
    np.testing.assert_allclose(ends["first"], turn @ [0.3, 0.0] + goal["centre"])
    np.testing.assert_allclose(ends["second"], turn @ [0.0, 1.7] + goal["centre"])


def test_an_ellipse_never_collapses(module_page: Page) -> None:
    start = {"centre": [0.5, 0.5], "axes": [1.0, 0.5], "angle": 0.2}
    body = "['first', 'second'].map((name) => m.dragged(x, name, x.centre))"
    for shape in run(module_page, "pad/ellipse.js", body, start):
        assert min(shape["axes"]) == pytest.approx(1e-3)
        assert shape["angle"] == 0.2


# ---- the plane ---------------------------------------------------------------------------------------


def plane(page: Page, body: str, **given: Any) -> Any:
    """Evaluate with `p`, a plane of 560 pixels on these directions."""
    make = (
        "(() => { const p = new m.Plane(x.directions[0].length); p.size = 560; p.directions(x.directions);"
        f" p.centre = [0.4, -0.9]; p.reach = 1.7; {body} }})()"
    )
    return run(page, "pad/plane.js", make, given)


def test_pixels_and_places_are_each_others_inverse(module_page: Page) -> None:
    directions = orthonormal(4)
    places = np.random.default_rng(2).uniform(-3, 3, (20, 2))
    body = "return x.places.map(([a, b]) => [p.at(p.x(a), p.y(b)), [p.x(a), p.y(b)]]);"
    found = np.array(plane(module_page, body, directions=directions.tolist(), places=places.tolist()))
    np.testing.assert_allclose(found[:, 0], places, atol=1e-12)
    # Up is up, the window is as wide as it says, and a σ is as long across as upwards.
    corners = plane(module_page, "return [p.at(0, 0), p.at(560, 560)];", directions=directions.tolist())
    np.testing.assert_allclose(corners, [[0.4 - 1.7, -0.9 + 1.7], [0.4 + 1.7, -0.9 - 1.7]], atol=1e-12)


def test_zoom_keeps_what_is_under_the_pointer(module_page: Page) -> None:
    body = (
        "return x.at.map(([px, py, factor]) => { const before = p.at(px, py); p.zoom(factor, px, py);"
        " return [before, p.at(px, py), [p.reach, 0]]; });"
    )
    at = [[10, 500, 0.5], [280, 280, 1.25], [559, 3, 0.01], [100, 40, 1e9], [0, 0, 1e-9]]
    found = np.array(plane(module_page, body, directions=np.eye(2).tolist(), at=at))
    np.testing.assert_allclose(found[:, 0], found[:, 1], atol=1e-9)
    np.testing.assert_allclose(found[:2, 2, 0], [0.85, 1.0625])
    assert found[2:, 2, 0].min() >= 0.02
    assert found[2:, 2, 0].max() <= 24.0


def test_a_pan_of_the_map_takes_it_along(module_page: Page) -> None:
    body = "const before = p.at(100, 100); p.pan(30, -20); return [before, p.at(130, 80)];"
    before, after = plane(module_page, body, directions=np.eye(2).tolist())
    np.testing.assert_allclose(before, after, atol=1e-12)


def test_a_move_on_the_plane_changes_nothing_across_it(module_page: Page) -> None:
    directions = orthonormal(6)
    z = 0.5 * np.random.default_rng(3).standard_normal(6)
    moved = plane(
        module_page, "return [...p.move(x.z, 1.2, -0.7)];", directions=directions.tolist(), z=z.tolist()
    )
    np.testing.assert_allclose(directions @ moved, [1.2, -0.7], atol=1e-12)
    across = np.eye(6) - directions.T @ directions
    np.testing.assert_allclose(across @ moved, across @ z, atol=1e-12)


def test_a_move_stays_within_six(module_page: Page) -> None:
    body = "return [...p.move([1, 1, 5], 40, -40)];"
    assert plane(module_page, body, directions=np.eye(3)[:2].tolist()) == [6, -6, 5]


def test_the_covariance_on_the_plane(module_page: Page) -> None:
    directions = orthonormal(5, seed=7)
    std = np.random.default_rng(4).uniform(0.1, 2.0, 5)
    found = plane(
        module_page, "return p.covariance(x.std);", directions=directions.tolist(), std=std.tolist()
    )
    np.testing.assert_allclose(found, three(directions @ np.diag(std**2) @ directions.T), rtol=1e-12)


# ---- pins and points -------------------------------------------------------------------------------------


def from_polyline(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The distance of each point from a polyline, by many points along it."""
    along = np.concatenate([np.linspace(a, b, 400) for a, b in pairwise(corners)])
    return np.linalg.norm(points[:, None] - along[None], axis=2).min(axis=1)


def corners(page: Page, path: np.ndarray, most: int = 12) -> np.ndarray:
    return np.array(run(page, "pad/pins.js", f"m.corners(x, {most})", path.tolist()))


def test_a_drawn_path_is_kept_by_its_corners(module_page: Page) -> None:
    random = np.random.default_rng(5)
    bends = np.array([[-2.0, -2.0], [2.0, -2.0], [2.0, 1.0], [-1.0, 2.0]])
    path = np.concatenate([np.linspace(a, b, 40) for a, b in pairwise(bends)])
    found = corners(module_page, path + random.uniform(-0.02, 0.02, path.shape))
    assert len(found) == 4
    np.testing.assert_allclose(found, bends, atol=0.15)

    turn = np.linspace(0, 1.5 * np.pi, 200)
    spiral = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.linspace(0.5, 3, 200)[:, None]
    found = corners(module_page, spiral)
    assert 4 <= len(found) <= 12
    assert from_polyline(spiral, found).max() <= 0.121
    np.testing.assert_array_equal(found[[0, -1]], spiral[[0, -1]])


def test_a_scribble_has_no_more_pins_than_there_may_be(module_page: Page) -> None:
    scribble = np.random.default_rng(6).uniform(-3, 3, (150, 2))
    for most in (2, 5, 12):
        found = corners(module_page, scribble, most)
        assert 2 <= len(found) <= most
        np.testing.assert_array_equal(found[[0, -1]], scribble[[0, -1]])
    closed = scribble.copy()
    closed[-1] = closed[0]
    assert 2 <= len(corners(module_page, closed)) <= 12


def test_the_nearest_of_ten_thousand_points(module_page: Page) -> None:
    random = np.random.default_rng(7)
    means = random.standard_normal((10_000, 5)).astype(np.float32)
    directions = orthonormal(5)
    pixels = random.uniform(0, 560, (300, 2))
    module_page.evaluate("async () => { window.planes = await import('/assets/components/pad/plane.js'); }")
    body = """(() => {
      const plane = new planes.Plane(5);
      plane.size = 560;
      plane.reach = 3.6;
      plane.directions(x.directions);
      const points = new m.Points();
      const missing = points.nearest(plane, 10, 10);
      const means = Float32Array.from(x.means);
      points.project({ key: 'a', count: 10000, latent_dim: 5, means, labels: new Uint8Array(10000) }, plane);
      const nearest = (px, py, within) => points.nearest(plane, px, py, within);
      return [missing, x.pixels.map(([px, py]) => [nearest(px, py), nearest(px, py, Infinity)])];
    })()"""
    given = {"directions": directions.tolist(), "means": means.ravel().tolist(), "pixels": pixels.tolist()}
    missing, found = run(module_page, "pad/points.js", body, given)
    assert missing == -1
    scale = 560 / 7.2
    places = means.astype(float) @ directions.T * [scale, -scale] + 280  # CSS pixels
    distances = np.linalg.norm(pixels[:, None] - places[None], axis=2)
    best = distances.argmin(axis=1)
    assert np.array(found)[:, 1].tolist() == best.tolist()
    within = distances.min(axis=1) < 9
    assert np.array(found)[:, 0].tolist() == np.where(within, best, -1).tolist()
    assert 0 < within.sum() < 300
