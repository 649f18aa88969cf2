"""A component whose module comes late is there all the same, whatever happened in the meantime."""

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import Server, eventually

pytestmark = pytest.mark.browser

# what is shown, the module that is held back, and what makes new data for it meanwhile
PARTS = [
    ("film", ".film canvas", "Shorter"),
    ("images", ".images canvas[aria-label^=Twelve]", "Other images"),
]


@pytest.mark.parametrize(("part", "shown", "toggle"), PARTS)
def test_new_data_while_the_module_loads(
    page: Page, harness: Server, part: str, shown: str, toggle: str
) -> None:
    held: list[Route] = []
    page.route(f"**/assets/components/{part}/index.js*", lambda route: held.append(route))
    page.goto(f"{harness.url}/?show={part}")
    page.get_by_text(toggle).wait_for(timeout=30_000)

    def asked() -> bool:
        page.wait_for_timeout(50)  # requests are heard of while something waits for the browser
        return bool(held)

    eventually(asked, "the module that is asked for", patience_s=60.0)
    page.get_by_text(toggle).click()
    page.wait_for_timeout(1500)
    assert page.locator(shown).count() == 0
    for route in held:
        route.continue_()
    page.locator(shown).first.wait_for(timeout=10_000)
    page.wait_for_timeout(500)
    assert page.locator(shown).first.is_visible()
