"""Measure clicks while a sweep runs: python tests/browser/bench_sweep.py [--rounds 20]

Server, browser and the sweep's two workers share the computer's cores. A click on a run of the plane is
answered by the first frame in which the numbers of the run at hand are others, one on another likelihood by
the first frame with another sentence above the plane: Python draws the whole page anew for it. Clicks with a
sweep in progress stand beside clicks without one.
"""

import argparse
import re
import shutil
import statistics
import sys
import tempfile
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.browser.bench_page import ANSWER, BROWSERS  # noqa: E402
from tests.browser.bench_plot import quantile  # noqa: E402
from tests.browser.conftest import BROWSER_FLAGS, start, stop  # noqa: E402

BAR_MS = 200.0
TALL = {"width": 1280, "height": 1400}
LONG = {"dataset": "digits", "hidden": "64", "steps": "30000"}
# Where the marker of the shown curve's first seed is on the screen, by its place in the order of β.
PLACE = """
(place) => {
  const chart = document.querySelector('.lab-plot');
  const { left, top } = chart.querySelector('.nsewdrag').getBoundingClientRect();
  const { xaxis, yaxis } = chart._fullLayout;
  const { x, y } = chart._fullData[0];
  return [left + xaxis.d2p(x[place]), top + yaxis.d2p(y[place])];
}
"""
NUMBERS, SENTENCE = ".lab-twins .lab-value", ".lab-title"


def likelihood(page: Page, name: str) -> Locator:
    """The segment that chooses a likelihood."""
    return page.locator('[data-testid="stButtonGroup"] button').filter(has_text=re.compile(f"^{name}$"))


def open_plane(page: Page, url: str) -> None:
    """Open the plane of a shipped sweep; the current model's settings are those that a sweep would have."""
    page.goto(f"{url}/balance?{urllib.parse.urlencode({'sweep': 'digits', **LONG})}")
    page.wait_for_selector(NUMBERS, timeout=60_000)
    page.wait_for_timeout(2000)


def begin_sweep(page: Page) -> None:
    """Start a sweep that outlasts the measurement, and go back to the shipped one."""
    page.get_by_text("A sweep of your own").click()
    steps = page.get_by_label("Steps of each run")
    steps.fill("30000")
    steps.press("Enter")
    page.get_by_role("button", name="Start the sweep").click()
    page.get_by_role("button", name="Cancel").wait_for(timeout=60_000)
    box = page.get_by_role("combobox", name="Sweep")
    box.click()
    page.get_by_role("option", name="Shipped: small digits").click()
    likelihood(page, "Gaussian").wait_for(timeout=60_000)
    page.wait_for_timeout(3000)


def clicks(page: Page, press: Callable[[Page, int], None], answer: str, rounds: int) -> list[float]:
    """Milliseconds from each click to the first frame that shows what it did."""
    found = []
    for turn in range(rounds):
        before = page.locator(answer).first.inner_text()
        question = f"document.querySelector('{answer}')?.innerText !== {before!r}"
        page.evaluate(f"({ANSWER})({question!r})")
        press(page, turn)
        waited = page.evaluate("window.answer")
        found.append(float("inf") if waited is None else float(waited))
        page.wait_for_timeout(900)
    return found


def press_likelihood(page: Page, turn: int) -> None:
    """Click one of two likelihoods, turn about."""
    likelihood(page, ("Gaussian", "Bernoulli")[turn % 2]).click()


def press_run(page: Page, turn: int) -> None:
    """Click the run of one of three β, turn about."""
    x, y = page.evaluate(PLACE, (1, 2, 3)[turn % 3])
    page.mouse.click(x, y)


def both(page: Page, state: str, rounds: int) -> None:
    """Measure both kinds, and print a line for each and one for all."""
    page.locator(".lab-plane .lab-plot").scroll_into_view_if_needed()
    runs = clicks(page, press_run, NUMBERS, rounds)
    others = clicks(page, press_likelihood, SENTENCE, rounds)
    _say(f"{state}: another run", runs)
    _say(f"{state}: another likelihood", others)
    _say(f"{state}: all", runs + others)


def main() -> None:
    """Measure, and print a line for each state."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=20)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start(ROOT / "app.py", Path(folder), env={"VAE_LAB_RUNS": str(Path(folder) / "runs")})
        path = next((name for name in map(_which, BROWSERS) if name), None)
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        try:
            page = browser.new_page(viewport=TALL, bypass_csp=True)
            open_plane(page, server.url)
            both(page, "no sweep", rounds)
            begin_sweep(page)
            both(page, "a sweep", rounds)
        finally:
            browser.close()
            stop(server)


def _which(name: str) -> str | None:

    return shutil.which(name) if name else None


def _say(state: str, waited: list[float]) -> None:
    middle, late = statistics.median(waited), quantile(waited, 0.95)
    verdict = "yes" if middle <= BAR_MS else "NO"
    sys.stdout.write(
        f"{state:30s} click to answer, median {middle:6.0f} ms, 95 % {late:6.0f} ms over {len(waited)}"
        f"   bar {BAR_MS:.0f} (median)  {verdict}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
