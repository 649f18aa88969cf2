"""Measure the Train page while it trains: python tests/browser/bench_page.py [--pairs 5] [--only clicks]

Server and browser share the computer's cores, as they do at home. Each number stands beside its bar:

- speed: steps per second of the same run without a page and with the Train page open and drawing, in
  alternating pairs; the server does not know which is which but by the page's own messages;
- clicks: from the pointer's release over a control to the first frame that shows what it did, while a run
  trains;
- charts: frames per second while 5,000 points change four times a second;
- first image: from the navigation of a browser with an empty cache to the first decoded image, on a server
  that is warm, and to the first image that a drag changes;
- long tasks: how often, and how long, the page's main thread was busy for more than 50 ms while it trains.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.browser.bench_plot import chart_frames, frames_per_second, quantile  # noqa: E402
from tests.browser.conftest import (  # noqa: E402
    BROWSER_FLAGS,
    HARNESS,
    Server,
    eventually,
    start,
    stop,
)

WATCHED = Path(__file__).resolve().parent / "harness" / "watched.py"
BROWSERS = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
SCREEN = {"width": 1280, "height": 900}
STEPS = 1_000_000  # the default run is over before it is measured; its steps are the same
WINDOW_S = 6.0
SETTLE_S = 2.0
CLICK_ROUNDS = 12

START, PAUSE, STOP = (f".st-key-lab_{name} button" for name in ("play_arrow", "pause", "stop"))

# Counts tasks of more than 50 ms from the first moment of each page.
LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push([task.startTime, task.duration]);
}).observe({ type: 'longtask', buffered: true });
"""

# From the next release of the pointer to the first frame in which `question` is true.
ANSWER = """
(question) => {
  const is = new Function(`return ${question};`);
  window.answer = new Promise((done) => {
    window.addEventListener('pointerup', (event) => {
      const look = () => {
        const waited = performance.now() - event.timeStamp;
        if (is()) done(waited); else if (waited > 10000) done(null); else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, { capture: true, once: true });
  });
}
"""

# The decoder's picture, wherever its shadow root is: its text changes whenever a pixel does.
PICTURE = """
() => {
  const find = (root) => root.querySelector('.decoder canvas[aria-label]') ??
    [...root.querySelectorAll('*')].map((node) => node.shadowRoot && find(node.shadowRoot)).find(Boolean);
  const canvas = find(document);
  return canvas ? [performance.now(), canvas.toDataURL()] : null;
}
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    found: str
    bar: str
    met: bool | None

    def __str__(self) -> str:
        verdict = "" if self.met is None else "yes" if self.met else "NO"
        return f"{self.what:42s} {self.found:46s} {self.bar:14s} {verdict}"


@dataclass(frozen=True)
class Trainer:
    """A run that trains on the server."""

    server: Server
    run_id: str

    def steps_per_second(self, seconds: float) -> float:
        """The rate over the next seconds, by the server's own clock."""
        first = self.progress()
        time.sleep(seconds)
        last = self.progress()
        return (last["step"] - first["step"]) / (last["seconds"] - first["seconds"])

    def progress(self) -> dict[str, float]:
        """Step and time."""
        with urllib.request.urlopen(f"{self.server.url}/bench/progress/{self.run_id}", timeout=10) as answer:
            return dict(json.loads(answer.read()))


def run_in(page: Page) -> str | None:
    """The id of the run that the address names."""
    _, found, rest = unquote(str(page.evaluate("location.href"))).partition("model=run:")
    return rest[:12] if found else None


def begin(page: Page, server: Server, *, seed: int) -> Trainer:
    """Open the Train page and start a run."""
    page.goto(f"{server.url}/?steps={STEPS}&seed={seed}")
    eventually(lambda: page.query_selector(f"{START}:not([disabled])"), "Start can be pressed")
    page.wait_for_timeout(1000)
    page.click(START)
    run_id = eventually(lambda: run_in(page), "the address names the run")
    trainer = Trainer(server, run_id)
    eventually(lambda: trainer.progress()["step"] > 50, "it trains")
    return trainer


def end(page: Page) -> None:
    """Stop the run, so that it takes no time from the next."""
    page.click(STOP)
    eventually(lambda: "Stopped by hand" in page.inner_text("body"), "it has stopped")


def measure_speed(page: Page, server: Server, pairs: int) -> list[Row]:
    """Steps per second with the page and without, in pairs whose order alternates."""
    ratios, alone, watched, long = [], [], [], []
    for pair in range(pairs):
        trainer = begin(page, server, seed=1000 + pair)
        address = str(page.evaluate("location.href"))
        rates = {}
        for shown in (True, False) if pair % 2 else (False, True):
            page.goto(address if shown else "about:blank")
            page.wait_for_timeout(1000 * SETTLE_S)
            if shown:
                eventually(lambda: page.query_selector(".js-plotly-plot .main-svg"), "the page draws")
                page.evaluate("window.longTasks.length = 0")
            rates[shown] = trainer.steps_per_second(WINDOW_S)
            if shown:
                long += [duration for _, duration in page.evaluate("window.longTasks")]
        page.goto(address)
        eventually(lambda: page.query_selector(f"{STOP}:not([disabled])"), "Stop can be pressed")
        end(page)
        alone.append(rates[False])
        watched.append(rates[True])
        ratios.append(rates[True] / rates[False])
        print(f"  pair {pair + 1}: {rates[False]:.0f} and {rates[True]:.0f} steps/s", flush=True)
    ratio = statistics.median(ratios)
    seconds = pairs * WINDOW_S
    return [
        Row("steps/s without a page", spread(alone, "{:.0f}"), "", None),
        Row("steps/s, page open and drawing", spread(watched, "{:.0f}"), "", None),
        Row("their ratio", spread(ratios, "{:.2f}"), "0.75 or more", ratio >= 0.75),
        Row(
            "long tasks of the page while it trains",
            f"{len(long) / seconds:.1f} a second, {sum(long) / seconds / 10:.0f} % of the time"
            + (f", worst {max(long):.0f} ms" if long else ""),
            "",
            None,
        ),
    ]


def spread(values: list[float], form: str) -> str:
    """Median, least and most."""
    median, least, most = (
        form.format(value) for value in (statistics.median(values), min(values), max(values))
    )
    return f"{median} ({least} to {most})"


def click(page: Page, selector: str, shows: str, *, across: float = 0.5) -> float:
    """Milliseconds from the pointer's release to the first frame in which `shows` is true."""
    eventually(lambda: page.query_selector(selector), f"{selector} is there")
    page.locator(selector).first.scroll_into_view_if_needed()
    box = page.locator(selector).first.bounding_box()
    if box is None:
        raise RuntimeError(f"{selector} can't be seen.")
    page.evaluate(ANSWER, shows)
    page.mouse.click(box["x"] + across * box["width"], box["y"] + box["height"] / 2)
    waited = page.evaluate("window.answer")
    if waited is None:
        raise RuntimeError(f"A click on {selector} showed nothing within 10 s: {shows}")
    return float(waited)


def text_of(selector: str) -> str:
    return f"(document.querySelector('{selector}')?.textContent ?? '')"


def controls() -> dict[str, tuple[Callable[[Page, int], float], ...]]:
    """Clicks by what they are: each pair leaves the page as it was."""
    axis = (
        "document.querySelector('.st-key-lab_curves .js-plotly-plot, .js-plotly-plot')._fullLayout.xaxis.type"
    )
    toggle = ".st-key-lab_log_steps label"
    slider = '[class*="_latent_dim"] [role="group"]'
    return {
        "logarithmic steps": (
            lambda page, n: click(page, toggle, f"{axis} === '{'linear' if n % 2 else 'log'}'", across=0.1),
        ),
        "a setting, and undo": (
            lambda page, n: click(
                page, slider, f"{text_of(START)}.includes('Start fresh')", across=0.3 + 0.04 * (n % 10)
            ),
            lambda page, n: click(
                page, ".st-key-lab_undo button", f"!{text_of(START)}.includes('Start fresh')"
            ),
        ),
        "Pause": (lambda page, n: click(page, PAUSE, f"{text_of(START)}.includes('Go on')"),),
        "Go on": (lambda page, n: click(page, START, f"!document.querySelector('{PAUSE}').disabled"),),
    }


def measure_clicks(page: Page, server: Server) -> list[Row]:
    """The time until a click is answered, over all controls and for each kind."""
    begin(page, server, seed=2000)
    page.wait_for_timeout(1000 * SETTLE_S)
    waited: dict[str, list[float]] = {name: [] for name in controls()}
    for number in range(CLICK_ROUNDS):
        for name, clicks in controls().items():
            for press in clicks:
                waited[name].append(press(page, number))
                page.wait_for_timeout(350 + 53 * (number % 7))  # at another moment of the tick each time
    end(page)
    every = [value for values in waited.values() for value in values]
    median, late = statistics.median(every), quantile(every, 0.95)
    rows = [
        Row(f"a click answered, median of {len(every)}", f"{median:.0f} ms", "100 ms", median <= 100),
        Row("a click answered, 95 %", f"{late:.0f} ms", "200 ms", late <= 200),
    ]
    for name, values in waited.items():
        found = f"{statistics.median(values):.0f} ms, 95 %: {quantile(values, 0.95):.0f} ms"
        rows.append(Row(f"  {name}", found, "", None))
    return rows


def measure_first_image(browser: Browser, server: Server) -> list[Row]:
    """From the navigation to the first decoded image, and to the first that a drag changes."""
    shown, dragged = [], []
    for _ in range(5):
        context = browser.new_context(viewport=SCREEN)
        page = context.new_page()
        page.goto(server.url, wait_until="commit")
        at, first = eventually(lambda page=page: page.evaluate(PICTURE), "the decoder shows an image")
        shown.append(at)
        slider = page.locator(".decoder input[type=range]").first
        box = slider.bounding_box() or {"x": 0, "y": 0, "width": 100, "height": 10}
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] / 2, y)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.8 * box["width"], y)

        def changed(page: Page = page, first: str = first) -> float | None:
            at, picture = page.evaluate(PICTURE)
            return at if picture != first else None

        dragged.append(eventually(changed, "the image follows the drag"))
        context.close()
    median = statistics.median(shown)
    return [
        Row("first decoded image after", spread(shown, "{:.0f}") + " ms", "1000 ms", median <= 1000),
        Row("first image that a drag changes after", spread(dragged, "{:.0f}") + " ms", "", None),
    ]


def measure_charts(browser: Browser, folder: Path) -> list[Row]:
    """Frames per second of a live chart of 5,000 points, on the page of components."""
    server = start(HARNESS, folder)
    try:
        found = chart_frames(browser, server, "points=5000")
    finally:
        stop(server)
    rate = frames_per_second(found["gaps"])
    words = f"{rate:.0f} frames/s, {found['mounts']} remounts, {found['blank']} blank"
    return [Row("live chart of 5,000 points", words, "50 frames/s", rate >= 50 and not found["mounts"])]


def main() -> None:
    """Measure what was asked for, and print the table."""
    parser = argparse.ArgumentParser(description="Measure the Train page while it trains.")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of windows with and without a page")
    parser.add_argument("--only", default="first,charts,clicks,speed", help="some of them, with commas")
    options = parser.parse_args()
    wanted = options.only.split(",")
    program = next((path for name in BROWSERS if name and (path := shutil.which(name))), None)
    if program is None:
        raise SystemExit("The benchmark needs Chromium or Google Chrome.")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copytree(
            ROOT / ".streamlit", folder / ".streamlit"
        )  # read from beside the script, else from here
        print(f"load average before: {load()}", flush=True)
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        try:
            if "charts" in wanted:
                rows += measure_charts(browser, folder)
            server = start(WATCHED, folder, env={"VAE_LAB_RUNS": str(folder / "runs")})
            try:
                context = browser.new_context(viewport=SCREEN)
                context.add_init_script(LONG_TASKS)
                page = context.new_page()
                if "first" in wanted:
                    rows += measure_first_image(browser, server)
                if "clicks" in wanted:
                    rows += measure_clicks(page, server)
                if "speed" in wanted:
                    rows += measure_speed(page, server, options.pairs)
            finally:
                stop(server)
        finally:
            browser.close()
        print(f"load average after:  {load()}\n")
    print(f"{'':42s} {'found':46s} {'bar':14s} met")
    for row in rows:
        print(row)


def load() -> str:
    """How busy the computer is, where it says so."""
    return " ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"


if __name__ == "__main__":
    main()
