"""Measure the live components in a real browser: python tests/browser/bench_plot.py

Charts: frames per second, gaps and remounts while 300 or 5,000 points change four times a second, our live
chart beside st.plotly_chart in the same run. Decoder: milliseconds a decode, and from a pointer event to the
frame that shows it.
"""

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.browser.conftest import BROWSER_FLAGS, HARNESS, Server, start, stop  # noqa: E402

SECONDS = 10

FRAMES = """
(seconds) => new Promise((done) => {
  const chart = () => document.querySelector('.js-plotly-plot .main-svg');
  const gaps = [];
  let mounts = 0, blank = 0, last = performance.now(), node = chart();
  const end = last + 1000 * seconds;
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    const current = chart();
    if (!current) blank++;
    else if (current !== node) { mounts++; node = current; }
    now < end ? requestAnimationFrame(frame) : done({ gaps, mounts, blank });
  };
  requestAnimationFrame(frame);
})
"""

DECODES = """
async () => {
  const { Decoder } = await import('/assets/components/decoder/decoder.js');
  const { pack } = window;
  const raw = atob(pack);
  const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
  const decoder = new Decoder(bytes);
  const times = [];
  for (let round = 0; round < 40; round++) {
    const began = performance.now();
    for (let n = 0; n < 25; n++) decoder.decode([Math.sin(n + round), Math.cos(n)]);
    times.push((performance.now() - began) / 25);
  }
  return times.slice(10);
}
"""

# From the event's own time stamp to the task after the frame in which it was drawn.
PAINTS = """
() => {
  window.paints = [];
  const root = document.querySelector('.decoder') ?? [...document.querySelectorAll('*')]
    .map((node) => node.shadowRoot?.querySelector('.decoder')).find(Boolean);
  root.addEventListener('input', (event) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => window.paints.push(performance.now() - event.timeStamp);
      channel.port2.postMessage(0);
    });
  }, true);
}
"""


def quantile(values: list[float], share: float) -> float:
    """The value that a share of all values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def chart_frames(browser: Browser, server: Server, query: str) -> dict[str, Any]:
    """Watch one live chart: `gaps` between frames in ms, `mounts` and `blank` frames."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{server.url}/?show=plot&live=1&{query}")
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=60_000)
    time.sleep(3)
    found = page.evaluate(FRAMES, SECONDS)
    page.close()
    return dict(found)


def frames_per_second(gaps: list[float]) -> float:
    """The mean rate of frames with these gaps in ms."""
    return 1000 * len(gaps) / sum(gaps)


def measure_chart(browser: Browser, server: Server, query: str) -> str:
    """Frames per second and remounts of one live chart, in words."""
    found = chart_frames(browser, server, query)
    gaps = found["gaps"]
    return (
        f"{frames_per_second(gaps):5.1f} fps   worst gap {max(gaps):5.0f} ms   "
        f"95 % of gaps below {quantile(gaps, 0.95):5.1f} ms   {found['mounts']:3d} remounts   "
        f"{found['blank']:3d} blank frames"
    )


def measure_decode(page: Page) -> str:
    """Milliseconds of one 2-400-784 decode in the browser."""
    import base64

    from pages.components.carrier import pack_decoder
    from tests.browser.harness.models import random_snapshot

    packed = base64.b64encode(pack_decoder(random_snapshot())).decode()
    page.evaluate("text => { window.pack = text; }", packed)
    times = page.evaluate(DECODES)
    return f"{statistics.median(times):.3f} ms a decode (95 %: {quantile(times, 0.95):.3f})"


def measure_drag(page: Page) -> str:
    """From a pointer event to the frame that shows it, over a drag of 200 moves."""
    slider = page.locator(".decoder input[type=range]").first
    box = slider.bounding_box() or {"x": 0, "y": 0, "width": 100, "height": 10}
    y = box["y"] + box["height"] / 2
    page.evaluate(PAINTS)
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for step in range(200):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.4 * ((step % 50) / 50 - 0.5)), y)
    page.mouse.up()
    page.wait_for_timeout(200)
    paints = page.evaluate("window.paints")
    return (
        f"event to paint {statistics.median(paints):.1f} ms (95 %: {quantile(paints, 0.95):.1f}; "
        f"{len(paints)} moves)"
    )


def main() -> None:
    """Run all measurements and print them."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("The benchmark needs Chromium or Google Chrome.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = start(HARNESS, Path(folder))
        browser = playwright.chromium.launch(executable_path=program, args=BROWSER_FLAGS)
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{server.url}/?show=decoder")
            page.locator(".decoder canvas[aria-label]").wait_for(timeout=60_000)
            print("decoder 2-400-784      ", measure_decode(page))
            print("slider                 ", measure_drag(page))
            page.close()
            for points in (300, 5000):
                for name, query in (("live chart", ""), ("st.plotly_chart", "&native=1")):
                    print(
                        f"{name:16s}{points:6d} ", measure_chart(browser, server, f"points={points}{query}")
                    )
        finally:
            browser.close()
            stop(server)


if __name__ == "__main__":
    main()
