"""The guided tour in the real app: it sets the lab up, and hears the step that it leaves to the reader."""

import re

import pytest
from playwright.sync_api import Page, expect

from pages.controls.tour_stops import STOPS
from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser


def next_stop(page: Page, number: int) -> None:
    """Go on from a stop whose step is done."""
    expect(page.get_by_text("✓ Done.")).to_be_visible(timeout=20_000)
    page.get_by_test_id("stMain").get_by_role("link", name="Next", exact=True).click()
    expect(page.get_by_text(f"Guided tour, {number + 1} of {len(STOPS)}")).to_be_visible(timeout=20_000)


def change_beta(page: Page) -> None:
    slider = page.locator('[class*="_beta"] input[type=range]').first
    slider.focus()
    for _ in range(8):
        if re.search(r"[?&]beta=4(&|$)", page.evaluate("location.href")):
            return
        slider.press("ArrowRight")
        page.wait_for_timeout(900)


def click_the_map(page: Page) -> None:
    pad = page.locator(".pad svg.marks").first
    pad.click(position={"x": 90, "y": 120})


def nudge_the_ellipse(page: Page) -> None:
    handle = page.locator(".posterior .handle.centre")
    handle.wait_for(timeout=30_000)
    handle.focus()
    for _ in range(3):
        handle.press("ArrowUp")


def click_a_run(page: Page) -> None:
    slider = page.locator(".lab-plane input[type=range]")
    slider.focus()
    slider.press("End")
    slider.press("Enter")


def pick_a_pixel(page: Page) -> None:
    picker = page.locator(".pixels .sheet").first
    picker.scroll_into_view_if_needed(timeout=30_000)
    picker.click(position={"x": 20, "y": 20})


def break_a_claim(page: Page) -> None:
    page.get_by_role("button", name="Break it").nth(19).click(timeout=60_000)


STEPS = (change_beta, click_the_map, nudge_the_ellipse, click_a_run, pick_a_pixel, break_a_claim)


def test_the_tour_from_its_first_stop_to_its_last(page: Page, app: Server) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="Tour").click(timeout=30_000)
    for number, (stop, step) in enumerate(zip(STOPS, STEPS, strict=True), start=1):
        expect(page.get_by_text(stop.task)).to_be_visible(timeout=30_000)
        eventually(lambda n=number: f"tour={n}" in page.evaluate("location.href"), "the link names the stop")
        step(page)
        if number < len(STOPS):
            next_stop(page, number)
    expect(page.get_by_text("✓ Done.")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="End the tour").click()
    expect(page.get_by_text("Guided tour,")).to_have_count(0, timeout=20_000)


def test_a_projector_hides_the_form_but_for_beta(page: Page, app: Server) -> None:
    page.goto(f"{app.url}/?show=projector")
    settings = page.locator(".st-key-lab_settings")
    expect(settings.locator('[class*="_beta"]').first).to_be_visible(timeout=30_000)
    for name in ("_latent_dim", "_dataset", "_likelihood"):
        expect(settings.locator(f'[class*="{name}"]').first).to_be_hidden()
    expect(page.locator(".st-key-lab_downloads")).to_be_hidden()
