"""A press whose own message a tick overtakes: it acts once, neither twice nor not at all.

The browser sends a press a moment after it has noted it, and the page's tick may fall between: then the tick
brings the press along before its own message does.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from pages.controls.live import RESTING_TICK_S, SETTLED_AFTER_S
from tests.browser.conftest import Server, eventually, start, stop

SLOW = Path(__file__).resolve().parent / "harness" / "slow.py"
RUN = "dataset=digits&likelihood=gaussian&hidden=16&steps=1000000"

# What the browser would send at once waits for the next tick, and goes right after it or so much later.
OVERTAKE = """
(later) => {
  const [wait, send] = [window.setTimeout, WebSocket.prototype.send];
  const held = [];
  window.overtaken = 0;
  window.setTimeout = (act, ms, ...rest) => (ms ? wait(act, ms, ...rest) : (held.push(act), 0));
  WebSocket.prototype.send = function (data) {
    send.call(this, data);
    if (!held.length) return;
    [window.setTimeout, WebSocket.prototype.send] = [wait, send];
    wait(() => { for (const act of held) act(); window.overtaken = 1; }, later);
  };
}
"""


@pytest.fixture(scope="module")
def slow_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    server = start(SLOW, folder, env={"VAE_LAB_RUNS": str(folder / "runs")})
    yield server
    stop(server)
    assert "Traceback" not in server.tail(), server.tail()


def state(page: Page) -> str:
    found = page.query_selector(".lab-card-state")
    return found.inner_text() if found else ""


def step(page: Page) -> int:
    """The step of a run that has paused, from the line that ticks; -1 while it moves."""
    found = re.search(r"([\d,]+) / [\d,]+ steps.*Paused", page.inner_text(".lab-status"), re.DOTALL)
    return int(found[1].replace(",", "")) if found else -1


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def overtaken(page: Page) -> bool:
    return bool(page.evaluate("window.overtaken"))


def paused(page: Page, app: Server, *, seed: int) -> int:
    """Open a run that has paused, and return its step."""
    page.goto(f"{app.url}/?{RUN}&seed={seed}")
    eventually(lambda: "Shipped with the app" in state(page), "the card shows a model")
    eventually(lambda: "model=" in page.evaluate("location.href"), "the address names the model")
    page.wait_for_timeout(500)
    press(page, "Start")
    eventually(lambda: state(page).startswith("Training"), "it trains")
    press(page, "Pause")
    eventually(lambda: step(page) > 0, "it has paused")
    page.wait_for_timeout(1000)  # the line follows the slice that was under way
    return step(page)


def test_one_press_makes_one_step(app: Server, page: Page) -> None:
    before = paused(page, app, seed=3)
    page.evaluate(OVERTAKE, 1500)
    press(page, "1 step")
    eventually(lambda: overtaken(page), "a tick has overtaken the press")
    eventually(lambda: step(page) > before, "it has made a step")
    page.wait_for_timeout(2500)
    assert step(page) == before + 1


def test_no_press_is_lost_at_the_end_of_a_tick(slow_app: Server, page: Page) -> None:
    paused(page, slow_app, seed=4)
    for _ in range(4):
        press(page, "Go on")
        eventually(lambda: state(page).startswith("Training"), "it trains again")
        page.wait_for_timeout(700)
        press(page, "Pause")
        eventually(lambda: step(page) > 0, "it has paused again")
        page.wait_for_timeout(700)


def test_a_value_is_taken_that_a_tick_brings_first(slow_app: Server, page: Page) -> None:
    paused(page, slow_app, seed=5)
    page.wait_for_timeout(1000 * (SETTLED_AFTER_S + RESTING_TICK_S))  # at rest a tick is drawn at once
    page.evaluate(OVERTAKE, 100)
    page.locator('[class*="_setting_"][class*="_beta"] input[type="range"]').press("ArrowRight")
    eventually(lambda: overtaken(page), "a tick has overtaken the value")
    eventually(lambda: "beta=1.5" in page.evaluate("location.href"), "the form has taken the value")
