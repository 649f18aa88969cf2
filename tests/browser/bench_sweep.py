"""Measure clicks while a sweep runs: python tests/browser/bench_sweep.py [--rounds 20]

Server, browser and the sweep's two workers share the computer's cores. A click chooses another likelihood of
a shipped sweep; its answer is the first frame in which the numbers of the run at hand are others. Python
draws the whole plane anew for it. Clicks with a sweep in progress stand beside clicks without one.
"""

import argparse
import re
import shutil
import statistics
import sys
import tempfile
import urllib.parse
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.browser.bench_page import ANSWER, BROWSERS, SCREEN  # noqa: E402
from tests.browser.bench_plot import quantile  # noqa: E402
from tests.browser.conftest import BROWSER_FLAGS, start, stop  # noqa: E402

BAR_MS = 200.0
LONG = {"dataset": "digits", "hidden": "64", "steps": "30000"}
NUMBERS = ".lab-twins .lab-value"


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


def clicks(page: Page, rounds: int) -> list[float]:
    """Milliseconds from each click to the first frame that shows what it did."""
    found = []
    for turn in range(rounds):
        button = likelihood(page, ("Gaussian", "Bernoulli")[turn % 2])
        before = page.locator(NUMBERS).first.inner_text()
        question = f"document.querySelector('{NUMBERS}')?.innerText !== {before!r}"
        page.evaluate(f"({ANSWER})({question!r})")
        button.click()
        waited = page.evaluate("window.answer")
        found.append(float("inf") if waited is None else float(waited))
        page.wait_for_timeout(700)
    return found


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
            page = browser.new_page(viewport=SCREEN, bypass_csp=True)
            open_plane(page, server.url)
            _say("no sweep", clicks(page, rounds))
            begin_sweep(page)
            _say("a sweep in progress", clicks(page, rounds))
            _say("the same, once more", clicks(page, rounds))
        finally:
            browser.close()
            stop(server)


def _which(name: str) -> str | None:

    return shutil.which(name) if name else None


def _say(state: str, waited: list[float]) -> None:
    middle, late = statistics.median(waited), quantile(waited, 0.95)
    verdict = "yes" if middle <= BAR_MS else "NO"
    sys.stdout.write(
        f"{state:22s} click to answer, median {middle:6.0f} ms, 95 % {late:6.0f} ms over {len(waited)}"
        f"   bar {BAR_MS:.0f} (median)  {verdict}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
