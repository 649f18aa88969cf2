"""The pictures of the whole plane: what the worker computes, and what is drawn of it."""

import base64
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from pages.components.carrier import pack_decoder
from tests.browser.conftest import Server, eventually
from tests.browser.harness.models import random_snapshot
from tests.browser.harness.pad_part import fixed_points
from tests.browser.pad_page import PadPage, decoded
from tests.browser.test_pad_numbers import brute_density, cells, mean_of, orthonormal, torch
from vae_core.training.snapshot import Snapshot

pytestmark = pytest.mark.browser

CELLS = 140  # a side, of density and holes

WORKER = """
([bytes, kind, view, size]) => new Promise((done, fail) => {
  const worker = new Worker('/assets/components/pad/worker.js', { type: 'module' });
  worker.onerror = ({ message }) => fail(new Error(message));
  worker.onmessage = ({ data }) => done(Array.from(data.values ?? data.pixels));
  const decoder = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  worker.postMessage({ kind, view, size, decoder });
})
"""


def from_worker(page: Page, snapshot: Snapshot, kind: str, view: dict[str, Any], size: int) -> np.ndarray:
    packed = base64.b64encode(pack_decoder(snapshot)).decode()
    return np.array(page.evaluate(WORKER, [packed, kind, view, size]))


def rotated(latent_dim: int) -> tuple[dict[str, Any], np.ndarray]:
    """A view of a plane that is off the origin, and the codes of its 6 × 6 cells, (36, L)."""
    directions = np.eye(2) if latent_dim == 2 else orthonormal(latent_dim)
    z = np.random.default_rng(5).uniform(-0.6, 0.6, latent_dim)
    z -= directions.T @ (directions @ z)
    view = {
        "u": directions[0].tolist(),
        "v": directions[1].tolist(),
        "centre": [0.3, -0.4],
        "reach": 1.8,
        "z": z.tolist(),
    }
    return view, z + cells([0.3, -0.4], 1.8, 6) @ directions


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_the_manifold_is_what_the_plane_decodes_to(module_page: Page, latent_dim: int) -> None:
    for shape in ((1, 7, 5), (3, 4, 4)):
        snapshot = random_snapshot(latent_dim=latent_dim, image_shape=shape, hidden=(9,))
        view, codes = rotated(latent_dim)
        channels, height, width = shape
        pixels = from_worker(module_page, snapshot, "manifold", view, 6)
        found = pixels.reshape(6, height, 6, width, 4).transpose(0, 2, 4, 1, 3).reshape(36, 4, height, width)
        for image, z in zip(found, codes, strict=True):
            expected = np.broadcast_to(
                decoded(snapshot, z).reshape(channels, height, width), (3, height, width)
            )
            assert np.abs(image[:3] - expected).max() <= 0.51
            assert (image[3] == 255).all()


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_the_stretch_of_the_plane(module_page: Page, latent_dim: int) -> None:
    snapshot = random_snapshot(latent_dim=latent_dim, image_shape=(1, 6, 6), hidden=(9,))
    view, codes = rotated(latent_dim)
    found = from_worker(module_page, snapshot, "stretch", view, 6)
    directions = np.array([view["u"], view["v"]])
    for value, z in zip(found, codes, strict=True):
        t = torch.func.jacrev(mean_of(snapshot))(torch.tensor(z)).numpy() @ directions.T
        assert value == pytest.approx(0.5 * np.linalg.slogdet(t.T @ t)[1], rel=1e-6)


def drawn(pad: PadPage, layer: str) -> np.ndarray:
    """The opacity of the map's cells with one layer alone, (CELLS, CELLS)."""
    pad.layer("points").click()  # off
    pad.layer(layer).click()
    ground = pad.painted(layer)
    at = ((np.arange(CELLS) + 0.5) * len(ground) / CELLS).astype(int)
    return ground[np.ix_(at, at)]


def window(pad: PadPage) -> tuple[list[float], float]:
    """Centre and half the width of what the map shows, in prior σ."""
    side = len(pad.ground())
    (x, y), scale = pad.origin(), pad.scale()
    return [(side / 2 - x) / scale, (y - side / 2) / scale], side / (2 * scale)


def test_the_density_is_drawn_where_and_as_dark_as_the_sum_says(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    alpha = drawn(pad, "density")
    points = fixed_points(300, 2)
    at = cells(*window(pad), CELLS)
    q = brute_density(points.mean.astype(float), points.std.astype(float), np.eye(2), at)
    expected = 255 * 0.95 * np.sqrt(q / q.max()).reshape(CELLS, CELLS)
    assert np.abs(alpha - expected).max() <= 1.0
    says = pad.part(".legend").inner_text()
    high = re.search(r"q\(z\): 0 to (\S+) per σ²", says)
    assert high
    assert float(high[1]) == pytest.approx(q.max(), rel=0.05)


def test_holes_are_hatched_where_the_prior_has_mass_and_the_codes_have_none(
    page: Page, harness: Server
) -> None:
    pad = PadPage.open(page, harness)
    alpha = drawn(pad, "holes")
    points = fixed_points(300, 2)
    at = cells(*window(pad), CELLS)
    q = brute_density(points.mean.astype(float), points.std.astype(float), np.eye(2), at)
    prior = np.exp(-0.5 * (at**2).sum(axis=1)) / (2 * np.pi)
    holes = (q < 0.05 * prior).reshape(CELLS, CELLS)
    # Stripes: in each row, two cells of five; where the prior is thinner than 1/255 nothing can be seen.
    rows, columns = np.indices(holes.shape)
    striped = (rows + columns) % 5 < 2
    seen = np.sqrt(prior * 2 * np.pi).reshape(holes.shape) > 0.01
    np.testing.assert_array_equal((alpha > 0)[seen], (holes & striped)[seen])
    assert 100 < holes[seen].sum() < 0.9 * seen.sum()


def test_toggling_layers_sends_nothing_and_changes_the_ground(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    total = pad.traffic.total
    before = pad.ground()
    assert before.any()
    pad.layer("points").click()
    eventually(lambda: not pad.ground().any(), "the codes go")
    pad.layer("ellipses").click()
    pad.layer("rings").click()
    eventually(lambda: pad.part(".rings").evaluate("g => g.childElementCount") == 0, "the rings go")
    assert pad.part(".ellipses ellipse").count() == 0
    grounds = []
    for layer in ("density", "stretch", "manifold"):
        pad.layer(layer).click()
        grounds.append(pad.painted(layer))
        on = [pad.layer(name).get_attribute("aria-pressed") for name in ("density", "stretch", "manifold")]
        assert on == [str(name == layer).lower() for name in ("density", "stretch", "manifold")]
        pad.layer(layer).click()
        eventually(lambda: not pad.ground().any(), f"{layer} goes")
    assert (grounds[2] == 255).all()  # images cover the map
    assert not np.array_equal(grounds[0], grounds[1])
    for layer in ("points", "rings", "ellipses"):
        pad.layer(layer).click()
    eventually(lambda: np.array_equal(pad.ground(), before), "all is as it was")
    page.wait_for_timeout(400)
    assert pad.traffic.total == total


def test_the_manifold_follows_the_view_and_the_other_dimensions(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "latent=5")
    colours = (
        "c => { const t = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let sum = 0;"
        " for (let n = 0; n < t.length; n += 4) sum = (31 * sum + t[n]) % 1000003; return sum; }"
    )
    pad.layer("points").click()
    pad.layer("manifold").click()
    ground = pad.part(".ground")
    eventually(lambda: pad.ground().all(), "it is drawn")
    first = ground.evaluate(colours)
    pad.sliders.nth(4).focus()
    page.keyboard.press("Home")
    second = eventually(lambda: (now := ground.evaluate(colours)) != first and now, "z₅ changes it")
    pad.part("select.across").select_option("2")
    eventually(lambda: ground.evaluate(colours) not in (first, second), "and so does another plane")
