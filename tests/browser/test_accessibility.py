"""Nothing on a page keeps people out, as far as axe-core can tell."""

from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser

# Name of the page, its address, and what is there once it stands.
PAGES = [
    ("train", "/", ".lab-plot.js-plotly-plot >> nth=1"),
    ("latent", "/latent", ".draw .square"),
    ("walk", "/walk", ".film [role=slider]"),
    ("gap", "/gap", ".posterior .handle.centre"),
    ("decoders", "/decoders", "table.lab-twins"),
    ("balance", "/balance", "table.lab-twins"),
    ("sweep", "/balance?sweep=digits", ".lab-plane canvas"),
    ("theorems", "/theorems", ".lab-claim >> nth=19"),
    ("bound", "/bound?tour=3&show=projector", ".posterior .handle.centre"),
    ("likelihood", "/likelihood", ".lab-plot.js-plotly-plot >> nth=3"),
    ("joints", "/joints", ".lab-plot.js-plotly-plot >> nth=1"),
    ("sampling", "/sampling", ".lab-plot.js-plotly-plot >> nth=2"),
    ("pixels", "/pixels", ".lab-plot.js-plotly-plot >> nth=1"),
    ("gaussians", "/gaussians", ".gaussians .q .handle.centre"),
    ("objective", "/objective", ".lab-plot.js-plotly-plot >> nth=2"),
    ("museum", "/museum", ".lab-codes"),
    ("forms", "/forms", ".forms .row >> nth=7"),
]
# Parts that stand on no page so: the name in the harness, and what is there once it stands.
PARTS = [
    ("pad&drag=1", ".pad .handle"),
]
GRAVE = ("serious", "critical")


@dataclass(frozen=True)
class Excused:
    """A fault of Streamlit's own that cannot be mended from here."""

    rules: tuple[str, ...]
    selector: str
    reason: str


EXCUSED = [
    Excused(
        ("list", "listitem"),
        "[data-testid=stSidebarNavItems]",
        "Streamlit wraps the entries of its navigation's list in div elements",
    ),
]


def settled(page: Page, url: str, stands: str) -> Page:
    """Open an address and wait until what is named there stands, and the script rests."""
    page.goto(url)
    page.locator(stands).first.wait_for(timeout=30_000)
    resting = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    eventually(lambda: resting.count() == 1, "the script rests")
    page.wait_for_timeout(1000)
    return page


def is_excused(page: Page, rule: str, target: list[Any]) -> bool:
    """Whether a fault is one of EXCUSED; what lies in a shadow root never is."""
    if len(target) != 1 or not isinstance(target[0], str):
        return False
    inside = "([target, selector]) => Boolean(document.querySelector(target)?.closest(selector))"
    return any(
        rule in excused.rules and page.evaluate(inside, [target[0], excused.selector]) for excused in EXCUSED
    )


def faults(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What is grave and ours by all rules or some, a few lines each: where it is and what is the matter."""
    found = []
    options = {"runOnly": list(rules)} if rules else None
    for violation in Axe().run(page, options=options).response["violations"]:
        if violation["impact"] not in GRAVE:
            continue
        for node in violation["nodes"]:
            if is_excused(page, violation["id"], node["target"]):
                continue
            checks = [*node["any"], *node["all"], *node["none"]]
            words = "; ".join(check["message"] for check in checks)
            found.append(
                f"{violation['impact']}, {violation['id']}: {violation['help']}\n"
                f"    {node['html'][:200]}\n    {words}\n    at {node['target']}"
            )
    return found


def check(page: Page) -> None:
    """No fault in the light theme, nor in the dark one, whose colours alone differ."""
    found = faults(page)
    page.emulate_media(color_scheme="dark")
    dark = "() => getComputedStyle(document.querySelector('.stApp')).colorScheme"
    eventually(lambda: "dark" in page.evaluate(dark), "the page turns dark")
    page.wait_for_timeout(500)
    found += faults(page, rules=("color-contrast",))
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("path", "stands"), [place[1:] for place in PAGES], ids=[place[0] for place in PAGES]
)
def test_a_page_keeps_nobody_out(app: Server, page: Page, path: str, stands: str) -> None:
    check(settled(page, app.url + path, stands))


@pytest.mark.parametrize(("part", "stands"), PARTS, ids=[place[0] for place in PARTS])
def test_a_component_keeps_nobody_out(harness: Server, page: Page, part: str, stands: str) -> None:
    check(settled(page, f"{harness.url}/?show={part}", stands))


def test_a_fault_is_found_inside_a_component_too(harness: Server, page: Page) -> None:
    """The scan reaches into shadow roots: a button without a name is told, and so is dark text on dark."""
    settled(page, f"{harness.url}/?show=draw", ".draw .square")
    page.locator(".draw button.undo").evaluate("button => { button.textContent = ''; }")
    found = faults(page)
    assert len(found) == 1
    assert "button-name" in found[0]
    page.locator(".draw button.undo").evaluate("button => { button.textContent = 'Undo'; }")
    page.get_by_test_id("stText").first.evaluate("text => { text.firstElementChild.style.color = '#333'; }")
    with pytest.raises(AssertionError, match="color-contrast"):
        check(page)
