"""The drawing board under a keyboard, a finger and a pen."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Server, eventually
from tests.browser.draw_page import (
    ACROSS,
    DOWNWARDS,
    amount,
    box,
    drawn,
    on_screen,
    open_board,
    spoken,
    strokes,
)
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser


def test_the_keyboard_alone_draws_a_digit(page: Page, harness: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    open_board(page, harness)
    square = page.locator(".draw .square")
    for _ in range(12):
        page.keyboard.press("Tab")
        if square.evaluate("node => node.matches(':focus-visible')"):
            break
    assert page.locator(".draw .ring").is_visible()
    page.wait_for_timeout(500)
    sent = traffic.sent

    def press(keys: str) -> None:
        for key in keys.split():
            page.keyboard.press(key)

    # A seven: from the middle to the upper left, pen down, right, then down to the left, two arrows at once.
    press("Home Shift+ArrowUp Shift+ArrowUp Shift+ArrowLeft Space")
    assert spoken(page) == "Pen down"
    press("ArrowRight " * 9)
    page.keyboard.down("ArrowLeft")
    page.keyboard.down("ArrowDown")
    press("ArrowDown " * 7)
    page.keyboard.up("ArrowLeft")
    page.keyboard.up("ArrowDown")
    press("Shift+ArrowDown Shift+ArrowDown")
    eventually(lambda: spoken(page) == "Column 10, row 22 of 28", "the place is said", patience_s=3)
    assert traffic.sent == sent
    press("Space")
    drawn(page, 1)
    assert traffic.sent == sent + 1
    expected = [84 * side for side in (10 / 28, 6 / 28, 19 / 28, 22 / 28)]
    grown = [side + rim for side, rim in zip(expected, (-5.2, -5.2, 5.2, 5.2), strict=True)]
    assert box(page) == pytest.approx(grown, abs=5)

    press("e")
    assert page.get_by_role("button", name="Eraser").get_attribute("aria-pressed") == "true"
    press("Space ArrowUp ArrowUp Space")
    drawn(page, 2)
    press("E Backspace")
    drawn(page, 1)
    press("Delete")
    drawn(page, 0)
    # Leaving the board lifts the pen.
    press("Space ArrowUp Tab")
    drawn(page, 1)


def test_a_finger_draws_and_the_page_does_not_scroll(browser: Browser, harness: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 500}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_board(page, harness)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    square = page.locator(".draw .square")
    assert square.evaluate("node => getComputedStyle(node).touchAction") == "none"
    assert page.evaluate("getComputedStyle(document.body).touchAction") != "none"
    scroller = "document.querySelector('[data-testid=stMain]').scrollTop"
    before = page.evaluate(scroller)
    touch = context.new_cdp_session(page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(on_screen(page, list(points)))]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    send("touchStart", (0.5, 0.8))
    for step in range(1, 7):
        send("touchMove", (0.5, 0.8 - 0.1 * step))
    # A second finger draws nothing.
    send("touchStart", (0.5, 0.2), (0.1, 0.1))
    send("touchMove", (0.5, 0.2), (0.1, 0.9))
    send("touchEnd")
    drawn(page, 1)
    assert page.evaluate(scroller) == before
    left, top, right, bottom = box(page)
    assert left > 30
    assert right < 54
    assert bottom - top > 50
    assert page.locator(".draw .ring").is_hidden()
    context.close()


PEN = """
(board, [points, button, buttons]) => {
  const box = board.getBoundingClientRect();
  const send = (type, [x, y], more) => board.dispatchEvent(new PointerEvent(type, {
    bubbles: true, composed: true, pointerId: 7, pointerType: 'pen', isPrimary: true,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height, ...more }));
  board.setPointerCapture = () => {};
  send('pointerdown', points[0], { button, buttons });
  for (const point of points.slice(1)) send('pointermove', point, { button: -1, buttons });
  send('pointerup', points.at(-1), { button, buttons: 0 });
}
"""


def test_a_pen_draws_and_its_other_end_erases(page: Page, harness: Server) -> None:
    open_board(page, harness)
    square = page.locator(".draw .square")
    square.evaluate(PEN, [DOWNWARDS, 0, 1])
    drawn(page, 1)
    whole = amount(page)
    square.evaluate(PEN, [[(0.4, 0.5), (0.6, 0.5)], 5, 32])
    drawn(page, 2)
    assert amount(page) < 0.8 * whole
    assert page.get_by_role("button", name="Eraser").get_attribute("aria-pressed") == "false"
    # Other buttons of the mouse are the browser's.
    square.evaluate(PEN, [ACROSS, 2, 2])
    page.wait_for_timeout(400)
    assert strokes(page) == 2
