"""The drawing board: what is seen while a stroke is drawn, what Python hears, and what stays."""

import base64

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Server, eventually
from tests.browser.draw_page import (
    ACROSS,
    DOWNWARDS,
    amount,
    box,
    draw,
    drawn,
    heard,
    on_screen,
    open_board,
    seen,
    spoken,
)
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser


def test_a_stroke_is_seen_at_once_and_told_on_release_only(page: Page, harness: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    open_board(page, harness)
    assert heard(page) == "heard nothing"
    page.wait_for_timeout(500)
    before, blank = traffic.total, seen(page)
    draw(page, DOWNWARDS, release=False)
    assert seen(page) != blank
    page.wait_for_timeout(700)
    assert traffic.total == before
    assert heard(page) == "heard nothing"

    sent = traffic.sent
    page.mouse.up()
    drawn(page, 1)
    page.wait_for_timeout(400)
    assert traffic.sent == sent + 1
    left, top, right, bottom = box(page)
    # The brush is 2 × 0.062 wide with its rim, and the stroke goes from 0.2 to 0.8 of the board.
    assert (left, top) == pytest.approx((84 * 0.438, 84 * 0.138), abs=1.5)
    assert (right, bottom) == pytest.approx((84 * 0.562, 84 * 0.862), abs=1.5)
    # Its width, were its edges sharp, is 0.1.
    assert amount(page) == pytest.approx(84**2 * (0.6 * 0.1 + np.pi * 0.05**2), rel=0.05)
    assert spoken(page) == "Drawn, 1 stroke"


def test_going_over_a_place_again_does_not_harden_its_rim(page: Page, harness: Server) -> None:
    open_board(page, harness)
    draw(page, DOWNWARDS)
    drawn(page, 1)
    once = amount(page)
    draw(page, DOWNWARDS + DOWNWARDS[::-1] + DOWNWARDS)
    page.wait_for_timeout(700)
    assert amount(page) == pytest.approx(once, rel=0.002)


def test_undo_eraser_and_clear(page: Page, harness: Server) -> None:
    open_board(page, harness)
    draw(page, DOWNWARDS)
    drawn(page, 1)
    first = heard(page)
    draw(page, ACROSS)
    drawn(page, 2)
    both = heard(page)
    assert box(page)[0] < 25

    page.get_by_role("button", name="Eraser").click()
    assert page.get_by_role("button", name="Eraser").get_attribute("aria-pressed") == "true"
    draw(page, ACROSS)
    drawn(page, 3)
    # No faint rest of the erased stroke widens the digit's box.
    assert box(page)[0] == pytest.approx(84 * 0.438, abs=1.5)
    assert spoken(page) == "Erased, 3 strokes"

    undo = page.get_by_role("button", name="Undo")
    undo.click()
    eventually(lambda: heard(page) == both, "the erased stroke is back")
    page.get_by_role("button", name="Clear").click()
    eventually(lambda: heard(page) == "heard nothing", "Python hears that the board is empty")
    assert spoken(page) == "Cleared"
    undo.click()
    eventually(lambda: heard(page) == both, "a clearing can be undone too")
    undo.click()
    eventually(lambda: heard(page) == first, "the second stroke is undone")
    undo.click()
    eventually(lambda: heard(page) == "heard nothing", "all is undone")
    assert spoken(page) == "Undone, the board is empty"
    assert undo.get_attribute("aria-disabled") == "true"  # it keeps the focus, and says why it does nothing
    undo.focus()
    page.keyboard.press("Enter")
    assert spoken(page) == "Nothing to undo"


def test_an_eraser_on_an_empty_place_is_no_stroke(page: Page, harness: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    open_board(page, harness)
    page.get_by_role("button", name="Eraser").click()
    page.wait_for_timeout(500)
    sent = traffic.sent
    draw(page, ACROSS)
    page.wait_for_timeout(500)
    assert traffic.sent == sent
    assert spoken(page) == "Nothing changed"
    assert page.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "true"


def test_a_stroke_goes_on_while_data_arrive_and_a_drawing_stays(page: Page, harness: Server) -> None:
    open_board(page, harness, "live=1")
    draw(page, DOWNWARDS[:2], release=False)
    label = page.locator(".draw .square").get_attribute("aria-label")
    eventually(lambda: page.locator(".draw .square").get_attribute("aria-label") != label, "data arrive")
    for x, y in on_screen(page, [(0.5, 0.65), (0.5, 0.8)]):
        page.mouse.move(x, y, steps=5)
    page.mouse.up()
    drawn(page, 1)
    assert box(page)[3] - box(page)[1] > 50
    picture, ink = seen(page), heard(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(1500)
    assert (seen(page), heard(page)) == (picture, ink)


def test_a_new_reset_clears_and_a_board_that_was_away_comes_back(page: Page, harness: Server) -> None:
    open_board(page, harness)
    blank = seen(page)
    draw(page, ACROSS)
    drawn(page, 1)
    picture = seen(page)
    page.get_by_text("Hide").click()
    page.get_by_text("hidden").wait_for()
    page.get_by_text("Hide").click()
    page.locator(".draw .square").wait_for()
    drawn(page, 1)
    assert seen(page) == picture

    page.get_by_role("button", name="Start afresh").click()
    drawn(page, 0)
    eventually(lambda: seen(page) == blank, "the board is empty")
    draw(page, DOWNWARDS)
    drawn(page, 1)


def test_black_ground_sharp_pixels_and_the_same_ink_on_every_screen(
    browser: Browser, harness: Server
) -> None:
    prints = set()
    for scheme, width, sharpness in (("light", 1280, 1), ("dark", 390, 3), ("light", 260, 1.5)):
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, device_scale_factor=sharpness
        )
        page = context.new_page()
        open_board(page, harness)
        canvas = page.locator(".draw canvas")
        size = canvas.evaluate("node => [node.width, node.clientWidth]")
        assert size[0] == pytest.approx(size[1] * sharpness, abs=1)
        assert size[1] == 278 if width > 300 else 200 < size[1] < 260  # 280 with its border, if there is room
        # From a keyboard, because places on the screen are whole pixels.
        page.locator(".draw .square").focus()
        for key in ("Space", *["Shift+ArrowRight"] * 2, "Shift+ArrowUp", "Space"):
            page.keyboard.press(key)
        drawn(page, 1)
        prints.add(heard(page))
        corner, middle = (
            canvas.evaluate(
                "(node, share) => { const at = share * node.width;"
                " return Array.from(node.getContext('2d').getImageData(at, at, 1, 1).data); }",
                share,
            )
            for share in (0.05, 0.5)
        )
        assert corner == [0, 0, 0, 255]
        assert middle == [255, 255, 255, 255]
        context.close()
    assert len(prints) == 1


def test_what_the_eye_cannot_see_is_no_ink(page: Page, harness: Server) -> None:
    page.goto(f"{harness.url}/_stcore/health")
    inks = page.evaluate("""async () => {
      const { Ink } = await import('/assets/components/draw/ink.js');
      const ink = new Ink();
      const seen = [];
      for (const shift of [0, 0.003, 0.006]) {
        ink.add({ erase: false, points: [0.2, 0.3 + shift, 0.7, 0.35] });
        ink.add({ erase: true, points: [0.3, 0.42 + shift, 0.6, 0.45] });
        seen.push([Array.from(ink.bytes), ink.base64()]);
      }
      return seen;
    }""")
    for values, text in inks:
        assert list(base64.b64decode(text)) == values
        faintest, *others = sorted({*values} - {0})
        assert 16 <= faintest < 60
        assert len(others) > 20
        assert others[-1] == 255
