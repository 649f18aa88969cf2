"""The pixel picker: which pixel a click and a key mark, what is said of it, and when Python hears."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.pixels_part import SHAPES, fixed_image
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser

# Keys in one go, and what is in the live region before and after them.
PRESS = """
(sheet, keys) => {
  const spoken = sheet.parentElement.querySelector('.spoken');
  const before = spoken.textContent;
  for (const key of keys.split(' ')) sheet.dispatchEvent(new KeyboardEvent('keydown', { key }));
  return [before, spoken.textContent];
}
"""


def open_pickers(page: Page, server: Server, query: str = "") -> Traffic:
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{server.url}/?show=pixels&{query}")
    page.locator(".pixels .value").get_by_text("row 0").nth(1).wait_for(timeout=30_000)
    eventually(lambda: page.locator("[data-test-script-state=notRunning]").count(), "the script rests")
    return traffic


def sheet(page: Page, name: str) -> Locator:
    return page.locator(f".pixels .sheet[aria-label^='The {name} image']")


def click(page: Page, name: str, row: int, column: int) -> None:
    """Click into a pixel, near its lower right corner."""
    _, height, width = SHAPES[name]
    box = sheet(page, name).locator("canvas").bounding_box()
    assert box
    page.mouse.click(
        box["x"] + (column + 0.8) * box["width"] / width, box["y"] + (row + 0.8) * box["height"] / height
    )


def beside(page: Page, name: str, part: str) -> str:
    return page.locator(f".pixels:has(.sheet[aria-label^='The {name} image']) {part}").inner_text()


def heard(page: Page, name: str) -> str:
    found = page.get_by_text(re.compile(rf"^{name} \d"))
    return found.inner_text() if found.count() == 1 else ""


def hears(page: Page, name: str, row: int, column: int, times: int) -> None:
    said = f"{name} {row} {column} times {times}"
    eventually(lambda: heard(page, name) == said, f"Python hears {said}", patience_s=6)


def marked(page: Page, name: str) -> tuple[int, int]:
    """Row and column that the mark covers to half a screen pixel."""
    _, height, width = SHAPES[name]
    boxes = [sheet(page, name).locator(part).bounding_box() for part in ("canvas", ".mark")]
    assert boxes[0]
    assert boxes[1]
    row = (boxes[1]["y"] - boxes[0]["y"]) * height / boxes[0]["height"]
    column = (boxes[1]["x"] - boxes[0]["x"]) * width / boxes[0]["width"]
    np.testing.assert_allclose([row, column], [round(row), round(column)], atol=0.05)
    np.testing.assert_allclose(boxes[1]["width"], boxes[0]["width"] / width, atol=0.5)
    return round(row), round(column)


def test_a_click_picks_that_pixel(page: Page, harness: Server) -> None:
    traffic = open_pickers(page, harness)
    values = fixed_image("grey").reshape(28, 28)
    click(page, "grey", 12, 7)
    assert marked(page, "grey") == (12, 7)
    assert beside(page, "grey", ".spoken") == f"row 12, column 7: {values[12, 7]:.2f}"
    hears(page, "grey", 12, 7, 1)
    click(page, "grey", 27, 27)
    hears(page, "grey", 27, 27, 2)

    red, green, blue = fixed_image("colour").reshape(3, 6, 8)[:, 5, 2]
    click(page, "colour", 5, 2)
    hears(page, "colour", 5, 2, 1)
    assert beside(page, "colour", ".value") == (
        f"row 5, column 2: red {red:.2f}, green {green:.2f}, blue {blue:.2f}"
    )
    assert marked(page, "grey") == (27, 27)
    sent = traffic.sent
    click(page, "colour", 5, 2)  # once more: nothing new
    page.wait_for_timeout(300)
    assert traffic.sent == sent


def test_keys_move_the_mark_and_python_hears_when_they_rest(page: Page, harness: Server) -> None:
    traffic = open_pickers(page, harness)
    click(page, "grey", 12, 7)
    hears(page, "grey", 12, 7, 1)
    sent = traffic.sent
    before, after = sheet(page, "grey").evaluate(PRESS, "ArrowRight ArrowRight ArrowDown ArrowDown ArrowLeft")
    assert before.startswith("row 12, column 7: ")
    assert after == before  # not each step is said aloud
    page.keyboard.press("Shift+ArrowUp")
    assert marked(page, "grey") == (10, 8)
    hears(page, "grey", 10, 8, 2)
    assert traffic.sent == sent + 1
    assert beside(page, "grey", ".spoken") == beside(page, "grey", ".value")
    assert beside(page, "grey", ".spoken").startswith("row 10, column 8: ")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")  # stays inside
    hears(page, "grey", 10, 27, 3)
    page.keyboard.press("Home")
    hears(page, "grey", 10, 0, 4)


def test_a_running_page_takes_no_mark_back(page: Page, harness: Server) -> None:
    open_pickers(page, harness, "live=1")
    click(page, "grey", 12, 2)
    for step in range(1, 13):
        page.keyboard.press("ArrowRight")
        assert marked(page, "grey") == (12, 2 + step)
        page.wait_for_timeout(50 if step % 4 else 200)  # some rest long enough to be heard
    eventually(lambda: heard(page, "grey").startswith("grey 12 14 "), "Python hears the last", patience_s=6)
    page.wait_for_timeout(400)
    assert marked(page, "grey") == (12, 14)


def test_the_mark_stands_out_on_dark_and_on_light_pixels(page: Page, harness: Server) -> None:
    open_pickers(page, harness)
    for column in (5, 22):
        click(page, "grey", 14, column)
        box = sheet(page, "grey").locator(".mark").bounding_box()
        assert box
        around = {"x": box["x"] - 8, "y": box["y"] + 3, "width": 8, "height": 2}
        shot = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=around))).convert("L")).astype(int)
        assert (shot > 250).all(axis=0).any()  # white beside the pixel
        assert (shot < 5).all(axis=0).any()  # black around it


def test_pixels_are_whole_screen_pixels_however_wide_the_page(page: Page, harness: Server) -> None:
    open_pickers(page, harness)

    def width(name: str) -> float:
        box = sheet(page, name).locator("canvas").bounding_box()
        return box["width"] if box else 0

    assert [width(name) for name in SHAPES] == [280, 280]  # 10 and 35 screen pixels each
    page.set_viewport_size({"width": 290, "height": 800})
    eventually(lambda: width("grey") < 280, "it fits")
    for name, (_, _, columns) in SHAPES.items():
        assert width(name) % columns == 0
        assert width(name) > 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 290
