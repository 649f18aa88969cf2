"""The instrument as a visitor uses it: pointer, keyboard, themes, new weights, small screens."""

import re

import pytest
from playwright.sync_api import Locator, Page

from tests.browser.conftest import HARNESS, Server, eventually
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser

PIXELS = "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 28, 28).data).join()"


def open_instrument(page: Page, server: Server, query: str = "") -> Locator:
    """Open the instrument, wait until its image stands, and return the sliders."""
    page.goto(f"{server.url}/?show=decoder&{query}")
    page.locator(".decoder canvas[aria-label]").wait_for(timeout=30_000)
    page.get_by_text(re.compile("^heard")).wait_for()
    return page.locator(".decoder input[type=range]")


def pixels(page: Page) -> str:
    return page.locator(".decoder canvas").evaluate(PIXELS)


def frames(page: Page, count: int = 2) -> None:
    """Let the browser draw."""
    page.evaluate(
        "n => new Promise(done => { const f = () => n-- > 0 ? requestAnimationFrame(f) : done(); f(); })",
        count,
    )


def heard(page: Page) -> list[float]:
    text = page.get_by_text(re.compile("^heard")).inner_text()
    return [float(number) for number in text.split()[1:]]


def middle(slider: Locator) -> tuple[float, float, float]:
    box = slider.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, box["width"]


def test_a_drag_moves_the_image_and_tells_python_on_release_only(page: Page, harness: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    sliders = open_instrument(page, harness)
    assert sliders.count() == 2
    assert [sliders.nth(0).input_value(), sliders.nth(1).input_value()] == ["0", "0"]
    eventually(lambda: traffic.total > 0, "a websocket that is counted")
    page.wait_for_timeout(500)

    x, y, width = middle(sliders.first)
    page.mouse.move(x, y)
    page.mouse.down()
    before = traffic.total
    seen = {pixels(page)}
    for step in range(1, 13):
        page.mouse.move(x + step * width / 40, y)
        frames(page)
        seen.add(pixels(page))
    page.wait_for_timeout(700)
    assert traffic.total == before
    assert len(seen) == 13
    assert heard(page) == [0.0, 0.0]

    value = sliders.first.evaluate("input => input.valueAsNumber")
    sent = traffic.sent
    page.mouse.move(x + 12 * width / 40, y + 300)  # let go far below the slider
    page.mouse.up()
    eventually(lambda: heard(page)[0] == round(value, 2), "Python hears of the release", patience_s=5)
    page.wait_for_timeout(500)
    assert traffic.sent == sent + 1
    assert value > 1.0
    assert traffic.bytes_received < 1_350_000  # the weights came once: 1.26 MB


def test_the_keyboard_moves_in_even_steps_and_settles_once(page: Page, harness: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    sliders = open_instrument(page, harness)
    page.wait_for_timeout(500)
    first = pixels(page)
    sent = traffic.sent
    sliders.nth(1).focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    frames(page)
    assert pixels(page) != first
    assert sliders.nth(1).get_attribute("aria-valuetext") == "+0.20"
    eventually(lambda: heard(page) == [0.0, 0.2], "Python hears of the keys", patience_s=5)
    page.wait_for_timeout(500)
    assert traffic.sent == sent + 1
    page.keyboard.press("Home")
    eventually(lambda: heard(page) == [0.0, -3.0], "Home goes to the lower end", patience_s=5)
    ring = sliders.nth(1).evaluate("input => getComputedStyle(input).outlineStyle")
    assert ring == "solid"


def test_python_moves_the_sliders_once(page: Page, harness: Server) -> None:
    sliders = open_instrument(page, harness)
    page.get_by_text("Move").click()
    eventually(lambda: heard(page) == [1.5, -0.5], "Python moved them", patience_s=5)
    eventually(lambda: float(sliders.first.input_value()) == 1.5, "the browser follows", patience_s=5)
    assert float(sliders.nth(1).input_value()) == -0.5
    sliders.first.focus()
    page.keyboard.press("ArrowRight")
    eventually(lambda: heard(page) == [1.55, -0.5], "and a visitor moves on from there", patience_s=5)


def test_buttons_draw_from_the_prior_and_reset(page: Page, harness: Server) -> None:
    open_instrument(page, harness, "latent=5")
    origin = pixels(page)
    page.get_by_role("button", name="Random from the prior").click()
    eventually(lambda: all(heard(page)), "Python hears five numbers", patience_s=5)
    assert pixels(page) != origin
    page.get_by_role("button", name="Reset").click()
    eventually(lambda: not any(heard(page)), "Python hears the origin", patience_s=5)
    assert pixels(page) == origin


def test_new_weights_redraw_the_image_under_a_drag(page: Page, harness: Server) -> None:
    sliders = open_instrument(page, harness, "live=1")
    sliders.first.evaluate("input => { window.theSlider = input; }")
    x, y, width = middle(sliders.first)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + width / 6, y)
    value = sliders.first.input_value()
    seen = set()
    for _ in range(12):
        page.wait_for_timeout(150)
        seen.add(pixels(page))
    assert len(seen) >= 4
    assert sliders.first.input_value() == value
    page.mouse.move(x + width / 3, y)
    assert float(sliders.first.input_value()) > float(value) + 0.5
    page.mouse.up()
    value = sliders.first.evaluate("input => input.valueAsNumber")
    eventually(lambda: heard(page)[0] == round(value, 2), "Python hears of the release", patience_s=5)
    assert sliders.first.evaluate("input => input === window.theSlider")


def test_another_theme_changes_the_colours_and_nothing_else(page: Page, harness: Server) -> None:
    page.emulate_media(color_scheme="light")
    sliders = open_instrument(page, harness)
    sliders.first.evaluate("input => { window.theSlider = input; }")
    page.get_by_role("button", name="Random from the prior").click()
    eventually(lambda: any(heard(page)), "Python hears", patience_s=5)
    image = pixels(page)
    value = sliders.first.input_value()
    colour = "div => getComputedStyle(div).color"
    light = page.locator(".decoder").evaluate(colour)
    page.emulate_media(color_scheme="dark")
    eventually(lambda: page.locator(".decoder").evaluate(colour) != light, "the text changes its colour")
    assert sliders.first.evaluate("input => input === window.theSlider")
    assert sliders.first.input_value() == value
    assert pixels(page) == image


def test_many_dimensions_name_the_unused_and_scroll_inside(page: Page, harness: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    sliders = open_instrument(page, harness, "latent=32&kl=1")
    assert sliders.count() == 32
    assert "unused" in (sliders.last.get_attribute("aria-valuetext") or "")
    assert "KL 2.40 nats per image" in (sliders.first.get_attribute("aria-valuetext") or "")
    rows = page.locator(".decoder .rows")
    assert rows.evaluate("div => div.scrollHeight > div.clientHeight")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert rows.evaluate("div => div.scrollWidth <= div.clientWidth")
    image = page.locator(".decoder canvas").bounding_box()
    first = sliders.first.bounding_box()
    assert image
    assert first
    assert image["y"] + image["height"] < first["y"]


def test_each_image_pixel_covers_whole_screen_pixels(page: Page, harness: Server) -> None:
    for shape, side in (("1,28,28", 28), ("1,3,3", 3), ("3,32,32", 32)):
        open_instrument(page, harness, f"shape={shape}")
        box = page.locator(".decoder canvas").bounding_box()
        assert box
        assert box["width"] >= 250
        assert box["width"] % side == 0


@pytest.mark.parametrize("shape", ["1,1,2", "1,1,1"])
def test_a_toy_is_shown_as_a_point(page: Page, harness: Server, shape: str) -> None:
    sliders = open_instrument(page, harness, f"shape={shape}&latent=1")
    seen = "canvas => canvas.toDataURL()"
    before = page.locator(".decoder canvas").evaluate(seen)
    sliders.first.focus()
    page.keyboard.press("End")
    frames(page)
    assert page.locator(".decoder canvas").evaluate(seen) != before


def test_under_a_base_path_and_on_a_cold_deep_link(page: Page, serve) -> None:
    server = serve(HARNESS, base_path="some/lab")
    open_instrument(page, server)
    before = pixels(page)
    page.get_by_role("button", name="Random from the prior").click()
    eventually(lambda: any(heard(page)), "Python hears", patience_s=5)
    assert pixels(page) != before
    page.goto(f"{server.url}/deeper?show=plot")
    page.locator(".lab-plot .main-svg").first.wait_for(timeout=30_000)
