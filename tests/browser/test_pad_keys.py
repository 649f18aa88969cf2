"""The pad by keyboard and by touch."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.pad_part import MEAN, fixed_points
from tests.browser.pad_page import PadPage

pytestmark = pytest.mark.browser


# ---- keyboard ------------------------------------------------------------------------------------------


def test_arrows_and_page_keys_move_z_and_settle_once(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    pad.map.focus()
    first = pad.image()
    sent = pad.traffic.sent
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft", "Shift+ArrowDown", "PageUp", "PageUp"):
        page.keyboard.press(key)
    pad.frames()
    assert pad.image() != first
    pad.hears([0.05, 0.55])
    page.wait_for_timeout(500)
    assert pad.traffic.sent == sent + 1
    np.testing.assert_allclose(pad.cursor(), [0.05, 0.55], atol=0.01)
    assert pad.part(".spoken").inner_text() == "z = (+0.05, +0.55)"
    assert "z = (+0.05, +0.55)" in (pad.part(".answers canvas").get_attribute("aria-label") or "")


def test_home_end_and_enter_jump(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    pad.map.focus()
    page.keyboard.press("End")
    pad.hears(list(MEAN))
    page.keyboard.press("Enter")
    mean = fixed_points(300, 2).mean.astype(float)
    row = int(np.linalg.norm(mean - MEAN, axis=1).argmin())
    pad.hears(mean[row].tolist())
    eventually(lambda: pad.text("row").startswith(f"row {row} "), "Python hears which", patience_s=5)
    page.keyboard.press("Home")
    pad.hears([0.0, 0.0])
    assert pad.text("row").startswith("row None ")


def test_plus_minus_and_nought_change_the_view_only(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    pad.map.focus()
    home, total = pad.scale(), pad.traffic.total
    page.keyboard.press("+")
    eventually(lambda: pad.scale() == pytest.approx(1.25 * home), "it zooms in")
    for _ in range(2):
        page.keyboard.press("-")
    eventually(lambda: pad.scale() == pytest.approx(home / 1.25), "and out")
    page.keyboard.press("0")
    eventually(lambda: pad.scale() == pytest.approx(home), "and home")
    page.wait_for_timeout(500)
    assert pad.traffic.total == total
    assert pad.z() == [0.0, 0.0]


def test_the_focus_is_seen_and_everything_can_be_reached(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "drag=1")
    pad.map.focus()
    page.keyboard.press("ArrowRight")
    style = "(node) => [getComputedStyle(node).outlineStyle, parseFloat(getComputedStyle(node).outlineWidth)]"
    assert pad.map.evaluate(style) == ["solid", 2]
    assert "Arrow keys move z" in (pad.map.get_attribute("aria-label") or "")
    reached = []
    for _ in range(28):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """(outline) => {
              let node = document.activeElement;
              while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
              const name = node.dataset.name ?? node.getAttribute('aria-label') ?? node.textContent.trim();
              return [name || node.type || node.tagName, ...eval === null ? [] : [
                getComputedStyle(node).outlineStyle]];
            }""",
            "",
        )
        reached.append(found)
    names = [name for name, _ in reached]
    for name in ("own centre", "own first", "own second", "Zoom in", "Codes", "Manifold", "Meter", "range"):
        assert any(str(found).startswith(name) or name in str(found) for found in names), (name, names)
    inside = names[: names.index("Meter") + 1]
    assert all(outline != "none" for _, outline in reached[: len(inside)]), reached


# ---- fingers -------------------------------------------------------------------------------------------


@pytest.fixture
def touch_page(browser: Browser) -> Iterator[Page]:
    """A visitor with a touch screen; a test fails if a page logs an uncaught error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert errors == []


class Fingers:
    """Touches of one page, through the browser's own input."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)

    def put(self, kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_finger_drags_z_and_the_page_stays(touch_page: Page, harness: Server) -> None:
    touch_page.set_viewport_size({"width": 1280, "height": 500})
    pad = PadPage.open(touch_page, harness)
    fingers = Fingers(touch_page)
    top = pad.corner()[1]
    x, y = pad.at(0.5, 0.5)
    fingers.put("touchStart", (x, y))
    pad.frames()
    total = pad.traffic.total
    images = set()
    for step in range(1, 9):
        fingers.put("touchMove", (x - 10 * step, y + 9 * step))
        pad.frames()
        images.add(str(pad.image()))
    assert len(images) == 8
    assert pad.traffic.total == total
    assert pad.corner()[1] == top  # the page has not scrolled
    goal = pad.place(x - 80, y + 72)
    np.testing.assert_allclose(pad.cursor(), goal, atol=0.02)
    sent = pad.traffic.sent
    fingers.put("touchEnd")
    pad.hears(pad.z())
    touch_page.wait_for_timeout(400)
    assert pad.traffic.sent == sent + 1
    assert pad.part(".rider").is_hidden()


def test_two_fingers_pinch_the_map_and_leave_z(touch_page: Page, harness: Server) -> None:
    pad = PadPage.open(touch_page, harness)
    fingers = Fingers(touch_page)
    mean = fixed_points(300, 2).mean.astype(float)
    on_a_point = pad.at(*mean[np.abs(mean).max(axis=1).argmin()])
    before, total = pad.scale(), pad.traffic.total
    left, right = (on_a_point[0] - 60, on_a_point[1]), on_a_point
    fingers.put("touchStart", left)
    fingers.put("touchStart", left, right)
    middle = pad.place((left[0] + right[0]) / 2, left[1])
    for step in range(1, 7):
        fingers.put("touchMove", (left[0] - 10 * step, left[1]), (right[0] + 10 * step, right[1]))
    pad.frames()
    assert pad.scale() == pytest.approx(3 * before, rel=0.02)
    np.testing.assert_allclose(pad.place((left[0] + right[0]) / 2, left[1]), middle, atol=0.03)
    fingers.put("touchEnd")
    touch_page.wait_for_timeout(500)
    assert pad.z() == [0.0, 0.0]
    assert pad.heard() == [0.0, 0.0]
    assert pad.traffic.total == total


def test_two_fingers_add_no_pin_to_a_walk(touch_page: Page, harness: Server) -> None:
    pad = PadPage.open(touch_page, harness, "mode=walk")
    fingers = Fingers(touch_page)
    (x, y), before = pad.at(0.0, -1.0), pad.scale()
    fingers.put("touchStart", (x, y))
    fingers.put("touchStart", (x, y), (x + 50, y))
    fingers.put("touchMove", (x - 30, y), (x + 80, y))
    fingers.put("touchEnd")
    pad.frames()
    assert pad.scale() > 1.5 * before
    assert pad.part(".pin").count() == 2
