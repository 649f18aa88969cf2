"""A sweep of one's own in the real app: workers make it, and one of its runs becomes the current model."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, eventually
from vae_core.sweeps.atlas import load_atlas
from vae_core.training.shipped import atlas_name

pytestmark = pytest.mark.browser


def address(page: Page) -> str:
    """What the address bar says."""
    return unquote(str(page.evaluate("location.href")))


def test_a_sweep_is_made_and_a_run_of_it_becomes_the_current_model(page: Page, app: Server) -> None:
    small = atlas_name(load_atlas("tiny-binary")[1][0].run)
    page.goto(f"{app.url}/balance?sweep=tiny-binary&model=shipped:{small}")
    page.get_by_text("A sweep of your own").click(timeout=30_000)
    fields = (page.get_by_label("Steps of each run", exact=True), page.get_by_role("textbox", name="β"))
    for field, value in zip(fields, ("5", "0.5, 2"), strict=True):
        field.fill(value)
        field.press("Enter")
        page.wait_for_timeout(300)
    expect(page.get_by_text("2 runs, about")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Start the sweep").click()
    expect(page.get_by_text("All 2 runs are done.").first).to_be_visible(timeout=90_000)
    page.locator(".lab-plane canvas").wait_for(timeout=30_000)
    assert re.search("sweep=[0-9a-f]{12}", address(page))
    slider = page.locator(".lab-plane input[type=range]")
    slider.focus()
    slider.press("Home")
    slider.press("Enter")
    eventually(lambda: "model=run:" in address(page), "the link names the run")
    expect(page.get_by_role("button", name="It is the current model")).to_be_visible(timeout=20_000)
    expect(page.locator(".lab-card-line")).to_contain_text("tiny-binary", timeout=20_000)
