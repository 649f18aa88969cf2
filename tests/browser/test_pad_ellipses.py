"""Ellipses on the pad are to scale, and the draggable one follows hand and keys."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.pad_part import MEAN, STD
from tests.browser.pad_page import PadPage

pytestmark = pytest.mark.browser

OWN = ([-0.5, 0.5], [0.8, 0.4], 0.5)


def drawn(pad: PadPage, name: str) -> tuple[list[float], list[float], float]:
    """Centre, half-axes and angle as the drawing says, in latent units."""
    shape = pad.part(f"[data-ellipse={name}]")
    texts = [shape.get_attribute(f"data-{part}") or "" for part in ("centre", "axes", "angle")]
    centre, axes, angle = ([float(number) for number in text.split()] for text in texts)
    return centre, axes, angle[0]


def heard(pad: PadPage) -> tuple[list[float], list[float], float]:
    """The same as Python heard it."""
    numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", pad.text("ellipse "))]
    return (numbers[:2], numbers[2:4], numbers[4]) if len(numbers) == 5 else ([], [], 0.0)


def same(
    one: tuple[list[float], list[float], float],
    other: tuple[list[float], list[float], float],
    atol: float = 1e-4,
) -> bool:
    flat = [[*centre, *axes, angle] for centre, axes, angle in (one, other)]
    return len(flat[0]) == len(flat[1]) and bool(np.allclose(*flat, atol=atol))


def handle(pad: PadPage, name: str) -> tuple[float, float]:
    box = pad.part(f".handle.{name}").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_encoders_ellipse_is_to_scale(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness)
    for _ in range(2):
        centre, axes, angle = drawn(pad, "image")
        np.testing.assert_allclose(centre, MEAN, atol=1e-5)
        np.testing.assert_allclose(axes, STD, atol=1e-6)
        assert angle == 0
        for sigmas, which in ((1, "inner"), (2, "outer")):
            # What is on the screen: the box of the drawn outline, without its stroke.
            box = pad.part(f"[data-ellipse=image] ellipse.{which}").evaluate(
                "e => { const b = e.getBBox(); const m = e.getScreenCTM();"
                " return [b.width * m.a, b.height * m.d, m.e, m.f]; }"
            )
            np.testing.assert_allclose(
                np.array(box[:2]) / (2 * pad.scale()), sigmas * np.array(STD), atol=0.002
            )
            np.testing.assert_allclose(pad.place(box[2], box[3]), MEAN, atol=0.01)
        pad.button("Zoom in").click()
        pad.frames()


def test_the_ellipse_on_another_plane_has_that_planes_axes(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "latent=8")
    std = np.resize(STD, 8)
    pad.part("select.across").select_option("3")
    pad.part("select.up").select_option("6")
    eventually(lambda: np.allclose(drawn(pad, "image")[1], [0.3, 0.15], atol=1e-5), "σ₇ and σ₄", patience_s=5)
    assert abs(drawn(pad, "image")[2]) == pytest.approx(np.pi / 2)  # σ₇ is the larger, and it is up
    pad.button("PCA").click()
    basis = np.linalg.qr(np.random.default_rng(3).standard_normal((8, 2)))[0].T
    values = np.linalg.eigvalsh(basis @ np.diag(std**2) @ basis.T)[::-1]
    eventually(
        lambda: np.allclose(drawn(pad, "image")[1], np.sqrt(values), atol=1e-5), "the principal plane's"
    )
    np.testing.assert_allclose(drawn(pad, "image")[0], basis @ np.resize(MEAN, 8), atol=1e-4)
    assert pad.part(".share").inner_text() == "60 % of the variance of the means"


def test_each_handle_is_dragged_and_python_hears_on_release(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "drag=1")
    assert same(drawn(pad, "own"), OWN)
    goals = {"centre": (0.6, -0.4), "first": (1.6, 0.6), "second": (0.1, 0.9)}
    for name, goal in goals.items():
        x, y = handle(pad, name)
        to_x, to_y = pad.at(*goal)
        page.mouse.move(x, y)
        page.mouse.down()
        total = pad.traffic.total
        seen = set()
        for step in range(1, 6):
            page.mouse.move(x + step * (to_x - x) / 5, y + step * (to_y - y) / 5)
            pad.frames()
            seen.add(str(drawn(pad, "own")))
        assert len(seen) == 5
        page.wait_for_timeout(300)
        assert pad.traffic.total == total
        sent = pad.traffic.sent
        page.mouse.up()
        eventually(lambda: same(heard(pad), drawn(pad, "own")), f"Python hears of {name}", patience_s=10)
        page.wait_for_timeout(300)
        assert pad.traffic.sent == sent + 1
    centre, axes, angle = drawn(pad, "own")
    # (1.6, 0.6) from (0.6, -0.4) is (1, 1): √2 long, at 45°; (0.1, 0.9) is (-0.5, 1.3), 1.8/√2 across it
    np.testing.assert_allclose(
        [*centre, *axes, angle], [0.6, -0.4, 2**0.5, 1.8 / 2**0.5, np.pi / 4], atol=0.03
    )
    assert pad.z() == [0.0, 0.0]


def test_each_handle_moves_by_keys(page: Page, harness: Server) -> None:
    pad = PadPage.open(page, harness, "drag=1")
    sent = pad.traffic.sent
    pad.part(".handle.centre").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    expected = ([-0.5 + 0.05 - 0.5, 0.6], OWN[1], OWN[2])
    eventually(lambda: same(heard(pad), expected), "Python hears where it is", patience_s=10)
    assert pad.traffic.sent == sent + 1
    pad.part(".handle.first").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    expected = (expected[0], [0.9, 0.4], 0.55)
    eventually(lambda: same(heard(pad), expected), "its first half-axis", patience_s=10)
    pad.part(".handle.second").focus()
    page.keyboard.press("ArrowDown")
    expected = (expected[0], [0.9, 0.35], 0.55)
    eventually(lambda: same(heard(pad), expected), "its second half-axis", patience_s=10)
    second = pad.part(".handle.second")
    assert second.get_attribute("aria-valuetext") == "0.35 σ"
    assert second.evaluate("node => node.getRootNode().activeElement === node")
    assert pad.z() == [0.0, 0.0]
