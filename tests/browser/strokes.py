"""A hand that moves over a square of a page, and what the page sees of it: paints, frames, long tasks."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, sin

from playwright.sync_api import Page

from tests.browser.bench_plot import quantile
from tests.browser.traffic import Traffic

MOVES = 240
WARM_UP = 40
# A little longer than a frame: the moves fall on all moments of it, for the pad and the empty canvas alike.
BEAT_S = 0.0178

# From the event's own time stamp to the task after the frame in which it was answered; gaps between frames.
WATCH = """
() => {
  const watch = window.watch = { paints: [], gaps: [], long: [], last: 0 };
  window.addEventListener('pointermove', (event) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => watch.paints.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(0);
  }), true);
  const frame = (now) => {
    if (watch.last) watch.gaps.push(now - watch.last);
    watch.last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => watch.long.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: 'longtask' });
}
"""
FORGET = (
    "() => { const { watch } = window; watch.paints.length = watch.gaps.length = watch.long.length = 0; }"
)
TAKE = "() => { const { paints, gaps, long } = window.watch; return { paints, gaps, long }; }"


@dataclass
class Found:
    """What was measured of one thing over all rounds."""

    paints: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)
    messages: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.paints)

    @property
    def late(self) -> float:
        return quantile(self.paints, 0.95)

    def take(self, page: Page) -> None:
        """Add what the page has seen since it forgot."""
        seen = page.evaluate(TAKE)
        self.paints += seen["paints"]
        self.gaps += seen["gaps"]
        self.long += seen["long"]

    def __str__(self) -> str:
        return f"{self.median:.1f} ms, 95 %: {self.late:.1f} ms ({len(self.paints)} moves)"


def path(count: int) -> Iterator[tuple[float, float]]:
    """A hand's way over the middle of a square, each place in [-0.36, 0.36]²."""
    for n in range(count):
        yield 0.36 * sin(0.050 * n), 0.36 * cos(0.083 * n + 0.4)


def move(page: Page, box: tuple[float, float, float], count: int) -> None:
    """Move the pointer over a square (left, top, side) at about the display's rate."""
    left, top, side = box
    due = time.perf_counter()
    for x, y in path(count):
        page.mouse.move(left + side * (0.5 + x), top + side * (0.5 + y))
        due = max(due + BEAT_S, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))


def drag(page: Page, box: tuple[float, float, float], traffic: Traffic, found: Found) -> None:
    """Drag over a square, and add to what was found."""
    left, top, side = box
    x, y = next(path(1))
    page.mouse.move(left + side * (0.5 + x), top + side * (0.5 + y))
    page.mouse.down()
    move(page, box, WARM_UP)
    before = traffic.total
    page.evaluate(FORGET)
    move(page, box, MOVES)
    found.take(page)
    found.messages += traffic.total - before
    page.mouse.up()
    page.wait_for_timeout(300)


def square(page: Page, selector: str) -> tuple[float, float, float]:
    """Left, top and side of an element."""
    page.locator(selector).first.scroll_into_view_if_needed()
    box = page.locator(selector).first.bounding_box()
    if box is None:
        raise RuntimeError(f"{selector} can't be seen.")
    return box["x"], box["y"], min(box["width"], box["height"])
