"""Pads of different models on one link: each goes to its own code of the image that the hand is at."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from pages.components.carrier import MapPoints
from tests.browser.conftest import Server, eventually
from tests.browser.harness.follow_part import CARRIED, codes_of
from tests.browser.pad_page import PadPage
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser


def open_pads(page: Page, server: Server, query: str = "") -> tuple[PadPage, PadPage]:
    """The two pads once they stand and nothing crosses any more."""
    page.set_viewport_size({"width": 1280, "height": 1500})
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{server.url}/?show=follow&{query}")
    page.locator(".pad .answers canvas[aria-label]").nth(1).wait_for(timeout=60_000)
    page.get_by_text(re.compile("^second ")).wait_for()
    pads = PadPage(page, traffic), PadPage(page, traffic, 1)
    for pad in pads:
        pad.painted("the points")
    pads[0].quiet()
    return pads


def nearest_row(points: MapPoints, z: list[float]) -> int:
    """The image whose code is nearest to z in all latent dimensions."""
    return int(points.rows[((points.mean - z) ** 2).sum(axis=1).argmin()])


def code(points: MapPoints, row: int) -> np.ndarray:
    return points.mean[points.rows == row][0]


def click_near(pad: PadPage, points: MapPoints, place: tuple[float, float]) -> int:
    """Click a point that both pads have, and return its image once Python knows."""
    n = int(((points.mean - place) ** 2).sum(axis=1)[:CARRIED].argmin())
    pad.page.mouse.click(*pad.at(*points.mean[n].astype(float)))
    eventually(lambda: pad.text("heard's row") == f"heard's row {n}", "Python hears which")
    return int(points.rows[n])


def test_a_drag_leads_the_other_to_its_own_code_of_the_nearest_image(page: Page, harness: Server) -> None:
    first, second = open_pads(page, harness, "latent=5")
    ours, theirs = codes_of(0, 5), codes_of(1, 2, carried=CARRIED)
    expected = np.array(second.z())
    led, ignored = set(), 0
    page.mouse.move(*first.at(-1.8, -1.2))
    page.mouse.down()
    before = first.traffic.total
    for x, y in np.linspace((-1.8, -1.2), (1.8, 1.4), 24):
        page.mouse.move(*first.at(x, y))
        first.frames()
        np.testing.assert_allclose(first.z()[:2], [x, y], atol=0.02)  # the hand's own z is free
        row = nearest_row(ours, first.z())
        if row in theirs.rows:
            expected = code(theirs, row)
            led.add(row)
        else:
            ignored += 1
        np.testing.assert_allclose(second.z(), expected, atol=1e-6)
    assert len(led) > 3
    assert ignored > 1  # images that the second pad has not got
    page.wait_for_timeout(300)
    assert first.traffic.total == before

    sent = first.traffic.sent
    page.mouse.up()
    first.hears(first.z())
    first.quiet()
    assert first.traffic.sent == sent + 1
    assert first.text("second ") == "second 0.0000 0.0000"  # Python works from the pad that was moved
    np.testing.assert_allclose(second.z(), expected, atol=1e-6)


def test_a_click_leads_to_that_very_image_and_keys_and_sliders_lead_too(page: Page, harness: Server) -> None:
    first, second = open_pads(page, harness)
    ours, theirs = codes_of(0, 2), codes_of(1, 2, carried=CARRIED)
    row = click_near(first, ours, (0.9, 0.4))
    np.testing.assert_allclose(second.z(), code(theirs, row), atol=1e-6)

    second.map.focus()
    page.keyboard.press("Home")  # the other way round
    assert second.z() == [0.0, 0.0]
    second.frames()
    np.testing.assert_allclose(first.z(), code(ours, nearest_row(theirs, [0.0, 0.0])), atol=1e-6)
    second.sliders.nth(0).focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    second.frames()
    np.testing.assert_allclose(first.z(), code(ours, nearest_row(theirs, second.z())), atol=1e-6)


def test_what_python_sets_leads_nobody_and_new_codes_of_the_image_are_taken(
    page: Page, harness: Server
) -> None:
    first, second = open_pads(page, harness)
    ours, theirs = codes_of(0, 2), codes_of(1, 2, carried=CARRIED)
    row = click_near(first, ours, (0.9, 0.4))
    page.get_by_text("Move", exact=True).click()
    first.hears([1.5, -0.5])
    eventually(lambda: first.z() == [1.5, -0.5], "the browser follows", patience_s=5)
    first.frames()
    np.testing.assert_allclose(second.z(), code(theirs, row), atol=1e-6)
    page.get_by_text("Another model").click()
    theirs = codes_of(2, 2, carried=CARRIED)
    eventually(lambda: np.allclose(second.z(), code(theirs, row), atol=1e-6), "its code in the new model")
    assert first.z() == [1.5, -0.5]


def test_following_by_z_is_as_it_was(page: Page, harness: Server) -> None:
    first, second = open_pads(page, harness)
    ours, theirs = codes_of(0, 2), codes_of(1, 2, carried=CARRIED)
    code_of_it = code(theirs, click_near(first, ours, (0.9, 0.4)))
    np.testing.assert_allclose(second.z(), code_of_it, atol=1e-6)
    page.get_by_text("By z").click()
    first.quiet()
    page.mouse.move(*first.at(0.0, 0.0))
    page.mouse.down()
    page.mouse.move(*first.at(-1.0, 1.2))
    first.frames()
    np.testing.assert_allclose(first.z(), [-1.0, 1.2], atol=0.02)
    assert second.z() == first.z()
    page.mouse.up()
    page.get_by_text("Move", exact=True).click()
    eventually(lambda: second.z() == [1.5, -0.5], "what Python sets is shared", patience_s=5)

    page.get_by_text("By z").click()
    first.quiet()
    assert second.z() == [1.5, -0.5]  # until a hand moves
    click_near(first, ours, (0.9, 0.4))
    np.testing.assert_allclose(second.z(), code_of_it, atol=1e-6)
