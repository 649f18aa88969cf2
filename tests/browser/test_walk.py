"""The Latent walk page in a real browser: hands on the pins, films that follow, files to take along."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageSequence
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser

LONG_RUN = "dataset=digits&likelihood=gaussian&hidden=16&steps=1000000"
PIXELS = "canvas => canvas.toDataURL()"


def open_walk(page: Page, app: Server, query: str = "") -> Page:
    page.goto(f"{app.url}/walk?{query}")
    page.locator(".pad .pin").nth(2).wait_for(timeout=60_000)
    page.locator(".film .strip canvas").first.wait_for(timeout=30_000)
    return page


def strip(page: Page, style: str) -> Locator:
    return page.locator(f".film .strip[data-style={style}]")


def geodesic(page: Page) -> str:
    """The text beside the geodesic's film, once it is there and nothing is being computed."""
    eventually(
        lambda: strip(page, "geodesic").count() and not page.get_by_text("is being computed").count(),
        "a geodesic",
        patience_s=90,
    )
    return strip(page, "geodesic").locator("p").inner_text()


def length(page: Page, style: str) -> float:
    return float(re.search(r"(\d+\.\d\d)", strip(page, style).locator("p").inner_text()).group(1))  # type: ignore[union-attr]


def test_three_ways_past_three_pins_and_a_hand_moves_them(page: Page, app: Server) -> None:
    open_walk(page, app)
    geodesic(page)
    assert page.locator(".ruler .pin").all_inner_texts() == ["1", "2", "3"]
    assert {path.get_attribute("data-style") for path in page.locator(".pad .paths path").all()} == {
        "straight",
        "spherical",
        "geodesic",
    }
    before = length(page, "straight")
    assert length(page, "geodesic") <= before
    # drag the second pin
    pin = page.locator(".pad .pin").nth(1).bounding_box()
    assert pin
    x, y = pin["x"] + pin["width"] / 2, pin["y"] + pin["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 120, y + 90, steps=5)
    page.mouse.up()
    page.get_by_text("2 is at z set by hand").wait_for()
    eventually(lambda: length(page, "straight") != before, "another film")
    geodesic(page)
    assert length(page, "geodesic") <= length(page, "straight") + 0.01
    # a click beside the pins adds one
    map_box = page.locator(".pad .map").bounding_box()
    assert map_box
    page.mouse.click(map_box["x"] + 40, map_box["y"] + map_box["height"] - 60)
    page.get_by_text(re.compile(r"; 4 is ")).wait_for()
    eventually(lambda: page.locator(".ruler .pin").count() == 4, "a film with four pins")
    assert page.locator(".pad .pin").count() == 4


def test_the_playhead_of_the_films_is_on_the_pad(page: Page, app: Server) -> None:
    open_walk(page, app)
    geodesic(page)
    page.locator(".film .reel").focus()
    page.keyboard.press("Home")
    heads = page.locator(".pad .heads circle")
    eventually(lambda: heads.count() == 3, "playheads")
    first = [(c.get_attribute("cx"), c.get_attribute("cy")) for c in heads.all()]
    assert len(set(first)) == 1  # all ways begin at the first pin
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert page.locator(".film .where").inner_text() == "frame 7 of 25"
    middle = [(c.get_attribute("cx"), c.get_attribute("cy")) for c in heads.all()]
    assert len(set(middle)) == 3


def test_everything_leaves_by_one_menu(page: Page, app: Server) -> None:
    open_walk(page, app)
    geodesic(page)
    page.get_by_role("button", name="Export").click()

    def taken(label: str) -> bytes:
        with page.expect_download(timeout=60_000) as waiting:
            page.get_by_role("button", name=label).click()
        return Path(waiting.value.path()).read_bytes()

    for label, kind in (("Animated GIF", "GIF"), ("Animated WebP", "WEBP")):
        picture = Image.open(io.BytesIO(taken(label)))
        assert picture.format == kind
        assert picture.height == 224
        assert len(list(ImageSequence.Iterator(picture))) == 48  # 25 there, 23 back
    assert Image.open(io.BytesIO(taken("Strips of all ways"))).height == 3 * 84 + 2 * 6
    table = taken("Every frame").decode().strip().split("\n")
    assert len(table) == 1 + 3 * 25
    assert 'load_shipped("binary-digits-2d")' in page.get_by_test_id("stCode").inner_text().replace("'", '"')


def test_films_follow_a_model_that_trains(page: Page, app: Server) -> None:
    page.goto(f"{app.url}/?{LONG_RUN}")
    page.get_by_role("button", name="Start", exact=True).click(timeout=60_000)
    eventually(lambda: page.locator(".lab-card-state").inner_text().startswith("Training"), "a run")
    page.get_by_role("link", name="Latent walk").click()
    page.locator(".film .strip canvas").first.wait_for(timeout=60_000)
    canvas = strip(page, "straight").locator("canvas")
    seen = set()
    for _ in range(8):
        seen.add(canvas.evaluate(PIXELS))
        page.wait_for_timeout(500)
    assert len(seen) >= 3
    # the geodesic is computed beside the training, and says to which weights it belongs
    steps = set()

    def newer() -> bool:
        words = strip(page, "geodesic").locator("p").inner_text() if strip(page, "geodesic").count() else ""
        steps.update(re.findall(r"length (?:at most )?\d+\.\d\d, of step ([\d,]+)", words))
        return len(steps) >= 2

    eventually(newer, "geodesics while the model trains", patience_s=120)
    assert page.locator(".lab-card-state").inner_text().startswith("Training")
    page.get_by_role("link", name="Train").click()  # other tests want the processor
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True).click()
    eventually(lambda: "Stopped by hand" in page.locator(".lab-card-state").inner_text(), "it has stopped")


@pytest.mark.parametrize("model", ["binary-digits-2d", "binary-digits-8d", "two-moons"])
def test_it_fits_a_telephone(page: Page, app: Server, model: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_walk(page, app, f"model=shipped:{model}")
    geodesic(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for canvas in page.locator(".film canvas, .images canvas").all():
        box = canvas.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 390
