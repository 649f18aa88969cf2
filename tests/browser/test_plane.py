"""The rate-distortion plane: what is shown of a run, how the ring goes along β, and when Python hears."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Server, eventually
from tests.browser.harness.plane_part import BETAS, SIDE, fixed_points, id_of, level_of
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser

# Where Plotly has a place of the plane on the screen.
PLACE = """
([x, y]) => {
  const chart = document.querySelector('.lab-plot');
  const { left, top } = chart.querySelector('.nsewdrag').getBoundingClientRect();
  const { xaxis, yaxis } = chart._fullLayout;
  return [left + xaxis.d2p(x), top + yaxis.d2p(y)];
}
"""
RING = """
() => {
  const box = [...document.querySelectorAll('.lab-plot .scatterlayer .trace')].at(-1)
    .querySelector('path.point').getBoundingClientRect();
  return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
}
"""
SHOWN = """
() => {
  const figure = document.querySelector('.lab-plane figure');
  const [label, words, canvas] = ['b', 'span', 'canvas'].map((name) => figure.querySelector(name));
  const [grey] = canvas.getContext('2d').getImageData(3, 3, 1, 1).data;
  return [label.textContent, words.textContent, canvas.ariaLabel, grey];
}
"""
HOVERED = "document.querySelector('.lab-plot')._hoverdata?.[0].customdata"
# What is seen and heard while it plays: milliseconds, label, what is said aloud.
WATCH = """
() => {
  const [label, spoken] = ['b', '.spoken'].map((name) => document.querySelector(`.lab-plane ${name}`));
  window.seen = [];
  let last = label.textContent;
  new MutationObserver(() => {
    const now = label.textContent;
    if (now !== last) window.seen.push([performance.now(), now, spoken.textContent]);
    last = now;
  }).observe(label, { childList: true });
}
"""


PATIENCE_MS = 15_000


def open_plane(page: Page, server: Server, query: str = "") -> Traffic:
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{server.url}/?show=plane&{query}")
    page.locator(".lab-plot .main-svg").first.wait_for(timeout=30_000)
    eventually(lambda: page.locator("[data-test-script-state=notRunning]").count(), "the script rests")
    page.wait_for_timeout(300)
    return traffic


def place(page: Page, run: str) -> list[float]:
    """Where the marker of a run is on the screen."""
    point = next(point for point in fixed_points() if point.run == run)
    return page.evaluate(PLACE, [point.rate, point.distortion])


def shows(page: Page, run: str) -> None:
    """The panel has the picture and the words of a run."""
    at = [point.run for point in fixed_points()].index(run)
    point = fixed_points()[at]
    label = f"β {point.config.beta:g}, seed {point.config.seed}"
    words = f"rate {point.rate:.2f}, distortion {point.distortion:.1f}"
    shown = [label, words, f"{label}: One grey a run", level_of(at)]
    eventually(lambda: page.evaluate(SHOWN) == shown, f"the picture and the words of {run}")


def point_at(page: Page, run: str) -> None:
    """Move the pointer onto the marker of a run; Plotly answers twenty times a second at most."""

    def hovered() -> bool:
        x, y = place(page, run)
        page.mouse.move(x - 1, y)
        page.wait_for_timeout(80)
        page.mouse.move(x, y)
        page.wait_for_timeout(80)
        return page.evaluate(HOVERED) == run

    eventually(hovered, f"the pointer is at {run}")


def ringed(page: Page, run: str) -> None:
    def apart() -> float:
        return float(np.abs(np.subtract(page.evaluate(RING), place(page, run))).max())

    eventually(lambda: apart() < 1.0, f"the ring is around {run}", patience_s=6)


def hears(page: Page, word: str, run: str, times: int) -> None:
    expect(page.get_by_text(re.compile(f"^{word} ")).last).to_have_text(
        f"{word} {run} times {times}", timeout=PATIENCE_MS
    )


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="β", exact=True)


def grasp(page: Page, step: int) -> None:
    """Put the pointer down on the slider's thumb, or move it, to one of its steps."""
    box = slider(page).bounding_box()
    assert box
    thumb = 18
    across = thumb / 2 + (box["width"] - thumb) * step / (len(BETAS) - 1)
    page.mouse.move(box["x"] + across, box["y"] + box["height"] / 2, steps=3)
    page.mouse.down()


def test_a_marker_shows_its_run_and_is_chosen_and_opened_by_clicks(page: Page, harness: Server) -> None:
    traffic = open_plane(page, harness)
    shows(page, id_of(1.0))
    ringed(page, id_of(1.0))
    sent = traffic.sent
    other = id_of(0.25, 1, 1)
    point_at(page, other)
    shows(page, other)
    ringed(page, id_of(1.0))
    page.mouse.move(5, 5)
    shows(page, id_of(1.0))
    assert page.locator(".lab-plane .spoken").text_content() == ""
    assert traffic.sent == sent

    point_at(page, other)
    page.mouse.click(*place(page, other))
    hears(page, "chosen", other, 1)
    ringed(page, other)
    assert page.locator(".lab-plane .spoken").text_content() == "β 0.25, seed 1: rate 5.20, distortion 134.0"
    expect(slider(page)).to_have_attribute("aria-valuetext", "β 0.25, seed 1")
    page.wait_for_timeout(700)  # two clicks, and no double click
    page.mouse.click(*place(page, other))
    hears(page, "opened", other, 1)
    hears(page, "chosen", other, 1)
    # Plotly has drawn the chart anew since, and still says where the pointer is
    point_at(page, id_of(16.0))
    shows(page, id_of(16.0))
    page.mouse.click(*place(page, id_of(16.0)))
    hears(page, "chosen", id_of(16.0), 2)
    # the ring is part of the chart: a zoom takes it along
    plot = page.locator(".lab-plot .nsewdrag").bounding_box()
    assert plot
    page.mouse.move(plot["x"] + 5, plot["y"] + 5)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] * 0.6, plot["y"] + plot["height"] - 5, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    ringed(page, id_of(16.0))


def test_the_slider_moves_the_ring_and_python_hears_where_it_rests(page: Page, harness: Server) -> None:
    traffic = open_plane(page, harness)
    sent = traffic.sent
    grasp(page, 1)
    for step in (2, 3, 0):
        grasp(page, step)
        shows(page, id_of(BETAS[step]))
        ringed(page, id_of(BETAS[step]))
    assert traffic.sent == sent
    assert page.locator(".lab-plane .spoken").text_content() == ""
    page.mouse.up()
    hears(page, "chosen", id_of(0.25), 1)
    page.wait_for_timeout(300)
    assert traffic.sent == sent + 1

    for key in ("ArrowRight", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(slider(page)).to_have_attribute("aria-valuetext", "β 16, seed 0")
    hears(page, "chosen", id_of(16.0), 2)
    assert page.locator(".lab-plane .spoken").text_content().startswith("β 16, seed 0: rate")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    hears(page, "opened", id_of(4.0), 1)
    hears(page, "chosen", id_of(4.0), 3)
    ringed(page, id_of(4.0))


def test_new_data_disturb_no_hand_and_a_run_that_is_gone_is_let_go(page: Page, harness: Server) -> None:
    open_plane(page, harness, "live=1")

    def tick() -> int:
        return int((page.locator(".lab-plot .gtitle").text_content() or "").split()[1])

    point_at(page, id_of(4.0, 1))
    shows(page, id_of(4.0, 1))
    shown = tick()
    eventually(lambda: tick() > shown + 2, "the chart is drawn anew under the pointer")
    shows(page, id_of(4.0, 1))
    ringed(page, id_of(1.0))

    grasp(page, 1)
    grasp(page, 2)
    shown = tick()
    page.wait_for_timeout(900)  # several updates arrive
    assert tick() <= shown + 1  # one was on its way
    shows(page, id_of(4.0))
    ringed(page, id_of(4.0))
    hears(page, "chosen", id_of(1.0), 0)
    page.evaluate(WATCH)
    page.mouse.up()
    hears(page, "chosen", id_of(4.0), 1)
    eventually(lambda: tick() > shown + 1, "updates go on after the release")
    ringed(page, id_of(4.0))
    assert page.evaluate("window.seen") == []  # what Python said before it heard was not obeyed

    page.get_by_text("Without β 4").click()
    shows(page, id_of(0.25))  # the first of those that are left
    expect(slider(page)).to_have_attribute("max", "2")


def test_play_walks_along_beta_and_ends(page: Page, harness: Server) -> None:
    open_plane(page, harness)
    slider(page).focus()
    page.keyboard.press("Home")
    hears(page, "chosen", id_of(0.25), 1)
    page.evaluate(WATCH)
    page.get_by_role("button", name="Play along β").click()
    hears(page, "chosen", id_of(16.0), 2)  # once, at its end
    times, labels, spoken = zip(*page.evaluate("window.seen"), strict=True)
    assert labels == ("β 1, seed 0", "β 4, seed 0", "β 16, seed 0")
    assert min(np.diff(times)) > 600
    assert [said.split(",")[0] for said in spoken] == ["β 0.25", "β 0.25", "β 16"]  # not each step
    ringed(page, id_of(16.0))

    page.get_by_role("button", name="Play along β").click()  # and begins again
    page.get_by_role("button", name="Pause along β").click()
    expect(page.get_by_role("button", name="Play along β")).to_be_visible()
    stopped = page.evaluate("window.seen.at(-1)[1]").removeprefix("β ").removesuffix(", seed 0")
    assert stopped != "16"
    hears(page, "chosen", id_of(float(stopped)), 3)


def test_a_tap_chooses_and_a_phone_has_the_picture_below(browser: Browser, harness: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_plane(page, harness)
    chart, canvas = (page.locator(f".lab-plane {name}").first.bounding_box() for name in (".chart", "canvas"))
    assert chart
    assert canvas
    assert canvas["y"] >= chart["y"] + chart["height"]
    assert canvas["width"] == canvas["height"]
    assert canvas["width"] % SIDE == 0  # whole screen pixels
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    other = id_of(0.25, 1, 1)
    page.touchscreen.tap(*place(page, other))
    hears(page, "chosen", other, 1)
    page.wait_for_timeout(700)
    expect(page.get_by_text("opened")).to_have_text("opened")  # Plotly hears a tap twice
    page.touchscreen.tap(*place(page, other))
    hears(page, "opened", other, 1)
    context.close()


def test_without_pictures_there_is_the_chart_alone(page: Page, harness: Server) -> None:
    open_plane(page, harness, "bare=1")
    expect(page.locator(".lab-plane.bare .panel")).to_be_hidden()
    expect(slider(page)).to_have_count(0)
    point_at(page, id_of(0.25))
    page.mouse.click(*place(page, id_of(0.25)))
    hears(page, "chosen", id_of(0.25), 1)
