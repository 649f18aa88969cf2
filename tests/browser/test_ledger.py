"""The ledger: its pieces are to scale, each lights up what it is about, and Python hears of a choice only."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Server, eventually
from tests.browser.harness.ledger_part import CASES, numbers_of
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser

MINUS = str.maketrans("−", "-")

PIXELS = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: data.length / 4 }, (_, n) => Array.from(data.subarray(4 * n, 4 * n + 3)));
}
"""


def open_ledger(page: Page, server: Server, query: str = "") -> Traffic:
    """The ledger once it stands and nothing crosses any more."""
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{server.url}/?show=ledger&{query}")
    pieces(page).first.wait_for(timeout=30_000)
    eventually(lambda: page.locator("[data-test-script-state=notRunning]").count(), "the script rests")
    if "live" not in query:
        page.wait_for_timeout(300)
    return traffic


def part(page: Page, selector: str) -> Locator:
    return page.locator(f".ledger {selector}")


def pieces(page: Page) -> Locator:
    return part(page, ".pieces button")


def spans(page: Page) -> np.ndarray:
    """Left and right end of each piece, and of the line of the sum, CSS pixels, (L + 2, 2)."""
    return np.array(
        part(page, ".pieces").evaluate(
            "host => [...host.children, host.parentElement.querySelector('.total')].map((piece) => {"
            " const box = piece.getBoundingClientRect(); return [box.left, box.right]; })"
        )
    )


def lit(page: Page) -> list[str]:
    """What is lit; all else that is about something is pale."""
    shown = part(page, "[data-about]").evaluate_all(
        "parts => parts.map((e) => [e.classList.contains('lit'), getComputedStyle(e).opacity,"
        " `${e.tagName} ${e.dataset.about}`])"
    )
    assert all(on or opacity == "0.4" for on, opacity, _ in shown)
    assert all(not on or opacity == "1" for on, opacity, _ in shown)
    return [name for on, _, name in shown if on]


def heard(page: Page) -> str:
    return page.get_by_text(re.compile(r"^heard \d")).inner_text()


def point(page: Page, name: str, row: int, column: int, shape: tuple[int, int, int]) -> None:
    """Move the pointer into a pixel of a picture."""
    box = part(page, f".{name} canvas").bounding_box()
    assert box
    page.mouse.move(
        box["x"] + (column + 0.6) * box["width"] / shape[2], box["y"] + (row + 0.6) * box["height"] / shape[1]
    )


@pytest.mark.parametrize("name", ["mass", "density"])
def test_the_pieces_add_up_to_the_cost(page: Page, harness: Server, name: str) -> None:
    open_ledger(page, harness, f"case={name}")
    record = numbers_of(CASES[name]).record
    cost, kl = -record.reconstruction, np.array(record.kl_per_dimension)
    assert (cost < 0) == (name == "density")
    ends = spans(page)
    widths = ends[:-1, 1] - ends[:-1, 0]
    terms = np.array([abs(cost), *kl])
    nats_a_pixel = terms.sum() / widths.sum()
    np.testing.assert_allclose(widths * nats_a_pixel, terms, atol=0.2 * nats_a_pixel)
    np.testing.assert_allclose(ends[1:-2, 1], ends[2:-1, 0], atol=0.2)  # each begins where another ends
    zero = ends[0, 0] if cost > 0 else ends[0, 1]
    assert ends[1, 0] == pytest.approx(ends[0, 1], abs=0.2)
    total = (ends[-1] - zero) * nats_a_pixel
    np.testing.assert_allclose(sorted(total), sorted([0, -record.elbo]), atol=0.5 * nats_a_pixel)
    title = part(page, ".title").inner_text().translate(MINUS)
    assert title == (
        f"Image 31 costs {-record.elbo:.1f} ± 0.3 nats/image: reconstruction {cost:.1f} + KL {kl.sum():.1f}."
    )


def test_a_piece_an_axis_and_a_pixel_light_up_what_they_are_about(page: Page, harness: Server) -> None:
    page.emulate_media(reduced_motion="reduce")
    traffic = open_ledger(page, harness, "case=density")
    case, numbers = CASES["density"], numbers_of(CASES["density"])
    total = traffic.total
    assert part(page, ".lit").count() == 0
    pieces(page).nth(1).hover()
    assert lit(page) == ["BUTTON 0", "LI 0"]  # at once: no motion is wanted
    said = part(page, ".said").inner_text().translate(MINUS)
    assert said.startswith(f"KL of z₁ costs {numbers.record.kl_per_dimension[0]:.2f} nats: q has mean ")
    part(page, ".axes li").nth(1).hover()
    assert lit(page) == ["BUTTON 1", "LI 1"]
    pieces(page).first.hover()
    assert lit(page) == ["BUTTON reconstruction", "DIV reconstruction", "TABLE reconstruction"]
    assert "takes" in part(page, ".said").inner_text()  # a density's reconstruction is a gain here

    point(page, "map", 2, 5, case.shape)
    assert lit(page)[0] == "BUTTON reconstruction"
    pixel = [array.reshape(case.shape)[:, 2, 5] for array in (numbers.x, numbers.mean, numbers.pixel_map)]
    x, mean = (
        " ".join(
            f"{colour} {value:.2f}" for colour, value in zip(("red", "green", "blue"), values, strict=True)
        )
        for values in pixel[:2]
    )
    words = f"row 2, column 5: x {x}, mean {mean}, log p {pixel[2].sum():.2f} nats"
    assert part(page, ".value").inner_text() == words
    marks = [mark.bounding_box() for mark in part(page, ".mark").all()]
    canvases = [canvas.bounding_box() for canvas in part(page, ".sheet canvas").all()]
    assert len(marks) == len(canvases) == 3
    for mark, canvas in zip(marks, canvases, strict=True):
        assert mark
        assert canvas
        assert (mark["x"] - canvas["x"]) * 8 / canvas["width"] == pytest.approx(5, abs=0.05)
        assert (mark["y"] - canvas["y"]) * 6 / canvas["height"] == pytest.approx(2, abs=0.05)

    page.mouse.move(2, 2)
    assert part(page, ".lit").count() == 0
    assert part(page, "li").first.evaluate("li => getComputedStyle(li).opacity") == "1"
    page.wait_for_timeout(300)
    assert traffic.total == total


def test_the_map_has_one_scale_and_its_legend_says_it(page: Page, harness: Server) -> None:
    open_ledger(page, harness, "case=mass")
    numbers = numbers_of(CASES["mass"])
    low, high = numbers.pixel_map.min(), numbers.pixel_map.max()
    assert part(page, ".high").inner_text().translate(MINUS) == f"{high:.2f}"
    assert part(page, ".low").inner_text().translate(MINUS) == f"{low:.2f} nats per pixel"
    colours = np.array(part(page, ".map canvas").evaluate(PIXELS))
    share = (high - numbers.pixel_map) / (high - low)
    cheap, dear = colours[share.argmin()], colours[share.argmax()]
    assert tuple(dear) == (0x00, 0x67, 0xA3)  # reconstruction, as text has it on a light ground
    np.testing.assert_allclose(colours, cheap + share[:, None] * (dear - cheap), atol=1)
    grey = np.array(part(page, ".x canvas").evaluate(PIXELS))[:, 0]
    np.testing.assert_allclose(grey, 255 * numbers.x, atol=1)


def test_keys_go_from_piece_to_piece_and_choose(page: Page, harness: Server) -> None:
    page.emulate_media(reduced_motion="reduce")
    traffic = open_ledger(page, harness)
    record = numbers_of(CASES["mass"]).record
    pieces(page).first.focus()
    total, sent = traffic.total, traffic.sent
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    spoken = part(page, ".spoken").inner_text().translate(MINUS)
    assert spoken.startswith(f"KL of z₂ costs {record.kl_per_dimension[1]:.2f} nats")
    assert lit(page) == ["BUTTON 1", "LI 1"]
    stops = pieces(page).evaluate_all("all => all.map((piece) => piece.tabIndex)")
    assert stops == [-1, -1, 0, -1, -1]
    page.wait_for_timeout(200)
    assert traffic.total == total
    page.keyboard.press("Enter")
    eventually(lambda: heard(page) == "heard 1 times 1", "Python hears", patience_s=8)
    assert traffic.sent == sent + 1
    pressed = [piece.get_attribute("aria-pressed") for piece in pieces(page).all()]
    assert pressed == [None, "false", "true", "false", "false"]
    assert lit(page) == ["BUTTON 1", "LI 1"]  # the run has not taken the focus
    page.keyboard.press("Home")
    page.keyboard.press("Enter")  # the reconstruction is no dimension
    page.wait_for_timeout(300)
    assert traffic.sent == sent + 1
    page.keyboard.press("End")
    assert lit(page) == ["BUTTON 3", "LI 3"]  # which costs nothing, and is as narrow

    part(page, ".map .sheet").focus()
    page.keyboard.press("Shift+ArrowLeft")
    eventually(
        lambda: part(page, ".spoken").inner_text().startswith("row "), "the pixel is said", patience_s=3
    )
    assert part(page, ".spoken").inner_text() == part(page, ".value").inner_text()


def test_a_click_chooses_and_python_may_choose_too(page: Page, harness: Server) -> None:
    open_ledger(page, harness, "live=1")
    part(page, ".axes li").nth(2).click()
    eventually(lambda: heard(page) == "heard 2 times 1", "Python hears of an axis", patience_s=8)
    page.get_by_role("button", name="Mark the first").click()
    expect(part(page, "li.chosen")).to_have_attribute("data-about", "0")
    part(page, ".axes li").nth(2).click()  # the same as before: Python hears of it again
    eventually(lambda: heard(page) == "heard 2 times 2", "Python hears again", patience_s=8)
    pieces(page).nth(2).click()
    eventually(lambda: heard(page) == "heard 1 times 3", "Python hears of a piece", patience_s=8)
    page.mouse.move(2, 2)
    assert part(page, ".lit").count() == 0  # a mouse's click leaves nothing lit behind


def test_it_fits_a_phone_and_data_that_are_no_images(page: Page, harness: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    open_ledger(page, harness, "case=score")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "Bernoulli score" in part(page, ".title").inner_text()
    assert "not of log p" in part(page, ".unit").inner_text()
    assert "log p" not in part(page, ".map figcaption").inner_text()
    widths = [box["width"] for box in (c.bounding_box() for c in part(page, ".sheet canvas").all()) if box]
    assert [width % 28 for width in widths] == [0, 0, 0]
    assert part(page, ".axes li").count() == 32
    open_ledger(page, harness, "case=values")
    expect(part(page, ".pictures")).to_be_hidden()
    numbers = numbers_of(CASES["values"])
    cells = part(page, ".values tbody tr").first.inner_text().translate(MINUS).split()
    assert cells == ["x₁", *(f"{v[0]:.2f}" for v in (numbers.x, numbers.mean, numbers.pixel_map))]
