"""Measure the page of decoders under a real pointer: python tests/browser/bench_decoders.py [--rounds 3]

Server and browser share the computer's cores, as they do at home. A drag in the first pad moves both; each
number stands beside its bar:

- the page at rest, by the same z and by the same image: from a pointer event's own time stamp to the task
  after the frame that answers it in both pads, frames per second, and messages over the websocket meanwhile;
- the same while both decoders train;
- steps a second of two decoders in step with the page closed, beside the same two without a pace.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.browser.bench_page import BROWSERS, SCREEN, Row, load  # noqa: E402
from tests.browser.bench_plot import frames_per_second  # noqa: E402
from tests.browser.conftest import BROWSER_FLAGS, Server, eventually, start, stop  # noqa: E402
from tests.browser.strokes import WATCH, Found, drag, square  # noqa: E402
from tests.browser.traffic import Traffic  # noqa: E402
from vae_core.engine import Engine  # noqa: E402
from vae_core.training.shipped import TWIN  # noqa: E402

BUDGET_MS = 33.0
SETTLED_MS = 6000
PACED_STEPS = 300


def opened(browser: Browser, server: Server) -> tuple[Page, Traffic]:
    """The page once both pads and all numbers stand."""
    page = browser.new_page(viewport=SCREEN)
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{server.url}/decoders")
    page.locator(".pad .answers canvas[aria-label]").nth(1).wait_for(timeout=60_000)
    page.locator("table.lab-twins").first.wait_for(timeout=60_000)
    page.wait_for_timeout(SETTLED_MS)
    return page, traffic


def drags(page: Page, traffic: Traffic, rounds: int) -> Found:
    """What drags over the first pad cost."""
    page.locator(".pad .map").first.scroll_into_view_if_needed()
    page.evaluate(WATCH)
    found = Found()
    for _ in range(rounds):
        drag(page, square(page, ".pad .map"), traffic, found)
    return found


def rows_of(name: str, found: Found, *, quiet: bool) -> list[Row]:
    """The rows of one kind of drag; only a page at rest sends nothing meanwhile."""
    rows = [
        Row(f"event to paint of both pads, {name}", str(found), "", None),
        Row("  95 % in all", f"{found.late:.1f} ms", f"{BUDGET_MS:.0f} ms", found.late <= BUDGET_MS),
        Row("  frames per second", f"{frames_per_second(found.gaps):.1f}", "", None),
    ]
    if quiet:
        rows.append(Row("  messages from press to release", f"{found.messages}", "0", found.messages == 0))
    return rows


def measure_page(browser: Browser, folder: Path, rounds: int) -> list[Row]:
    """Drags on the page, at rest and while it trains."""
    server = start(ROOT / "app.py", folder, env={"VAE_LAB_RUNS": str(folder / "runs")})
    try:
        page, traffic = opened(browser, server)
        rows = rows_of("the same z", drags(page, traffic, rounds), quiet=True)
        page.get_by_role("radio", name="the same image").click()
        page.wait_for_timeout(SETTLED_MS)
        rows += rows_of("the same image", drags(page, traffic, rounds), quiet=True)
        page.get_by_role("button", name="Train them").click()
        page.wait_for_timeout(SETTLED_MS)
        rows += rows_of("while both train", drags(page, traffic, rounds), quiet=False)
        page.close()
    finally:
        stop(server)
    return rows


def pace(folder: Path, *, together: bool) -> float:
    """Steps a second of two decoders, of the slower one, without any page."""
    twins = (TWIN, TWIN.replace(likelihood="gaussian", sigma="learned"))
    with Engine(folder=folder) as engine:
        ids = [engine.submit(config, visitor="bench") for config in twins]
        if together:
            engine.keep_in_step(ids, visitor="bench")
        for run_id in ids:
            engine.start(run_id, visitor="bench")

        def slowest() -> int:
            return min(view.step for run_id in ids if (view := engine.view(run_id)) is not None)

        eventually(lambda: slowest() > 0, "both train", patience_s=60)
        begun, at = slowest(), time.perf_counter()
        eventually(lambda: slowest() >= begun + PACED_STEPS, "enough steps", patience_s=120)
        return (slowest() - begun) / (time.perf_counter() - at)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Measure the page of decoders under a real pointer.")
    parser.add_argument("--rounds", type=int, default=3, help="drags of each kind")
    options = parser.parse_args()
    program = eventually(
        lambda: next((path for name in BROWSERS if name and (path := shutil.which(name))), None),
        "Chromium or Google Chrome",
        patience_s=0.1,
    )
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        print(f"load average before: {load()}", flush=True)
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        rows = measure_page(browser, folder, options.rounds)
        browser.close()
        alone, together = (pace(folder / word, together=word == "paced") for word in ("free", "paced"))
        rows.append(Row("steps a second, each by itself", f"{alone:.0f}", "", None))
        share = f"{together:.0f}, {together / alone:.2f} of that"
        rows.append(Row("steps a second, in step", share, "", None))
        print(f"load average after:  {load()}\n")
    print(f"{'':48s} {'found':46s} {'bar':14s} met")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
