"""The pad under a pointer: what follows it, and when Python hears."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.models import random_snapshot
from tests.browser.harness.pad_part import MEAN, fixed_points
from tests.browser.pad_page import PadPage, decoded

pytestmark = pytest.mark.browser


def drag(pad: PadPage, start: tuple[float, float], goal: tuple[float, float], steps: int = 10) -> list[str]:
    """Press at a place of the plane and drag to another, without letting go: the images on the way."""
    x, y = pad.at(*start)
    to_x, to_y = pad.at(*goal)
    pad.page.mouse.move(x, y)
    pad.page.mouse.down()
    pad.frames()
    seen = []
    for step in range(1, steps + 1):
        share = step / steps
        pad.page.mouse.move(x + share * (to_x - x), y + share * (to_y - y))
        pad.frames()
        seen.append(str(pad.image()))
    return seen


def test_a_drag_moves_the_image_at_each_step_and_sends_once(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    x, y = pad.at(0.5, 0.5)
    page.mouse.move(x, y)
    page.mouse.down()
    before = pad.traffic.total
    seen = drag(pad, (0.5, 0.5), (-1.5, 1.5), steps=12)
    assert len(set(seen)) == 12
    np.testing.assert_allclose(pad.z(), [-1.5, 1.5], atol=0.01)
    np.testing.assert_allclose(pad.cursor(), [-1.5, 1.5], atol=0.01)
    assert np.abs(pad.image() - decoded(random_snapshot(), pad.z())).max() <= 0.51
    page.wait_for_timeout(700)
    assert pad.traffic.total == before
    assert pad.heard() == [0.0, 0.0]

    sent = pad.traffic.sent
    page.mouse.up()
    pad.hears(pad.z())
    page.wait_for_timeout(500)
    assert pad.traffic.sent == sent + 1
    assert pad.text("row") == "row None moves 1"


def test_a_drag_goes_on_outside_the_map_and_stays_within_six(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    drag(pad, (0.0, 0.0), (1.0, 1.0), steps=2)
    box = pad.map.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] - 40)
    pad.frames()
    above = pad.cursor()
    assert above[1] > pad.place(0, box["y"])[1]
    page.mouse.up()
    eventually(lambda: np.allclose(pad.heard(), above, atol=0.01), "Python hears it", patience_s=10)
    for _ in range(5):
        pad.button("Zoom out").click()
    drag(pad, (0.0, 0.0), (8.0, -8.0), steps=3)
    np.testing.assert_allclose(pad.cursor(), [6.0, -6.0], atol=0.02)
    assert pad.z() == [3.0, -3.0]  # the sliders stand at their ends
    page.mouse.up()
    pad.hears([6.0, -6.0])


def test_hovering_shows_what_is_there_and_leaving_restores(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    pad.layer("points").click()  # off: nothing there but the plane
    origin = pad.image()
    total = pad.traffic.total
    x, y = pad.at(1.2, -0.7)
    page.mouse.move(x, y)
    pad.frames()
    there = decoded(random_snapshot(), pad.place(x, y))
    assert np.abs(pad.image() - there).max() <= 1.0
    assert pad.part(".rider").is_visible()
    assert pad.z() == [0.0, 0.0]
    page.mouse.move(5, 5)
    eventually(lambda: pad.image() == origin, "the image of z is back")
    assert pad.part(".rider").is_hidden()
    page.wait_for_timeout(300)
    assert pad.traffic.total == total


def lonely(mean: np.ndarray, inside: float) -> int:
    """A point with no other near it, within the window."""
    apart = np.linalg.norm(mean[:, None] - mean[None], axis=2) + 100 * np.eye(len(mean))
    apart[np.abs(mean).max(axis=1) > inside] = 0
    return int(apart.min(axis=1).argmax())


def test_the_nearest_point_shows_its_image_and_a_click_picks_it(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    points = fixed_points(300, 2)
    row = lonely(points.mean, 2.5)
    mean = points.mean[row].astype(float)
    x, y = pad.at(*mean)
    page.mouse.move(x + 5, y - 4)  # near is enough
    pad.frames()
    images = np.random.default_rng(2).integers(0, 256, (50, 784), np.uint8)
    rider = pad.part(".rider canvas").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, 28, 28).data).filter((_, n) => n % 4 === 0)"
    )
    np.testing.assert_array_equal(rider, images[points.rows[row]])
    assert pad.part(".rider span").inner_text() == f"class {points.labels[row]}"
    assert np.abs(pad.image() - decoded(random_snapshot(), mean)).max() <= 0.51
    assert pad.heard() == [0.0, 0.0]

    sent = pad.traffic.sent
    page.mouse.click(x + 5, y - 4)
    pad.hears(mean.tolist())
    eventually(lambda: pad.text("row") == f"row {row} moves 1", "Python hears which", patience_s=5)
    np.testing.assert_allclose(pad.z(), mean, atol=1e-6)
    page.wait_for_timeout(400)
    assert pad.traffic.sent == sent + 1

    drag(pad, (0.0, 0.0), (0.4, 0.0), steps=2)  # a drag takes no point
    page.mouse.up()
    eventually(lambda: pad.text("row") == "row None moves 2", "and that it is none now", patience_s=5)


def test_of_two_points_the_nearer_wins(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    mean = fixed_points(300, 2).mean.astype(float)
    random = np.random.default_rng(0)
    shows = []
    for _ in range(12):
        place = mean[random.integers(300)] + random.uniform(-0.05, 0.05, 2)
        if np.abs(place).max() > 2.5:
            continue
        page.mouse.move(*pad.at(*place))
        pad.frames()
        nearest = np.linalg.norm(mean - place, axis=1).argmin()
        shows.append(np.abs(pad.image() - decoded(random_snapshot(), mean[nearest])).max() <= 0.51)
    assert len(shows) > 5
    assert all(shows)


def test_sliders_move_the_cursor_and_send_on_release(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    slider = pad.sliders.nth(1)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    before = pad.traffic.total
    images = set()
    for step in range(1, 9):
        page.mouse.move(x - step * box["width"] / 30, y)
        pad.frames()
        images.add(str(pad.image()))
        np.testing.assert_allclose(pad.cursor(), pad.z(), atol=0.01)
    assert len(images) == 8
    page.wait_for_timeout(400)
    assert pad.traffic.total == before
    sent = pad.traffic.sent
    page.mouse.up()
    pad.hears(pad.z())
    page.wait_for_timeout(400)
    assert pad.traffic.sent == sent + 1
    assert pad.z()[1] < -1.0


def test_buttons_jump_and_python_moves_the_pad(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    pad.button("Random from the prior").click()
    eventually(lambda: all(pad.heard()), "Python hears two numbers", patience_s=5)
    pad.hears(pad.z())
    pad.button("To the image's mean").click()
    pad.hears(list(MEAN))
    pad.button("Reset").click()
    pad.hears([0.0, 0.0])
    page.get_by_text("Move", exact=True).click()
    pad.hears([1.5, -0.5])
    eventually(lambda: pad.z() == [1.5, -0.5], "the browser follows", patience_s=5)
    np.testing.assert_allclose(pad.cursor(), [1.5, -0.5], atol=0.01)
    drag(pad, (1.5, -0.5), (0.5, 1.0), steps=3)
    page.mouse.up()
    pad.hears(pad.z())
    assert abs(pad.z()[0] - 0.5) < 0.02


def test_a_plain_wheel_scrolls_the_page_unless_the_map_has_the_focus(page: Page, harness: Server) -> None:
    page.set_viewport_size({"width": 1280, "height": 420})
    pad = PadPage.open(page, harness)
    before = pad.scale()
    page.mouse.move(*pad.at(0.3, 0.3))
    top = pad.corner()[1]
    page.mouse.wheel(0, 60)
    eventually(lambda: pad.corner()[1] < top, "the page scrolls")
    assert pad.scale() == before

    pad.map.focus()
    pad.map.scroll_into_view_if_needed()
    x, y = pad.at(0.3, 0.3)
    page.mouse.move(x, y)
    top = pad.corner()[1]
    page.mouse.wheel(0, -50)
    eventually(lambda: pad.scale() > 1.1 * before, "the map zooms")
    assert pad.corner()[1] == top
    np.testing.assert_allclose(pad.place(x, y), [0.3, 0.3], atol=0.01)
    assert pad.heard() == [0.0, 0.0]


def test_the_map_is_panned_by_hand_tool_and_by_shift(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    total = pad.traffic.total
    scale, home = pad.scale(), pad.origin()
    pad.button("Drag the map").click()
    drag(pad, (0.0, 0.0), (1.0, -0.5), steps=3)
    page.mouse.up()
    np.testing.assert_allclose(pad.origin(), [home[0] + scale, home[1] + 0.5 * scale], atol=1.5)
    pad.button("Drag the map").click()
    page.keyboard.down("Shift")
    drag(pad, (0.0, 0.0), (-1.0, 0.5), steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    np.testing.assert_allclose(pad.origin(), home, atol=1.5)
    assert pad.z() == [0.0, 0.0]
    pad.part(".fit").click()
    pad.frames()
    np.testing.assert_allclose(pad.origin(), home, atol=0.1)
    page.wait_for_timeout(300)
    assert pad.traffic.total == total


def test_two_decoders_answer_one_pointer(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "decoders=2")
    assert pad.part(".answers canvas").count() == 2
    drag(pad, (0.5, 0.5), (-1.0, 1.2), steps=4)
    for number, seed in enumerate((0, 10)):
        expected = decoded(random_snapshot(seed=seed), pad.z())
        assert np.abs(pad.image(number) - expected).max() <= 0.51
    page.mouse.up()
    pad.hears(pad.z())
    assert pad.traffic.bytes_received < 2_700_000


def test_linked_pads_follow_in_the_browser(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "linked=1")
    other = pad.another(1)
    total = pad.traffic.total
    drag(pad, (0.5, 0.5), (-1.0, 1.2), steps=4)
    assert other.z() == pad.z()
    assert other.image() == pad.image()
    assert pad.traffic.total == total
    sent = pad.traffic.sent
    page.mouse.up()
    pad.hears(pad.z())
    page.wait_for_timeout(400)
    assert pad.traffic.sent == sent + 1
    other.map.scroll_into_view_if_needed()
    drag(other, (0.5, 0.5), (1.5, -1.0), steps=4)
    page.mouse.up()
    eventually(lambda: pad.z() == other.z(), "and back")


def test_new_weights_redraw_the_image_under_a_drag(page: Page, harness: Server) -> None:
    pad = PadPage(page, PadPage.open(page, harness).traffic)
    page.goto(f"{harness.url}/?show=pad&live=1")
    page.locator(".pad .answers canvas[aria-label]").first.wait_for(timeout=60_000)
    page.get_by_text(re.compile("^heard")).wait_for()
    pad.root.evaluate("div => { window.thePad = div; }")
    drag(pad, (0.5, 0.5), (1.0, 1.0), steps=2)
    z = pad.z()
    seen = set()
    for _ in range(14):
        page.wait_for_timeout(150)
        seen.add(str(pad.image()))
    assert len(seen) >= 4
    assert pad.z() == z
    page.mouse.move(*pad.at(-1.0, 0.0))
    pad.frames()
    z = pad.z()
    np.testing.assert_allclose(z, [-1.0, 0.0], atol=0.02)
    page.mouse.up()
    pad.hears(z)
    assert pad.root.evaluate("div => div === window.thePad")


def test_weights_cross_once(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    once = pad.traffic.bytes_received
    assert 1_260_000 < once < 1_450_000  # 1.26 MB of weights, 39 kB of images, 8 kB of points
    for n in range(3):
        drag(pad, (0.0, 0.0), (0.5 * n - 0.7, 0.8), steps=2)
        page.mouse.up()
        pad.hears(pad.z())
    for name in ("points", "rings", "density", "stretch", "manifold", "rings"):
        pad.layer(name).click()
        page.wait_for_timeout(150)
    page.get_by_text("Move", exact=True).click()  # Python runs anew, and sets z
    pad.hears([1.5, -0.5])
    pad.quiet()
    assert pad.traffic.bytes_received - once < 60_000
