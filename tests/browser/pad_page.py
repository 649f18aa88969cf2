"""A pad on the page of components, as tests and the benchmark handle it."""

import base64
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Locator, Page

from tests.browser.conftest import Server, eventually
from tests.browser.traffic import Traffic
from vae_core.training.snapshot import Snapshot

PIXELS = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return Array.from({ length: data.length / 4 }, (_, n) => data[4 * n]);
}
"""

# As text: a list of 300,000 numbers takes seconds to cross.
ALPHA = """
(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let text = '';
  for (let n = 3; n < data.length; n += 4) text += String.fromCharCode(data[n]);
  return btoa(text);
}
"""

FRAMES = "n => new Promise(done => { const f = () => n-- > 0 ? requestAnimationFrame(f) : done(); f(); })"


@dataclass
class PadPage:
    """One pad that stands open, the first or another of its page."""

    page: Page
    traffic: Traffic
    number: int = 0

    @classmethod
    def open(cls, page: Page, server: Server, query: str = "") -> "PadPage":
        """Open the page of components, and wait until the pad shows an image and Python has answered."""
        traffic = Traffic()
        traffic.watch(page)
        page.goto(f"{server.url}/?show=pad&{query}")
        page.locator(".pad .answers canvas[aria-label]").first.wait_for(timeout=60_000)
        page.get_by_text(re.compile("^heard")).wait_for()
        pad = cls(page, traffic)
        pad.map.scroll_into_view_if_needed()
        pad.quiet()
        return pad

    def another(self, number: int) -> "PadPage":
        return PadPage(self.page, self.traffic, number)

    # ---- parts ------------------------------------------------------------------------------------

    @property
    def root(self) -> Locator:
        return self.page.locator(".pad").nth(self.number)

    def part(self, selector: str) -> Locator:
        return self.root.locator(selector)

    @property
    def map(self) -> Locator:
        return self.part(".map")

    @property
    def sliders(self) -> Locator:
        return self.part(".rows input[type=range]")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def layer(self, name: str) -> Locator:
        return self.part(f".layer[data-layer={name}]")

    # ---- what a visitor sees -----------------------------------------------------------------------

    def image(self, number: int = 0) -> list[int]:
        """The grey levels of a decoder's screen."""
        return list(self.part(".answers canvas").nth(number).evaluate(PIXELS))

    def ground(self) -> np.ndarray:
        """The opacity of each pixel of the map's ground, (H, W)."""
        text = self.part(".ground").evaluate(ALPHA)
        alpha = np.frombuffer(base64.b64decode(text), np.uint8).astype(int)
        side = int(len(alpha) ** 0.5)
        return alpha.reshape(side, side)

    def painted(self, what: str) -> np.ndarray:
        """The opacity of the ground once there is something on it."""
        eventually(lambda: self.ground().any(), f"{what} is drawn")
        return self.ground()

    def z(self) -> list[float]:
        """Where the sliders stand: z, as far as it is within their range."""
        return list(self.sliders.evaluate_all("inputs => inputs.map((input) => input.valueAsNumber)"))

    def frames(self, count: int = 2) -> None:
        """Let the browser draw."""
        self.page.evaluate(FRAMES, count)

    # ---- what Python heard ---------------------------------------------------------------------------

    def text(self, begins: str) -> str:
        return self.page.get_by_text(re.compile(f"^{begins}")).first.inner_text()

    def heard(self) -> list[float]:
        return [float(number) for number in self.text("heard").split()[1:]]

    def hears(self, z: list[float], *, patience_s: float = 10.0) -> None:
        """Wait until Python has heard a code."""

        def close() -> bool:
            heard = self.heard()
            return len(heard) == len(z) and bool(np.allclose(heard, z, atol=2e-4))

        eventually(close, f"Python hears {z}", patience_s=patience_s)

    def quiet(self) -> None:
        """Wait until nothing has crossed the websocket for a while."""

        def still() -> bool:
            before = self.traffic.total
            self.page.wait_for_timeout(400)
            return self.traffic.total == before > 0

        eventually(still, "a quiet websocket")

    # ---- where things are ------------------------------------------------------------------------------

    def ring(self) -> tuple[float, float, float]:
        """The prior at 1 σ as it is drawn, CSS pixels of the map: its middle and its radius."""
        ring = self.part(".rings .inner").first
        if ring.get_attribute("r") is None:  # in one dimension, two lines
            left, right = map(float, re.findall(r"M(\S+) 0V", ring.get_attribute("d") or ""))
            return (left + right) / 2, float("nan"), (right - left) / 2
        x, y, radius = (float(ring.get_attribute(name) or "nan") for name in ("cx", "cy", "r"))
        return x, y, radius

    def scale(self) -> float:
        """CSS pixels of one prior σ."""
        return self.ring()[2]

    def origin(self) -> tuple[float, float]:
        """Where the prior's mean is on the map, CSS pixels."""
        x, y, _ = self.ring()
        return x, y

    def corner(self) -> tuple[float, float]:
        """The upper left corner of the map on the page, inside its border."""
        box = self.map.bounding_box()
        assert box
        return box["x"] + 1, box["y"] + 1

    def at(self, a: float, b: float) -> tuple[float, float]:
        """Where a place of the plane is on the page."""
        (left, top), (x, y), scale = self.corner(), self.origin(), self.scale()
        return left + x + a * scale, top + y - b * scale

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Which place of the plane is here on the page."""
        (left, top), (x0, y0), scale = self.corner(), self.origin(), self.scale()
        return (x - left - x0) / scale, (top + y0 - y) / scale

    def cursor(self) -> tuple[float, float]:
        """Where z stands, on the plane."""
        box = self.part(".cursor .disc").evaluate(
            "disc => { const box = disc.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; }"
        )
        return self.place(*box)


def decoded(snapshot: Snapshot, z: Any) -> np.ndarray:
    """What PyTorch decodes a code to, in grey levels, (D,)."""
    with torch.no_grad():
        mean = snapshot.model().decode(torch.tensor([list(z)], dtype=torch.float32)).mean[0]
    return np.clip(255 * mean.numpy(), 0, 255)
