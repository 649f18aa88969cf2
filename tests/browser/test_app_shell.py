"""The app in a real browser: the current model, its link and its card, at the root and under a base path."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ROOT, Server, eventually, start, stop, unharmed

LONG_RUN = "dataset=digits&likelihood=gaussian&hidden=16&steps=1000000"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app under a base path."""
    folder = tmp_path_factory.mktemp("below")
    server = start(ROOT / "app.py", folder, base_path="lab", env={"VAE_LAB_RUNS": str(folder / "runs")})
    yield server
    stop(server)
    assert "Traceback" not in server.tail(), server.tail()


@pytest.fixture(scope="module", params=["app_server", "below"], ids=["at the root", "under a base path"])
def app(request: pytest.FixtureRequest) -> Iterator[Server]:
    with unharmed(request.getfixturevalue(request.param)) as server:
        yield server


def address(page: Page) -> str:
    return str(page.evaluate("location.href"))


def card(page: Page) -> str:
    found = page.query_selector(".lab-card")
    return found.inner_text() if found else ""


def state(page: Page) -> str:
    found = page.query_selector(".lab-card-state")
    return found.inner_text() if found else ""


def opened(page: Page, url: str) -> Page:
    """Open an address and wait until the page has settled."""
    page.goto(url)
    eventually(lambda: "nats" in card(page), "the card shows a model")
    eventually(lambda: "model=" in address(page), "the address names the model")
    return page


def begin(page: Page, app: Server, *, seed: int) -> str:
    """Begin a long run and return its token as the address has it."""
    opened(page, f"{app.url}/?{LONG_RUN}&seed={seed}")
    page.get_by_role("button", name="Start", exact=True).click()
    eventually(lambda: state(page).startswith("Training"), "the card says that it trains")
    return re.search(r"model=(run%3A[0-9a-f]{12})", address(page)).group(1)  # type: ignore[union-attr]


# At the root the other files drive the app.
BELOW = pytest.mark.parametrize("app", ["below"], indirect=True, ids=["under a base path"])


def test_a_trained_model_is_there_at_once(app: Server, page: Page) -> None:
    opened(page, f"{app.url}/")
    assert "Test ELBO" in card(page)
    assert "Shipped with the app" in card(page)
    assert page.evaluate("document.querySelector('.lab-card-images').naturalWidth") > 100


def test_a_cold_link_to_the_page_keeps_its_settings(app: Server, page: Page) -> None:
    opened(page, f"{app.url}/train?beta=4&seed=7")
    assert "beta=4" in address(page)
    assert "seed=7" in address(page)
    assert page.get_by_text("Page not found").count() == 0


def test_a_link_to_a_run_that_is_gone_says_so(app: Server, page: Page) -> None:
    opened(page, f"{app.url}/?model=run:0123456789ab&beta=<b>cold</b>")
    assert page.get_by_text("The run 0123456789ab is gone").is_visible()
    assert page.get_by_text("<b>cold</b>").is_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    eventually(lambda: page.get_by_text("is gone").count() == 0, "the notice is closed")


@BELOW
def test_a_run_stays_the_current_model_and_is_found_again(app: Server, page: Page, browser: Browser) -> None:
    token = begin(page, app, seed=1)
    said = {state(page)}
    places = set()
    for _ in range(30):
        page.wait_for_timeout(100)
        said.add(state(page))
        places.add(
            str(page.evaluate("JSON.stringify(document.querySelector('.lab-card').getBoundingClientRect())"))
        )
    assert token in address(page)
    assert all(sentence.startswith("Training") for sentence in said)
    assert len(places) == 1, "the card moves while it ticks"

    page.reload()
    eventually(lambda: state(page).startswith("Training"), "a reload finds the run")
    second = opened(page.context.new_page(), address(page))
    assert "you follow" not in state(second)
    second.close()

    stranger = browser.new_context()
    follower = opened(stranger.new_page(), address(page))
    assert "you follow this run" in state(follower)
    stranger.close()
    press_stop(page)
    eventually(lambda: "Stopped by hand" in state(page), "the card says that it was stopped")


def press_stop(page: Page) -> None:
    """Press the page's own Stop; Streamlit has one too, which stands in its head while a script runs."""
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop", exact=True).click()


@BELOW
def test_choosing_another_model_leaves_the_run_training(app: Server, page: Page) -> None:
    token = begin(page, app, seed=2)
    menu = page.get_by_test_id("stSidebar").get_by_role("combobox")
    menu.click()
    page.get_by_role("option", name="Shipped: two-moons").click()
    eventually(lambda: "two-moons" in card(page), "the card shows the chosen model")
    assert "model=shipped%3Atwo-moons" in address(page)
    menu.click()
    page.get_by_role("option", name=re.compile("Run .*seed\\s2")).click()
    eventually(lambda: state(page).startswith("Training"), "the run went on")
    assert token in address(page)
    press_stop(page)
    eventually(lambda: "Stopped by hand" in state(page), "the card says that it was stopped")


def test_a_phone_has_no_sideways_scrolling(app: Server, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/")
    eventually(lambda: page.query_selector("h1"), "the page has a title")
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
