"""Forces on the pad are to scale, follow its window and its plane, and say their components."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, eventually
from tests.browser.harness.pad_part import FORCES, MEAN
from tests.browser.pad_page import PadPage

pytestmark = pytest.mark.browser

THIRD = 1 / 3
"""Of the map's side: the longest arrow."""


def size(pad: PadPage) -> float:
    """The map's side without its border, CSS pixels."""
    box = pad.map.bounding_box()
    assert box
    return box["width"] - 2


def drawn(pad: PadPage, style: str) -> tuple[np.ndarray, np.ndarray]:
    """Where an arrow starts and what it spans on the map, CSS pixels, up counted as positive."""
    arrow = pad.part(f".arrow[data-style={style}]")
    start = np.array([float(arrow.locator("circle").get_attribute(name) or "nan") for name in ("cx", "cy")])
    corners = re.findall(r"-?[\d.]+ -?[\d.]+", arrow.locator(".shaft").get_attribute("d") or "")
    tip = np.array([float(number) for number in corners[3].split()]) if corners else start
    return start, (tip - start) * [1, -1]


def expected(pad: PadPage, style: str, latent_dim: int) -> np.ndarray:
    """The force in latent dimensions, CSS pixels."""
    vectors = {name: np.resize(vector, latent_dim) for name, vector in FORCES.items()}
    longest = max(np.linalg.norm(vector) for vector in vectors.values())
    return THIRD * size(pad) * vectors[style] / longest


def test_forces_are_to_scale_whatever_the_window(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "arrows=1")
    for action in ("none", "zoom", "pan"):
        if action == "zoom":
            pad.button("Zoom in").click()
        if action == "pan":
            pad.button("Drag the map").click()
            page.mouse.move(*pad.at(0.2, 0.4))
            page.mouse.down()
            page.mouse.move(*pad.at(-0.3, 0.9), steps=3)
            page.mouse.up()
        pad.frames(3)
        x, y = pad.origin()
        for style in FORCES:
            start, span = drawn(pad, style)
            np.testing.assert_allclose((start - [x, y]) / pad.scale() * [1, -1], MEAN, atol=1e-4)
            np.testing.assert_allclose(span, expected(pad, style, 2), atol=0.05)
    parts = [drawn(pad, style)[1] for style in ("reconstruction", "kl", "residual")]
    np.testing.assert_allclose(parts[0] + parts[1], parts[2], atol=0.1)
    assert np.hypot(*parts[0]) == pytest.approx(THIRD * size(pad), abs=0.1)
    boxes = [box for box in (text.bounding_box() for text in pad.part(".arrow text").all()) if box]
    assert len(boxes) == 3
    for n, one in enumerate(boxes):
        for other in boxes[:n]:
            apart_x = max(one["x"] - other["x"] - other["width"], other["x"] - one["x"] - one["width"])
            apart_y = max(one["y"] - other["y"] - other["height"], other["y"] - one["y"] - one["height"])
            assert max(apart_x, apart_y) > -4  # of their line's height, which letters do not fill


def test_forces_are_shown_by_their_layer_and_say_their_components(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "arrows=1")
    traffic = pad.traffic.total
    arrow = pad.part(".arrow[data-style=kl]")
    assert arrow.get_attribute("aria-label") == "−KL: 11.7 nats per σ; z₁ −10, z₂ −6"
    legend = pad.part(".legend .line").filter(has_text="nats per σ")
    assert legend.inner_text().startswith("5 nats per σ")
    ruler = float(legend.locator(".ruler").get_attribute("width") or "nan")
    assert ruler == pytest.approx(5 * THIRD * size(pad) / 13, abs=0.1)  # √(12² + 5²) = 13
    pad.layer("forces").click()
    expect(pad.part(".arrow")).to_have_count(0)
    expect(legend).to_have_count(0)
    pad.layer("forces").click()
    expect(pad.part(".arrow")).to_have_count(3)
    page.wait_for_timeout(200)
    assert pad.traffic.total == traffic


def test_forces_on_another_plane_are_their_projections(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "arrows=1&latent=5")
    pad.part("select.across").select_option("2")
    pad.part("select.up").select_option("4")

    def turned() -> bool:
        return all(
            np.allclose(drawn(pad, style)[1], expected(pad, style, 5)[[2, 4]], atol=0.05) for style in FORCES
        )

    eventually(turned, "the forces along z₃ and z₅", patience_s=5)
    assert "z₅ −6" in (pad.part(".arrow[data-style=kl]").get_attribute("aria-label") or "")


def test_without_forces_there_is_no_layer_of_them(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    expect(pad.layer("forces")).to_be_hidden()
    expect(pad.layer("ellipses")).to_be_visible()
    assert pad.part(".arrow").count() == 0
