"""The posterior instrument on the page of components, as tests handle it."""

import json
import re
from dataclasses import dataclass

import numpy as np
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Server, eventually
from tests.browser.pad_page import FRAMES
from tests.browser.traffic import Traffic

Shape = tuple[np.ndarray, np.ndarray]
"""Mean (2,) and covariance (2, 2)."""


@dataclass
class PosteriorPage:
    """The instrument as it stands open."""

    page: Page
    traffic: Traffic

    @classmethod
    def open(cls, page: Page, server: Server) -> "PosteriorPage":
        traffic = Traffic()
        traffic.watch(page)
        page.goto(f"{server.url}/?show=posterior")
        page.locator(".posterior .handle.centre").wait_for(timeout=60_000)
        page.get_by_text(re.compile("^hand")).wait_for()
        found = cls(page, traffic)
        found.map.scroll_into_view_if_needed()
        found.quiet()
        return found

    def part(self, selector: str) -> Locator:
        return self.page.locator(f".posterior {selector}")

    @property
    def map(self) -> Locator:
        return self.part(".map")

    def quiet(self) -> None:
        def still() -> bool:
            before = self.traffic.total
            self.page.wait_for_timeout(400)
            return self.traffic.total == before > 0

        eventually(still, "a quiet websocket")

    def frames(self, count: int = 2) -> None:
        self.page.evaluate(FRAMES, count)

    def handle(self, name: str) -> tuple[float, float]:
        box = self.part(f".handle.{name}").bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drawn(self, name: str = "hand") -> Shape:
        """Mean and covariance as the drawing says."""
        group = self.part(f"g[data-ellipse={name}]")
        texts = [group.get_attribute(f"data-{part}") or "" for part in ("centre", "axes", "angle")]
        centre, axes, (angle,) = ([float(number) for number in text.split()] for text in texts)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.array(centre), turn @ np.diag(np.square(axes)) @ turn.T

    def heard(self) -> tuple[np.ndarray, np.ndarray, int]:
        """Mean, covariance and count of moves as Python has them."""
        text = self.page.get_by_text(re.compile("^hand")).inner_text()
        mean, cov, moved = re.fullmatch(r"hand (\[.*?\]) (\[\[.*\]\]) moved (\d+)", text).groups()  # type: ignore[union-attr]
        return np.array(json.loads(mean)), np.array(json.loads(cov)), int(moved)

    def hears(self, moved: int) -> None:
        """Wait until Python has heard so many moves, and knows what is drawn."""
        eventually(lambda: self.heard()[2] == moved, f"Python hears move {moved}", patience_s=10)
        for told, seen in zip(self.heard()[:2], self.drawn(), strict=True):
            np.testing.assert_allclose(told, seen, atol=1e-8)

    def number(self, row: str) -> float:
        """A number of the hand's sum."""
        text = self.part(f".sum .{row} td").inner_text()
        return float(text.replace("≈", "").replace("−", "-"))

    def pull(self, name: str, dx: float, dy: float, steps: int = 5) -> None:
        """Take a handle and move it, without letting go."""
        x, y = self.handle(name)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for step in range(1, steps + 1):
            self.page.mouse.move(x + step * dx / steps, y + step * dy / steps)
            self.frames()

    def scale(self) -> float:
        """CSS pixels of one prior σ."""
        return float(self.part(".rings .inner").get_attribute("r") or "nan")
