"""Measure the latent pad under a real pointer: python tests/browser/bench_pad.py [--rounds 3] [--only drag]

Server and browser share the computer's cores, as they do at home. Each number stands beside its bar:

- drag: milliseconds a decode; from a pointer event's own time stamp to the task after the frame that answers
  it, of the pad and of an empty canvas component, in turn, by the same few lines; frames per second; messages
  over the websocket between press and release;
- train: the same while a model trains in the server;
- manifold: from the click to the frame that shows 20 × 20 images; the longest gap between frames meanwhile;
- points: the longest task while a map of 10,000 points is panned, zoomed and hovered;
- app: event to paint on the app's own page, while its model trains and its map is live.
"""

import argparse
import base64
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.components.carrier import pack_decoder  # noqa: E402
from tests.browser.bench_page import BROWSERS, SCREEN, WATCHED, Row, begin, load, run_in  # noqa: E402
from tests.browser.bench_plot import DECODES, frames_per_second, quantile  # noqa: E402
from tests.browser.conftest import BROWSER_FLAGS, HARNESS, Server, eventually, start, stop  # noqa: E402
from tests.browser.harness.models import random_snapshot  # noqa: E402
from tests.browser.pad_page import PadPage  # noqa: E402
from tests.browser.strokes import (  # noqa: E402
    FORGET,
    MOVES,
    TAKE,
    WATCH,
    Found,
    drag,
    move,
    square,
)
from tests.browser.traffic import Traffic  # noqa: E402
from vae_core.training.shipped import load_shipped  # noqa: E402

SHIPPED = "binary-digits-2d"
MEDIAN_EXCESS, LATE_EXCESS = 3.0, 6.0

# From the next click to the task after the frame in which a corner of the map is covered.
COVERED = """
(map) => {
  const ground = map.querySelector('.ground').getContext('2d', { willReadFrequently: true });
  window.covered = new Promise((done) => window.addEventListener('click', (event) => {
    const look = () => {
      if (ground.getImageData(1, 1, 1, 1).data[3] < 255) return void requestAnimationFrame(look);
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    };
    requestAnimationFrame(look);
  }, { capture: true, once: true }));
}
"""


def drag_empty(page: Page, server: Server, found: Found) -> None:
    """The empty canvas."""
    traffic = Traffic()
    traffic.watch(page)
    page.goto(f"{server.url}/?show=empty")
    page.locator(".empty").wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    page.evaluate(WATCH)
    drag(page, square(page, ".empty"), traffic, found)


def drag_pad(page: Page, server: Server, query: str, found: Found) -> None:
    """The pad."""
    pad = PadPage.open(page, server, query)
    page.wait_for_timeout(600)
    page.evaluate(WATCH)
    drag(page, square(page, ".pad .map"), pad.traffic, found)


def in_turn(browser: Browser, server: Server, queries: dict[str, str], rounds: int) -> dict[str, Found]:
    """Drag over the empty canvas and over each pad, in turn and each round on fresh pages."""
    found = {name: Found() for name in ("empty", *queries)}
    for number in range(rounds):
        for name in found if number % 2 else reversed(list(found)):
            page = browser.new_page(viewport=SCREEN)
            if name == "empty":
                drag_empty(page, server, found[name])
            else:
                drag_pad(page, server, queries[name], found[name])
            page.close()
    return found


def excess(name: str, pad: Found, empty: Found, times: int = 1) -> list[Row]:
    """Rows of what a pad takes beyond an empty canvas, and of its frames and messages."""
    middle, late = pad.median - empty.median, pad.late - empty.late
    fps = frames_per_second(pad.gaps)
    bar, late_bar = times * MEDIAN_EXCESS, times * LATE_EXCESS
    return [
        Row(f"event to paint, {name}", str(pad), "", None),
        Row("  above the empty canvas, median", f"{middle:+.1f} ms", f"{bar:.0f} ms", middle <= bar),
        Row("  above the empty canvas, 95 %", f"{late:+.1f} ms", f"{late_bar:.0f} ms", late <= late_bar),
        Row("  frames per second", f"{fps:.1f}", "55", fps >= 55),
        Row("  messages from press to release", f"{pad.messages}", "0", pad.messages == 0),
    ]


def measure_decode(page: Page, server: Server) -> list[Row]:
    """Milliseconds of one 2-400-784 decode."""
    rows = []
    page.goto(f"{server.url}/_stcore/health")
    for name, snapshot in (("shipped", load_shipped(SHIPPED)), ("fresh", random_snapshot())):
        page.evaluate("text => { window.pack = text; }", base64.b64encode(pack_decoder(snapshot)).decode())
        times = page.evaluate(DECODES)
        median = statistics.median(times)
        words = f"{median:.2f} ms, 95 %: {quantile(times, 0.95):.2f} ms"
        rows.append(Row(f"a decode, {name} model", words, "1 ms", median <= 1))
    return rows


def measure_drags(browser: Browser, server: Server, rounds: int) -> list[Row]:
    """One decoder, shipped and fresh, and two, beside the empty canvas."""
    page = browser.new_page()
    rows = measure_decode(page, server)
    page.close()
    pads = {"shipped model": f"model={SHIPPED}", "fresh model": "", "two decoders": "decoders=2"}
    found = in_turn(browser, server, pads, rounds)
    empty = found.pop("empty")
    rows.append(Row("event to paint, empty canvas", str(empty), "", None))
    rows.append(Row("  frames per second", f"{frames_per_second(empty.gaps):.1f}", "", None))
    for name, pad in found.items():
        rows += excess(name, pad, empty, 2 if name == "two decoders" else 1)
    return rows


def measure_training(browser: Browser, server: Server, rounds: int) -> list[Row]:
    """The pad and the empty canvas while the server trains."""
    seconds = 60 + 30 * rounds
    page = browser.new_page()
    PadPage.open(page, server, f"train={seconds}")  # from now on, for so long
    page.close()
    found = in_turn(browser, server, {"pad": ""}, rounds)
    pad = found["pad"]
    fps = frames_per_second(pad.gaps)
    return [
        Row("empty canvas while the server trains", str(found["empty"]), "", None),
        Row("the pad while the server trains", str(pad), "", None),
        Row("  95 % in all", f"{pad.late:.1f} ms", "33 ms", pad.late <= 33),
        Row("  frames per second", f"{fps:.1f}", "", None),
        Row("  messages from press to release", f"{pad.messages}", "0", pad.messages == 0),
    ]


def measure_manifold(browser: Browser, server: Server, rounds: int) -> list[Row]:
    """20 × 20 images, the first of a page (its worker starts), and the next ones."""
    first, next_ones, gaps = [], [], []
    for _ in range(rounds):
        page = browser.new_page(viewport=SCREEN)
        pad = PadPage.open(page, server, f"model={SHIPPED}")
        pad.layer("points").click()
        page.wait_for_timeout(600)
        page.evaluate(WATCH)
        for number in range(5):
            pad.map.evaluate(COVERED)
            page.evaluate(FORGET)
            pad.layer("manifold").click()
            waited = page.evaluate("window.covered")
            (next_ones if number else first).append(waited)
            page.wait_for_timeout(100)
            gaps.append(max(page.evaluate(TAKE)["gaps"]))
            pad.layer("manifold").click()
            pad.button("Zoom out").click()  # another picture; the old one, drawn smaller, covers no corner
            page.wait_for_timeout(300)
        page.close()
    late = max(first + next_ones)
    return [
        Row("20 × 20 images, with the worker's start", spread(first), "200 ms", max(first) <= 200),
        Row("20 × 20 images, the next ones", spread(next_ones), "200 ms", late <= 200),
        Row("  longest gap between frames meanwhile", spread(gaps), "33 ms", max(gaps) <= 33.4),
    ]


def spread(values: list[float]) -> str:
    """Median and extremes, in ms."""
    return f"{statistics.median(values):.0f} ms ({min(values):.0f} to {max(values):.0f})"


def measure_points(browser: Browser, server: Server) -> list[Row]:
    """Hovering, panning and zooming a map of 10,000 points."""
    page = browser.new_page(viewport=SCREEN)
    pad = PadPage.open(page, server, "points=10000")
    page.wait_for_timeout(600)
    page.evaluate(WATCH)
    box = square(page, ".pad .map")
    rows = []

    def see(name: str, found: Found) -> None:
        worst = max(found.long, default=0)
        words = f"{worst:.0f} ms" if found.long else "none above 50 ms"
        rows.append(Row(f"10,000 points, longest task: {name}", words, "50 ms", worst <= 50))
        rows.append(Row("  frames per second", f"{frames_per_second(found.gaps):.1f}", "", None))
        rows.append(Row("  event to paint", str(found), "", None))

    page.evaluate(FORGET)
    move(page, box, MOVES)
    hovering = Found()
    hovering.take(page)
    see("hovering", hovering)

    pad.button("Drag the map").click()
    panning = Found()
    drag(page, box, pad.traffic, panning)
    see("panning", panning)
    pad.map.focus()
    page.mouse.move(box[0] + box[2] / 2, box[1] + box[2] / 2)
    page.evaluate(FORGET)
    for number in range(60):
        page.mouse.wheel(0, -40 if number % 20 < 10 else 40)
        page.mouse.move(box[0] + box[2] / 2 + number % 2, box[1] + box[2] / 2)
    zooming = Found()
    zooming.take(page)
    see("zooming", zooming)
    page.close()
    return rows


def measure_app(browser: Browser, folder: Path, rounds: int) -> list[Row]:
    """The app's own page, live, while its model trains."""
    server = start(WATCHED, folder, env={"VAE_LAB_RUNS": str(folder / "runs")})
    try:
        page = browser.new_page(viewport=SCREEN)
        trainer = begin(page, server, seed=3000)
        traffic = Traffic()
        traffic.watch(page)
        page.goto(f"{server.url}/latent?model=run:{run_in(page)}")
        page.locator(".pad .answers canvas[aria-label]").first.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        page.evaluate(WATCH)
        found, steps = Found(), trainer.progress()["step"]
        for _ in range(rounds):
            drag(page, square(page, ".pad .map"), traffic, found)
        trained = trainer.progress()["step"] - steps
        page.close()
    finally:
        stop(server)
    return [
        Row("the app's page, live, while it trains", str(found), "", None),
        Row("  95 % in all", f"{found.late:.1f} ms", "33 ms", found.late <= 33),
        Row("  frames per second", f"{frames_per_second(found.gaps):.1f}", "", None),
        Row("  longest task", f"{max(found.long, default=0):.0f} ms", "", None),
        Row("  steps trained, messages meanwhile", f"{trained:.0f}, {found.messages}", "", None),
    ]


def main() -> None:
    """Measure what was asked for, and print the table."""
    parser = argparse.ArgumentParser(description="Measure the latent pad under a real pointer.")
    parser.add_argument("--rounds", type=int, default=3, help="fresh pages of each kind")
    parser.add_argument("--only", default="drag,train,manifold,points,app", help="some of them, with commas")
    options = parser.parse_args()
    wanted = options.only.split(",")
    program = eventually(
        lambda: next((path for name in BROWSERS if name and (path := shutil.which(name))), None),
        "Chromium or Google Chrome",
        patience_s=0.1,
    )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
        print(f"load average before: {load()}", flush=True)
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        server = start(HARNESS, folder)
        try:
            if "drag" in wanted:
                rows += measure_drags(browser, server, options.rounds)
            if "manifold" in wanted:
                rows += measure_manifold(browser, server, options.rounds)
            if "points" in wanted:
                rows += measure_points(browser, server)
            if "train" in wanted:
                rows += measure_training(browser, server, options.rounds)
            stop(server)
            if "app" in wanted:
                rows += measure_app(browser, folder, options.rounds)
        finally:
            stop(server)
            browser.close()
        print(f"load average after:  {load()}\n")
    print(f"{'':42s} {'found':46s} {'bar':14s} met")
    for row in rows:
        print(row)


if __name__ == "__main__":
    main()
