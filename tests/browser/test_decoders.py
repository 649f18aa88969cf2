"""The page of decoders in a real browser: one drag moves both, and one bar trains both in step."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually
from tests.browser.pad_page import PadPage, decoded
from tests.browser.traffic import Traffic
from vae_core.data import load_dataset
from vae_core.training.shipped import load_shipped

pytestmark = pytest.mark.browser

NAMES = ("grey-bernoulli", "grey-gaussian")


def open_pads(page: Page, app: Server, query: str = "") -> tuple[PadPage, PadPage]:
    """The page's two pads, once all its numbers stand and it is quiet."""
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{app.url}/decoders?{query}")
    page.locator(".pad .answers canvas[aria-label]").nth(1).wait_for(timeout=60_000)
    page.locator("table.lab-twins").first.wait_for(timeout=60_000)
    first = PadPage(page, traffic)
    first.map.scroll_into_view_if_needed()
    settle(page, traffic)
    return first, PadPage(page, traffic, 1)


def settle(page: Page, traffic: Traffic) -> None:
    """Wait until the page no longer ticks."""

    def quiet() -> bool:
        before = traffic.total
        page.wait_for_timeout(1500)
        return traffic.total == before

    eventually(quiet, "a page that no longer ticks", patience_s=60)


def steps(page: Page) -> list[int]:
    """At which step each decoder stands; -1 for a shipped one."""
    found = [
        re.match(r"step ([\d,]+) of", text) for text in page.locator(".lab-twin-state").all_inner_texts()
    ]
    return [int(match[1].replace(",", "")) if match else -1 for match in found]


def test_one_drag_decodes_both_at_the_same_z_and_sends_nothing(page: Page, app: Server) -> None:
    first, second = open_pads(page, app)
    models = [load_shipped(name) for name in NAMES]
    page.mouse.move(*first.at(0.0, 0.0))
    page.mouse.down()
    before = first.traffic.total
    for x, y in ((0.3, 0.2), (0.8, -0.4), (-0.6, 0.9)):
        page.mouse.move(*first.at(x, y))
        first.frames()
        assert second.z() == first.z()
        for pad, model in zip((first, second), models, strict=True):
            np.testing.assert_allclose(pad.image(), decoded(model, pad.z()), atol=1.0)
    assert first.traffic.total == before
    page.mouse.up()


def test_the_same_image_has_its_own_code_in_each(page: Page, app: Server) -> None:
    first, second = open_pads(page, app)
    page.get_by_role("radio", name="the same image").click()
    settle(page, first.traffic)
    first.map.scroll_into_view_if_needed()
    page.mouse.move(*first.at(-0.4, 0.3))
    page.mouse.down()
    page.mouse.move(*first.at(-0.6, 0.9))
    first.frames()
    codes = [
        model.model().encode(load_dataset("mnist-5k").full.x).mean.detach()
        for model in map(load_shipped, NAMES)
    ]
    row = int((codes[0] - codes[0].new_tensor(first.z())).square().sum(1).argmin())
    np.testing.assert_allclose(second.z(), codes[1][row].numpy(), atol=1e-4)
    assert second.z() != first.z()
    page.mouse.up()


def test_a_picked_pixel_is_predicted_by_both(page: Page, app: Server) -> None:
    open_pads(page, app)
    picker = page.locator(".pixels canvas")
    picker.scroll_into_view_if_needed()
    box = picker.bounding_box()
    assert box
    page.mouse.click(box["x"] + 2, box["y"] + 2)
    page.get_by_text("Row 0, column 0;").wait_for(timeout=20_000)
    corner = load_dataset("mnist-5k").validation.x[0, 0]
    titles = page.locator(".lab-title", has_text=re.compile(r"pixel is")).all_inner_texts()
    assert len(titles) == 2
    assert all(f"pixel is {float(corner):.2f}" in title for title in titles)


def test_they_train_in_step_and_the_page_follows(page: Page, app: Server) -> None:
    first, _ = open_pads(page, app, "twins=digits,bernoulli,gaussian-learned")
    main = page.get_by_test_id("stMainBlockContainer")
    assert steps(page) == [0, 0]
    main.get_by_role("button", name="Train them").click()
    eventually(lambda: min(steps(page)) > 60, "both train", patience_s=60)
    main.get_by_role("button", name="Pause", exact=True).click()
    main.get_by_role("button", name="Go on").wait_for(timeout=20_000)
    settle(page, first.traffic)
    one, other = steps(page)
    assert one == other
    assert min(one, other) > 60


def test_it_fits_a_telephone(page: Page, app: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_pads(page, app)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth <= main.clientWidth")
