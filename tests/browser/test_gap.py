"""The Jensen gap page in a real browser: pick, drag, fit, and what Python makes of it."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Page, TimeoutError

from tests.browser.conftest import Server, eventually
from tests.browser.traffic import Traffic

pytestmark = pytest.mark.browser


def open_gap(page: Page, app: Server, query: str = "") -> Page:
    page.goto(f"{app.url}/gap?{query}")
    page.locator(".posterior .handle.centre").wait_for(timeout=90_000)
    return page


def headline(page: Page) -> str:
    """What stands above the posterior; while one sentence takes another's place, the newer one is first."""
    return page.locator(".lab-headline").first.inner_text()


def number(text: str) -> float:
    return float(re.sub("[^0-9.-]", "", text.replace("−", "-")))


def digits(page: Page, table: str) -> dict[str, float]:
    """The rows of a table of numbers, by their names."""
    rows = page.locator("table.lab-digits", has_text=table).locator("tr").all()
    return {row.locator("th").inner_text(): number(row.locator("td").first.inner_text()) for row in rows}


def is_quiet(page: Page, traffic: Traffic) -> bool:
    """Whether the page sends nothing for three seconds: its parts tick while they are being measured."""
    before = traffic.total
    page.wait_for_timeout(3000)
    return traffic.total == before


def test_the_widest_gaps_come_first_and_a_press_shows_one(page: Page, app: Server) -> None:
    open_gap(page, app)
    picks = page.locator(".picks button")
    picks.first.wait_for(timeout=90_000)
    names = [pick.get_attribute("aria-label") or "" for pick in picks.all()]
    gaps = [number(name.split(":")[1]) for name in names]
    assert len(gaps) == 12
    assert gaps == sorted(gaps, reverse=True)
    picks.first.click()
    row = int(number(names[0].split(":")[0]))
    eventually(lambda: headline(page).startswith(f"Image {row:,}: the ELBO lies"), "its gap", patience_s=60)
    eventually(lambda: f"image={row}" in page.url, "its row in the address")
    said = number(headline(page).split("lies")[1].split("nats")[0])
    assert said == pytest.approx(gaps[0], rel=0.01)  # a sum over lattices there, quadrature here
    assert picks.first.get_attribute("aria-pressed") == "true"


def test_a_fit_moves_the_hand_and_python_measures_it_anew(page: Page, app: Server) -> None:
    open_gap(page, app, "image=4539")
    page.locator("table.lab-digits", has_text="The identity").wait_for(timeout=60_000)
    page.get_by_text("is being measured").wait_for(state="detached", timeout=60_000)
    identity = digits(page, "The identity")
    assert identity["log p(x)"] == pytest.approx(identity["ELBO"] + identity["KL(q‖p(z|x))"], abs=2e-3)
    assert not page.locator("table.lab-digits", has_text="in your hand").count()
    page.get_by_role("button", name="Fit q", exact=True).click()
    page.locator("table.lab-digits", has_text="in your hand").wait_for(timeout=60_000)
    hand = digits(page, "in your hand")
    assert hand["ELBO + KL"] == pytest.approx(identity["log p(x)"], abs=2e-3)
    assert hand["KL(q‖p(z|x))"] < 0.1 * identity["KL(q‖p(z|x))"]


def test_it_fits_a_telephone(page: Page, app: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_gap(page, app, "image=4539")
    page.locator("table.lab-digits", has_text="The identity").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")


def test_a_drag_sends_nothing_until_the_release(page: Page, app: Server) -> None:
    traffic = Traffic()
    traffic.watch(page)
    open_gap(page, app, "image=4539")
    main = page.get_by_test_id("stMainBlockContainer")
    with suppress(TimeoutError):  # the data's measurement, which ticks, may be over already
        main.get_by_role("button", name="Stop", exact=True).click(timeout=5000)
    page.get_by_text("is being measured").wait_for(state="detached", timeout=60_000)
    eventually(lambda: is_quiet(page, traffic), "a page that no longer ticks", patience_s=120)
    handle = page.locator(".posterior .handle.centre")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    gap = page.locator(".posterior").inner_text()
    page.mouse.move(x, y)
    page.mouse.down()
    page.wait_for_timeout(200)
    before = traffic.total
    for step in range(1, 20):
        page.mouse.move(x, y - 3 * step)
        page.wait_for_timeout(16)
    assert page.locator(".posterior").inner_text() != gap
    assert traffic.total == before
    page.mouse.up()
    page.locator("table.lab-digits", has_text="in your hand").wait_for(timeout=30_000)
