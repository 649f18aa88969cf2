"""A walk on the pad: pins are added, moved, drawn and removed, and Python hears of it on release."""

import ast
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.models import random_snapshot
from tests.browser.pad_page import PadPage, decoded

pytestmark = pytest.mark.browser

PINS = [(-1.5, 0.5), (1.0, 1.2)]


def heard(pad: PadPage) -> list[tuple[float, ...]]:
    """The pins as Python heard them."""
    return list(ast.literal_eval(pad.text("pins").removeprefix("pins ")))


def drawn(pad: PadPage) -> list[tuple[float, float]]:
    """The pins as they stand on the map, in prior σ."""
    transforms = pad.part(".pin").evaluate_all("pins => pins.map((pin) => pin.getAttribute('transform'))")
    corner = pad.corner()
    places = [text.removeprefix("translate(").removesuffix(")").split() for text in transforms]
    return [pad.place(corner[0] + float(x), corner[1] + float(y)) for x, y in places]


def hears(pad: PadPage, pins: list[tuple[float, float]], atol: float = 0.01) -> None:
    def same() -> bool:
        now = heard(pad)
        return len(now) == len(pins) and bool(np.allclose(now, pins, atol=atol))

    eventually(same, f"Python hears {pins}", patience_s=10)


def test_a_click_adds_a_pin_and_sends_once(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    pad.layer("points").click()
    np.testing.assert_allclose(drawn(pad), PINS, atol=0.01)
    assert pad.part(".cursor").is_hidden()
    sent = pad.traffic.sent
    page.mouse.click(*pad.at(0.5, -1.5))
    hears(pad, [*PINS, (0.5, -1.5)])
    page.wait_for_timeout(400)
    assert pad.traffic.sent == sent + 1
    np.testing.assert_allclose(drawn(pad), [*PINS, (0.5, -1.5)], atol=0.02)
    assert pad.part(".pin.selected").get_attribute("data-pin") == "2"


def test_a_pin_is_dragged_with_its_image_and_sliders(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    x, y = pad.at(*PINS[1])
    page.mouse.move(x, y)
    page.mouse.down()
    total = pad.traffic.total
    to_x, to_y = pad.at(-0.5, -1.0)
    images = set()
    for step in range(1, 7):
        page.mouse.move(x + step * (to_x - x) / 6, y + step * (to_y - y) / 6)
        pad.frames()
        images.add(str(pad.image()))
        np.testing.assert_allclose(drawn(pad)[1], pad.z(), atol=0.01)
    assert len(images) == 6
    assert np.abs(pad.image() - decoded(random_snapshot(), pad.z())).max() <= 0.51
    page.wait_for_timeout(400)
    assert pad.traffic.total == total
    assert heard(pad) == PINS
    sent = pad.traffic.sent
    page.mouse.up()
    hears(pad, [PINS[0], (-0.5, -1.0)], atol=0.03)
    page.wait_for_timeout(300)
    assert pad.traffic.sent == sent + 1


def test_a_drag_beside_the_pins_moves_the_map(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    total, home = pad.traffic.total, pad.origin()
    x, y = pad.at(0.0, -1.5)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 5):
        page.mouse.move(x + 10 * step, y - 5 * step)
        pad.frames()
    page.mouse.up()
    pad.frames()
    np.testing.assert_allclose(pad.origin(), [home[0] + 40, home[1] - 20], atol=1)
    np.testing.assert_allclose(drawn(pad), PINS, atol=0.01)
    page.wait_for_timeout(400)
    assert pad.traffic.total == total


def test_keys_move_add_and_remove_pins_but_never_the_last_two(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    pad.part("[data-pin='0']").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowUp")
    hears(pad, [(-1.0, 0.55), PINS[1]], atol=1e-6)
    focused = "pin => pin.getRootNode().activeElement === pin"
    assert pad.part("[data-pin='0']").evaluate(focused)
    pad.map.focus()
    page.keyboard.press("Enter")
    hears(pad, [(-1.0, 0.55), PINS[1], (-0.6, 0.55)], atol=1e-6)
    pad.part("[data-pin='1']").focus()
    page.keyboard.press("Delete")
    hears(pad, [(-1.0, 0.55), (-0.6, 0.55)], atol=1e-6)
    sent = pad.traffic.sent
    pad.part("[data-pin='0']").focus()
    page.keyboard.press("Delete")
    eventually(lambda: pad.part(".spoken").inner_text() == "A walk has at least two pins.", "it says why not")
    page.wait_for_timeout(500)
    assert pad.part(".pin").count() == 2
    assert pad.traffic.sent == sent


def test_the_button_removes_the_selected_pin(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    assert not pad.button("Random from the prior").is_visible()  # a page adds pins in its own ways
    pad.map.focus()
    page.keyboard.press("Enter")
    eventually(lambda: len(heard(pad)) == 3, "Python hears of a third pin", patience_s=5)
    np.testing.assert_allclose(heard(pad)[2], pad.z(), atol=1e-3)
    pad.button("Remove pin 3").click()
    hears(pad, PINS)


def test_there_are_twelve_pins_at_most(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    pad.layer("points").click()
    for n in range(11):
        page.mouse.click(*pad.at(-2.5 + 0.4 * n, -2.0 if n % 2 else -1.4))
        pad.frames()
    eventually(lambda: len(heard(pad)) == 12, "Python hears twelve", patience_s=10)
    assert pad.part(".pin").count() == 12
    assert pad.part(".spoken").inner_text() == "A walk has at most 12 pins."


def test_the_sliders_move_the_selected_pin(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    page.mouse.click(*pad.at(*PINS[1]))
    pad.frames()
    np.testing.assert_allclose(pad.z(), PINS[1], atol=1e-6)
    pad.sliders.nth(1).focus()
    page.keyboard.press("ArrowLeft")
    hears(pad, [PINS[0], (1.0, 1.15)], atol=1e-6)
    np.testing.assert_allclose(drawn(pad)[1], (1.0, 1.15), atol=0.01)


def test_a_path_drawn_by_hand_becomes_pins(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "mode=walk")
    pad.button("Draw a path").click()
    bends = [(-2.0, -2.0), (1.5, -2.0), (1.5, 1.5)]
    page.mouse.move(*pad.at(*bends[0]))
    page.mouse.down()
    total = pad.traffic.total
    for start, goal in pairwise(bends):
        for share in np.linspace(0, 1, 15)[1:]:
            a, b = (s + share * (g - s) for s, g in zip(start, goal, strict=True))
            page.mouse.move(*pad.at(a, b))
            pad.frames(1)
    sketch = pad.part(".paths [data-style=sketch]").get_attribute("d") or ""
    assert sketch.count("L") > 20
    page.wait_for_timeout(300)
    assert pad.traffic.total == total
    assert heard(pad) == PINS
    sent = pad.traffic.sent
    page.mouse.up()
    hears(pad, bends, atol=0.15)
    page.wait_for_timeout(300)
    assert pad.traffic.sent == sent + 1
    np.testing.assert_allclose(drawn(pad), bends, atol=0.15)
    assert pad.part(".paths [data-style=sketch]").count() == 0
