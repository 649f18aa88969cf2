"""The posterior instrument under a hand, the keyboard and a fit, in a real browser."""

import re
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually
from tests.browser.harness.posterior_part import BEGINS, COV, LOG_LIKELIHOOD, MEAN, OTHER, gap_from
from tests.browser.posterior_page import PosteriorPage, Shape

pytestmark = pytest.mark.browser

DIAGONAL = np.diag(1 / np.diag(np.linalg.inv(COV)))


def is_the_sum_of(found: PosteriorPage, shape: Shape) -> None:
    gap = gap_from(*shape)
    assert found.number("gap") == pytest.approx(gap, abs=0.0051)
    assert found.number("elbo") == pytest.approx(LOG_LIKELIHOOD - gap, abs=0.0051)
    assert found.number("reconstruction") - found.number("kl") == pytest.approx(
        found.number("elbo"), abs=0.011
    )
    assert found.number("log-likelihood") == LOG_LIKELIHOOD


def test_ellipses_stand_to_scale_with_their_numbers(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    for name, shape in (
        ("encoder", BEGINS),
        ("diagonal", (MEAN, DIAGONAL)),
        ("full", (MEAN, COV)),
        ("hand", BEGINS),
    ):
        np.testing.assert_allclose(found.drawn(name)[0], shape[0], atol=1e-9)
        np.testing.assert_allclose(found.drawn(name)[1], shape[1], atol=1e-9)
    box = found.part("g[data-ellipse=full] ellipse.outer").evaluate(
        "e => [e.rx.baseVal.value, e.ry.baseVal.value]"
    )
    np.testing.assert_allclose(
        np.array(box) / found.scale(), 2 * np.sqrt(np.linalg.eigvalsh(COV)[::-1]), rtol=1e-4
    )
    is_the_sum_of(found, BEGINS)
    rows = found.part(".known tbody tr").all_inner_texts()
    assert [re.split(r"\s*\t\s*", row.strip())[0] for row in rows] == [
        "encoder's q",
        "best diagonal q",
        "best full-covariance q",
    ]
    assert rows[2].endswith("0.00")
    assert found.heard()[2] == 0


def test_python_hears_of_a_drag_when_it_is_over(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    for moved, (name, dx, dy) in enumerate([("centre", 60, 40), ("first", 30, -25), ("second", 10, -40)], 1):
        seen = set()
        found.pull(name, 0, 0, 1)
        page.mouse.up()
        total, before = found.traffic.total, found.traffic.sent
        x, y = found.handle(name)
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 6):
            page.mouse.move(x + step * dx / 5, y + step * dy / 5)
            found.frames()
            seen.add(found.part(".sum .elbo td").inner_text())
            is_the_sum_of(found, found.drawn())
        assert len(seen) == 5
        page.wait_for_timeout(300)
        assert found.traffic.total == total
        page.mouse.up()
        found.hears(moved)
        page.wait_for_timeout(300)
        assert found.traffic.sent == before + 1
    assert found.part(".spoken").inner_text().startswith("Your q: ELBO about −")


def test_a_short_axis_has_its_handle_further_out_and_a_click_changes_nothing(
    page: Page, harness: Server
) -> None:
    found = PosteriorPage.open(page, harness)
    for _ in range(3):
        found.part(".tools .out").click()
    found.frames()
    (x, y), (centre_x, centre_y) = found.handle("first"), found.handle("centre")
    assert np.hypot(x - centre_x, y - centre_y) == pytest.approx(30, abs=0.5)
    assert np.sqrt(found.drawn()[1].max()) * found.scale() < 25
    page.mouse.click(x + 3, y)
    found.frames()
    np.testing.assert_allclose(found.drawn()[1], BEGINS[1], atol=1e-12)
    found.pull("first", x - centre_x, y - centre_y)  # twice as far out
    page.mouse.up()
    found.hears(1)
    assert np.sqrt(found.drawn()[1].max()) == pytest.approx(0.3, rel=0.03)


def test_the_handles_move_by_keys(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    sent = found.traffic.sent
    step = float(found.map.evaluate("map => map.clientWidth")) / found.scale() / 80
    found.part(".handle.centre").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    found.hears(1)
    assert found.traffic.sent == sent + 1
    np.testing.assert_allclose(found.drawn()[0], BEGINS[0] + [2 * step, -8 * step], atol=1e-4)
    found.part(".handle.first").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    found.hears(2)
    values, vectors = np.linalg.eigh(found.drawn()[1])
    np.testing.assert_allclose(np.sqrt(values), [0.1, 0.15 * 1.05], rtol=1e-6)
    assert abs(np.arctan2(vectors[1, 1], vectors[0, 1]) % np.pi) == pytest.approx(0.05, abs=1e-6)
    first = found.part(".handle.first")
    assert first.get_attribute("aria-valuetext") == "0.16 σ, at 3°"
    assert first.evaluate("node => node.getRootNode().activeElement === node")
    is_the_sum_of(found, found.drawn())


def test_a_fit_climbs_and_names_what_stays(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    sent = found.traffic.sent
    found.part(".climb").click()
    assert found.part(".climb").inner_text() == "Stop"
    gaps = []
    while found.part(".climb").inner_text() == "Stop":
        gaps.append(found.number("gap"))
        page.wait_for_timeout(50)
    assert len(set(gaps)) >= 3
    assert np.all(np.diff(gaps) <= 0)
    found.hears(1)
    page.wait_for_timeout(300)
    assert found.traffic.sent == sent + 1
    assert LOG_LIKELIHOOD - found.number("elbo") == pytest.approx(gap_from(MEAN, DIAGONAL), abs=0.0051)
    assert found.part(".verdict").inner_text() == "≈ 0.14 nats stay: no diagonal Gaussian is the posterior."
    assert "no diagonal Gaussian is the posterior" in found.part(".spoken").inner_text()
    found.part("[data-family=full]").click()
    found.part(".climb").click()
    found.hears(2)
    assert (
        found.part(".verdict").inner_text()
        == "Less than 0.01 nats stay: as far as one can see, the posterior is a Gaussian."
    )
    np.testing.assert_allclose(found.drawn()[1], COV, atol=2e-3)
    found.part(".back").click()
    found.hears(3)
    np.testing.assert_allclose(found.drawn()[0], BEGINS[0], atol=1e-9)
    assert found.part(".verdict").inner_text() == ""
    page.get_by_role("button", name="best diagonal q").click()
    found.hears(4)
    np.testing.assert_allclose(found.drawn()[1], DIAGONAL, atol=1e-9)


@pytest.mark.parametrize("how", ["button", "press", "key"])
def test_a_fit_can_be_stopped(page: Page, harness: Server, how: str) -> None:
    found = PosteriorPage.open(page, harness)
    began = found.drawn()[0]
    found.part(".climb").click()
    eventually(lambda: not np.array_equal(found.drawn()[0], began), "the fit climbs")
    if how == "button":
        found.part(".climb").click()
    elif how == "press":
        found.map.click(position={"x": 12, "y": 220})
    else:
        found.map.press("Escape")
    assert found.part(".climb").inner_text() == "Fit q"
    found.hears(1)
    stood = found.drawn()
    page.wait_for_timeout(400)
    np.testing.assert_array_equal(found.drawn()[0], stood[0])
    assert found.number("gap") > 0.2  # not at its end
    assert found.part(".verdict").inner_text() == ""


def test_without_motion_a_fit_is_at_its_end_at_once(page: Page, harness: Server) -> None:
    page.emulate_media(reduced_motion="reduce")
    found = PosteriorPage.open(page, harness)
    found.part(".climb").click()
    assert found.part(".climb").inner_text() == "Fit q"
    assert found.part(".verdict").inner_text().endswith("no diagonal Gaussian is the posterior.")
    found.hears(1)


def test_the_windows_and_the_way_back(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)

    def reach() -> float:
        return float(found.map.evaluate("map => map.clientWidth")) / found.scale() / 2

    both = reach()
    found.part("[data-window=posterior]").click()
    found.frames()
    assert reach() == pytest.approx(1.08 * 4 * 0.4, rel=0.03)  # 4 σ of its wider axis
    found.part("[data-window=prior]").click()
    found.frames()
    assert reach() == pytest.approx(3.0, rel=1e-6)
    assert found.part("[data-window=prior]").get_attribute("aria-pressed") == "true"
    sent = found.traffic.sent
    found.map.focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.mouse.move(400, 400)
    page.mouse.wheel(0, -200)
    found.frames()
    assert reach() < 2.5
    page.keyboard.press("Home")
    found.frames()
    assert reach() == pytest.approx(3.0, rel=1e-6)
    box = found.map.bounding_box()
    assert box
    ring = float(found.part(".rings .inner").get_attribute("cx") or "nan")
    page.mouse.move(box["x"] + 20, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 200, steps=4)
    page.mouse.up()
    found.frames()
    assert float(found.part(".rings .inner").get_attribute("cx") or "nan") == pytest.approx(ring + 40, abs=1)
    page.mouse.dblclick(box["x"] + 20, box["y"] + 200)
    found.frames()
    assert float(found.part(".rings .inner").get_attribute("cx") or "nan") == pytest.approx(ring, abs=0.01)
    found.part("[data-window=both]").click()
    found.frames()
    assert reach() == pytest.approx(both, rel=1e-6)
    page.wait_for_timeout(300)
    assert found.traffic.sent == sent


def test_what_the_hand_moved_stays_with_its_image_only(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    found.pull("centre", 50, 30)
    page.mouse.up()
    found.hears(1)
    stood = found.drawn()
    page.get_by_text("Again", exact=True).click()
    found.quiet()
    np.testing.assert_array_equal(found.drawn()[0], stood[0])
    assert found.heard()[2] == 1
    page.get_by_text("Other image", exact=True).click()
    eventually(lambda: np.allclose(found.drawn()[0], OTHER[0]), "it begins where the other image's begins")
    found.quiet()
    mean, cov, moved = found.heard()
    assert moved == 0
    np.testing.assert_allclose(mean, OTHER[0])
    np.testing.assert_allclose(cov, OTHER[1])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_scrolls_sideways(
    page: Page, harness: Server, scheme: Literal["light", "dark"]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    found = PosteriorPage.open(page, harness)
    for _ in range(2):
        assert found.page.evaluate("document.scrollingElement.scrollWidth") <= 390
        for part in (".map", ".sum", ".known", ".fit", ".gauge"):
            box = found.part(part).bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        found.part(".climb").click()
        eventually(lambda: found.part(".verdict").inner_text(), "the fit ends")
    # The highest density is painted in the colour of z
    colours = found.part(".ground").evaluate(
        "c => { const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height); let best = 0;"
        " for (let n = 3; n < data.length; n += 4) if (data[n] > data[best + 3]) best = n - 3;"
        " return [...data.slice(best, best + 4)]; }"
    )
    assert colours[:3] == [0x56, 0xB4, 0xE9]
    assert colours[3] > 245


def test_the_map_shows_where_a_button_puts_the_hand(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    page.get_by_role("button", name="best full-covariance q").click()
    for _ in range(4):
        found.part(".tools .in").click()
    for button in (found.part(".back"), page.get_by_role("button", name="best diagonal q")):
        button.click()
        found.frames()
        box = found.map.bounding_box()
        assert box
        x, y = found.handle("centre")
        assert box["x"] < x < box["x"] + box["width"]
        assert box["y"] < y < box["y"] + box["height"]


def test_python_believes_no_nonsense(page: Page, harness: Server) -> None:
    found = PosteriorPage.open(page, harness)
    page.evaluate("Number.prototype.toPrecision = () => '1e9'")
    found.pull("centre", 40, 20)
    page.mouse.up()
    eventually(
        lambda: "1000000000" in page.get_by_text(re.compile("^raw")).inner_text(), "the answer arrives"
    )
    mean, cov, moved = found.heard()
    assert moved == 0
    np.testing.assert_array_equal(mean, BEGINS[0])
    np.testing.assert_array_equal(cov, BEGINS[1])
