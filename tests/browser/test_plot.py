"""The live chart: one node and one zoom through all updates."""

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser


def open_chart(page: Page, server: Server, query: str = "") -> None:
    page.goto(f"{server.url}/?show=plot&{query}")
    page.locator(".lab-plot .main-svg").first.wait_for(timeout=30_000)


def ticks(page: Page) -> int:
    return int(page.get_by_text(re.compile("^ticks")).inner_text().split()[1])


def drawn(page: Page) -> int:
    """The tick that the chart shows."""
    return int((page.locator(".lab-plot .gtitle").text_content() or "").split()[1])


def x_range(page: Page) -> list[float]:
    return page.evaluate("document.querySelector('.lab-plot')._fullLayout.xaxis.range")


def test_zoom_and_node_outlive_updates(page: Page, harness: Server) -> None:
    open_chart(page, harness, "live=1")
    page.evaluate("window.theChart = document.querySelector('.lab-plot .main-svg')")
    plot = page.locator(".lab-plot .nsewdrag").first
    box = plot.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.7, steps=5)
    held = drawn(page)
    page.wait_for_timeout(800)  # several updates arrive under the hand
    assert drawn(page) == held
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.8, steps=5)
    page.mouse.up()
    eventually(lambda: drawn(page) > held, "updates go on after the release", patience_s=5)
    zoomed = x_range(page)
    assert 50 < zoomed[0] < 110
    assert 190 < zoomed[1] < 250
    shown = drawn(page)
    eventually(lambda: drawn(page) >= shown + 4, "four more updates", patience_s=10)
    assert x_range(page) == zoomed
    assert page.evaluate("window.theChart === document.querySelector('.lab-plot .main-svg')")
    assert page.evaluate("window.theChart.isConnected")


def test_a_chart_says_what_it_shows_and_fits_its_container(page: Page, harness: Server) -> None:
    open_chart(page, harness)
    chart = page.get_by_role("figure", name="A test curve, tick 0")
    box = chart.bounding_box()
    assert box
    assert box["height"] == pytest.approx(320, abs=2)
    page.set_viewport_size({"width": 390, "height": 800})
    eventually(
        lambda: (chart.locator(".main-svg").first.bounding_box() or box)["width"] <= 390, "a narrow chart"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_chart_wears_the_pages_font_and_colours(page: Page, harness: Server) -> None:
    page.emulate_media(color_scheme="light")
    open_chart(page, harness)
    grid = "getComputedStyle(document.querySelector('.lab-plot .gridlayer path')).stroke"
    assert page.evaluate(grid) == "rgb(232, 234, 238)"
    page.emulate_media(color_scheme="dark")
    eventually(lambda: page.evaluate(grid) == "rgb(42, 47, 56)", "the grid of the dark template")
    asked = """() => {
      const host = document.querySelector('.lab-plot');
      const title = host.querySelector('.gtitle');
      const [a, b] = [getComputedStyle(host), getComputedStyle(title)];
      return [a.color === b.fill, a.fontFamily.split(',')[0] === b.fontFamily.split(',')[0], b.fill];
    }"""
    same_colour, same_font, fill = page.evaluate(asked)
    assert same_colour, fill
    assert same_font


def test_type_grows_with_the_page(page: Page, harness: Server) -> None:
    """On a projector the root's type is larger, and that of the axes follows."""
    open_chart(page, harness)
    size = "parseFloat(getComputedStyle(document.querySelector('.lab-plot .xtick text')).fontSize)"
    usual = page.evaluate(size)
    page.add_style_tag(content=":root:root { font-size: 24px; } .lab-plot { width: 90%; }")
    eventually(lambda: page.evaluate(size) == pytest.approx(1.5 * usual), "larger type")
