"""The grid of images shows exactly the bytes that it was given."""

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser

READ = """
canvas => {
  const { width, height } = canvas;
  return [width, height, Array.from(canvas.getContext("2d").getImageData(0, 0, width, height).data)];
}
"""

GAP = 2  # between images 28 pixels wide


def open_images(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/?show=images")
    page.get_by_role("img", name="Five colour images").wait_for(timeout=30_000)
    eventually(lambda: read(page, "Five colour images").any(), "painted images")


def read(page: Page, name: str) -> np.ndarray:
    """The canvas as (height, width, 4)."""
    width, height, data = page.get_by_role("img", name=name).evaluate(READ)
    return np.array(data, dtype=np.uint8).reshape(height, width, 4)


def expected() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    grey = random.integers(0, 256, (24, 784), dtype=np.uint8)
    return grey, random.integers(0, 256, (5, 3 * 6 * 8), dtype=np.uint8)


def test_pixels_are_the_bytes(page: Page, harness: Server) -> None:
    open_images(page, harness)
    grey, colour = expected()
    canvas = read(page, "Twelve originals over their reconstructions")
    assert canvas.shape == (2 * 28 + GAP, 12 * 28 + 11 * GAP, 4)
    for n, image in enumerate(grey):
        top, left = (28 + GAP) * (n // 12), (28 + GAP) * (n % 12)
        shown = canvas[top : top + 28, left : left + 28]
        np.testing.assert_array_equal(shown[..., :3], np.repeat(image.reshape(28, 28, 1), 3, axis=2))
        assert (shown[..., 3] == 255).all()
    assert (canvas[28, :, 3] == 0).all()

    canvas = read(page, "Five colour images")
    for n, image in enumerate(colour):
        left = (8 + 1) * n
        np.testing.assert_array_equal(
            canvas[:6, left : left + 8, :3], image.reshape(3, 6, 8).transpose(1, 2, 0)
        )


def test_new_images_are_painted_over_in_place(page: Page, harness: Server) -> None:
    open_images(page, harness)
    name = "Twelve originals over their reconstructions"
    canvas = page.get_by_role("img", name=name)
    canvas.evaluate("canvas => { window.theCanvas = canvas; }")
    page.get_by_text("Other images").click()
    grey, _ = expected()
    eventually(
        lambda: (read(page, name)[:28, :28, 0] == 255 - grey[0].reshape(28, 28)).all(), "the other images"
    )
    assert canvas.evaluate("canvas => canvas === window.theCanvas")


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_it_fits_and_stays_crisp(page: Page, harness: Server, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_images(page, harness)
    for name in ("Twelve originals over their reconstructions", "Five colour images"):
        canvas = page.get_by_role("img", name=name)
        box = canvas.bounding_box()
        assert box
        scale = box["width"] / canvas.evaluate("canvas => canvas.width")
        assert scale == int(scale) >= 1
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_rows_that_break_keep_the_pairs_together(page: Page, harness: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    open_images(page, harness)
    grey, _ = expected()
    canvas = read(page, "Twelve originals over their reconstructions")
    across = (canvas.shape[1] + GAP) // (28 + GAP)
    assert across < 12
    for n in range(12):
        band, left = n // across, (28 + GAP) * (n % across)
        top = band * 2 * (28 + GAP)
        np.testing.assert_array_equal(canvas[top : top + 28, left : left + 28, 0], grey[n].reshape(28, 28))
        top += 28 + GAP
        np.testing.assert_array_equal(
            canvas[top : top + 28, left : left + 28, 0], grey[n + 12].reshape(28, 28)
        )
    assert page.get_by_text("originals over reconstructions").is_visible()
