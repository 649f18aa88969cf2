"""Measure how soon chapters can be used and follow: python tests/browser/bench_chapters.py [--rounds 5]

Opening: from the address to the first moment at which the question can be answered and the instrument stands,
in a fresh tab of a browser that has the app's files. Following: from the release of a control to the end of
the run that answers it.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.state.lessons import lessons  # noqa: E402
from tests.browser.bench_page import BROWSERS  # noqa: E402
from tests.browser.bench_plot import quantile  # noqa: E402
from tests.browser.conftest import BROWSER_FLAGS, start, stop  # noqa: E402

OPEN_BAR_MS = 2000.0
FOLLOW_BAR_MS = 200.0
# What stands last of an instrument, and a control of it that the arrow keys move; its release is the key's.
STANDS = {
    "likelihood": ".js-plotly-plot",
    "joints": ".js-plotly-plot",
    "bound": ".posterior .handle.centre",
    "objective": ".js-plotly-plot",
    "sampling": ".js-plotly-plot",
    "pixels": ".js-plotly-plot",
    "gaussians": ".gaussians",
    "forms": ".forms .row >> nth=7",
}
CONTROL = {"bound": ".posterior .handle.centre", "forms": ".forms input[type=range]"}
SLIDER = "[class*=_instrument] [data-testid=stSlider] input[type=range]"
# Milliseconds from a key's release to the end of the script's run that follows it.
FOLLOWED = """
() => {
  const app = document.querySelector('[data-testid=stApp]');
  window.followed = new Promise((done) => {
    let ran = false;
    let released = 0;
    const note = (event) => { released = event.timeStamp; };
    window.addEventListener('keyup', note, { capture: true, once: true });
    const watch = new MutationObserver(() => {
      const state = app.dataset.testScriptState;
      if (state === 'running') ran = true;
      if (state !== 'notRunning' || !ran || !released) return;
      watch.disconnect();
      requestAnimationFrame(() => done(performance.now() - released));
    });
    watch.observe(app, { attributes: true });
    setTimeout(() => done(null), 8000);
  });
}
"""


def opening(browser: Browser, url: str, slug: str, rounds: int) -> tuple[list[float], Page]:
    """Milliseconds of each opening, and the last page."""
    found, page = [], None
    context = browser.new_context(viewport={"width": 1280, "height": 1400}, bypass_csp=True)
    for _ in range(rounds):
        if page is not None:
            page.close()
        page = context.new_page()
        begun = time.perf_counter()
        page.goto(f"{url}/{slug}", wait_until="commit")
        page.get_by_role("button", name="Commit").wait_for(timeout=60_000)
        page.locator(STANDS[slug]).first.wait_for(timeout=60_000)
        found.append(1000 * (time.perf_counter() - begun))
        page.wait_for_timeout(1500)
    if page is None:
        raise ValueError("rounds must be 1 or more")
    return found, page


def following(page: Page, slug: str, rounds: int) -> list[float]:
    """Milliseconds from each release of a control to the end of the run that it begins."""
    control = page.locator(CONTROL.get(slug, SLIDER)).first
    if not control.count():
        return []
    control.scroll_into_view_if_needed()
    control.focus()
    found = []
    for turn in range(4 * rounds):
        page.evaluate(FOLLOWED)
        control.press(("ArrowRight", "ArrowLeft")[turn % 2])
        waited = page.evaluate("window.followed")
        found.append(float("inf") if waited is None else float(waited))
        page.wait_for_timeout(500)
    return found


def main() -> None:
    """Measure, and print a line for each chapter."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("chapters", nargs="*", help="Addresses, like bound; all when none is given.")
    given = options.parse_args()
    rounds, chosen = given.rounds, given.chapters
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start(ROOT / "app.py", Path(folder), env={"VAE_LAB_RUNS": str(Path(folder) / "runs")})
        path = next((place for place in map(_which, BROWSERS) if place), None)
        browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        try:
            for lesson in (one for one in lessons() if one.slug in chosen or not chosen):
                opened, page = opening(browser, server.url, lesson.slug, rounds)
                followed = following(page, lesson.slug, rounds)
                page.context.close()
                _say(f"{lesson.number} · {lesson.title}", opened, followed)
        finally:
            browser.close()
            stop(server)


def _which(name: str) -> str | None:
    return shutil.which(name) if name else None


def _say(name: str, opened: list[float], followed: list[float]) -> None:
    line = (
        f"{name:56s} open: first {opened[0]:5.0f}, median {statistics.median(opened):5.0f} ms "
        f"{'yes' if statistics.median(opened) <= OPEN_BAR_MS else 'NO '}"
    )
    if followed:
        middle = statistics.median(followed)
        line += (
            f"   follow: median {middle:4.0f}, 95 % {quantile(followed, 0.95):4.0f} ms "
            f"{'yes' if middle <= FOLLOW_BAR_MS else 'NO'}"
        )
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
