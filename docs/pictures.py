"""Take the README's pictures from the app itself: start it, train, photograph what a visitor sees.

Run it with ``make pictures``. It writes PNG files beside itself: the Train page while a run trains, light,
dark and on a phone, and the decoder under a hand that drags a latent dimension; the Latent space page with a
drawn digit, light and dark; the Latent walk page; the Jensen gap page, that of the decoders, the plane of a
sweep, a chapter, the theorems and the bug museum, in both.
"""

import io
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
BROWSERS = (
    os.environ.get("CHROMIUM", ""),
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
SCREEN = {"width": 1280, "height": 1000}
TALL = {"width": 1280, "height": 1240}
WHOLE = {"width": 1280, "height": 2450}
PHONE = {"width": 390, "height": 844}
MOST_BYTES = 450_000
TRAINED_STEPS = 1200
PATIENCE_S = 120.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Callable[[], bool], what: str) -> None:
    """Return when the answer is yes.

    Raises:
        RuntimeError: It is not within two minutes.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not question():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Waited {PATIENCE_S:.0f} s in vain: {what}.")
        time.sleep(0.2)


def is_served(address: str) -> bool:
    """Whether the app answers."""
    try:
        with urlopen(f"{address}/_stcore/health", timeout=2):
            return True
    except (URLError, OSError):
        return False


def steps_trained(page: Page) -> int:
    """The step in the status line."""
    line = page.query_selector(".lab-number")
    return int(line.inner_text().split("/")[0].replace(",", "")) if line else 0


def open_page(browser: Browser, address: str, *, theme: str, size: dict[str, int], sharp: int) -> Page:
    """Open the first page and wait until it is drawn."""
    page = browser.new_page(viewport=size, color_scheme=theme, device_scale_factor=sharp)
    page.goto(address)
    page.locator(".decoder canvas[aria-label]").wait_for(timeout=1000 * PATIENCE_S)
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=1000 * PATIENCE_S)
    page.wait_for_timeout(1500)
    return page


def save(page: Page, name: str, **what: object) -> None:
    """Photograph the page, and save it as a small PNG file.

    Raises:
        RuntimeError: It is too large for a README.
    """
    shot = Image.open(io.BytesIO(page.screenshot(**what))).convert("RGB")
    target = HERE / name
    shot.save(target, optimize=True)  # all colours: a palette would turn thin violet lines grey
    size = target.stat().st_size
    if size > MOST_BYTES:
        raise RuntimeError(f"{name} has {size:,} bytes; a README's picture has at most {MOST_BYTES:,}.")
    print(f"{name}: {shot.width} x {shot.height}, {size / 1000:.0f} kB")


def training(page: Page, *, until: int, name: str) -> None:
    """The Train page while a run trains."""
    page.get_by_role("button", name="Start", exact=True).click()
    wait_for(lambda: steps_trained(page) >= until, "the run makes its steps")
    page.mouse.move(700, 12)  # away from tooltips
    page.wait_for_timeout(600)
    save(page, name)
    stop = page.get_by_role("button", name="Stop", exact=True).first
    if stop.is_enabled():
        stop.click()  # the next run shall have the computer to itself
    page.wait_for_timeout(1500)
    page.context.close()


def dragging(browser: Browser, address: str) -> None:
    """The decoder of the shipped model, in the middle of a drag."""
    page = open_page(browser, address, theme="light", size=SCREEN, sharp=2)
    slider = page.locator(".decoder input[type=range]").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assembly = page.locator(".decoder").first.bounding_box()
    if box is None or assembly is None:
        raise RuntimeError("The decoder can't be seen.")
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    for share in (0.45, 0.4, 0.35, 0.3):
        page.mouse.move(box["x"] + share * box["width"], middle)
        page.wait_for_timeout(60)
    clip = {
        "x": assembly["x"] - 12,
        "y": assembly["y"] - 12,
        "width": assembly["width"] + 24,
        "height": assembly["height"] + 24,
    }
    save(page, "decoder.png", clip=clip)
    page.mouse.up()
    page.context.close()


def latent_space(browser: Browser, address: str, *, theme: str) -> None:
    """The Latent space page: a digit that was drawn, and the pointer over the map."""
    page = browser.new_page(viewport=TALL, color_scheme=theme)
    page.goto(f"{address}/latent")
    page.locator(".pad .answers canvas[aria-label]").wait_for(timeout=1000 * PATIENCE_S)
    page.locator(".pad .chip").first.wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_text("Aggregate posterior").wait_for(timeout=1000 * PATIENCE_S)
    board = page.locator(".draw canvas").first.bounding_box()
    if board is None:
        raise RuntimeError("The drawing board can't be seen.")
    stroke = ((0.3, 0.3), (0.62, 0.24), (0.66, 0.42), (0.48, 0.5), (0.68, 0.6), (0.6, 0.8), (0.32, 0.76))
    places = [(board["x"] + x * board["width"], board["y"] + y * board["height"]) for x, y in stroke]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    page.get_by_text("Your drawing costs").wait_for(timeout=1000 * PATIENCE_S)
    for _ in range(11):
        page.get_by_role("button", name="Draw ε").click()
        page.wait_for_timeout(250)
    chart = page.locator(".pad .map").bounding_box()
    if chart is None:
        raise RuntimeError("The map can't be seen.")
    for share in (0.2, 0.21):
        page.mouse.move(chart["x"] + share * chart["width"], chart["y"] + 0.22 * chart["height"])
    page.wait_for_timeout(800)
    save(page, f"latent-{theme}.png")
    page.context.close()


def latent_walk(browser: Browser, address: str) -> None:
    """The Latent walk page, with the playhead in the middle."""
    page = browser.new_page(viewport=TALL, color_scheme="light")
    page.goto(f"{address}/walk")
    page.locator(".film canvas").first.wait_for(timeout=1000 * PATIENCE_S)
    page.locator(".pad .pin").first.wait_for(timeout=1000 * PATIENCE_S)
    page.wait_for_timeout(5000)
    save(page, "walk-light.png")
    page.context.close()


def jensen_gap(browser: Browser, address: str, *, theme: str) -> None:
    """The Jensen gap page: the image with the widest gap, once everything about it is measured."""
    page = browser.new_page(viewport=TALL, color_scheme=theme)
    page.goto(f"{address}/gap")
    widest = page.locator(".picks button").first
    widest.wait_for(timeout=1000 * PATIENCE_S)
    name = (widest.get_attribute("aria-label") or "").split(":")[0].capitalize()
    widest.click()
    page.locator(".lab-headline", has_text=f"{name}: the ELBO lies").wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_text("for estimating p(x)").wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_role("button", name="Fit q").click()
    page.locator(".posterior .verdict", has_text="stay").wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.wait_for_timeout(3000)
    save(page, f"gap-{theme}.png")
    page.context.close()


def decoders(browser: Browser, address: str, *, theme: str) -> None:
    """The page of decoders, with z where a hand has left it, down to what can be compared."""
    page = browser.new_page(viewport=WHOLE, color_scheme=theme)
    page.goto(f"{address}/decoders")
    page.locator("table.lab-twins").first.wait_for(timeout=1000 * PATIENCE_S)
    pad = page.locator(".pad .map").first
    pad.wait_for(timeout=1000 * PATIENCE_S)
    page.wait_for_timeout(3000)
    chart = pad.bounding_box()
    if chart is None:
        raise RuntimeError("The map can't be seen.")
    page.mouse.move(chart["x"] + 0.5 * chart["width"], chart["y"] + 0.5 * chart["height"])
    page.mouse.down()
    page.mouse.move(chart["x"] + 0.4 * chart["width"], chart["y"] + 0.37 * chart["height"], steps=8)
    page.mouse.up()
    page.mouse.move(5, 5)
    page.wait_for_timeout(3000)
    save(page, f"decoders-{theme}.png")
    page.context.close()


def all_betas(browser: Browser, address: str, *, theme: str) -> None:
    """The rate-distortion plane of a shipped sweep, with the run at hand."""
    page = browser.new_page(viewport=TALL, color_scheme=theme)
    page.goto(f"{address}/balance?sweep=digits")
    page.locator(".lab-plane canvas").wait_for(timeout=1000 * PATIENCE_S)
    page.locator('[data-testid="stButtonGroup"] button').filter(has_text=re.compile("^Gaussian$")).click()
    page.wait_for_timeout(4000)
    save(page, f"sweep-{theme}.png")
    page.context.close()


def chapter(browser: Browser, address: str, *, theme: str) -> None:
    """The chapter on the forms of the ELBO, with a share that was dragged."""
    page = browser.new_page(viewport=TALL, color_scheme=theme)
    page.goto(f"{address}/forms")
    slider = page.locator(".forms input[type=range]")
    slider.wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_text("All eight agree").click()
    page.get_by_role("button", name="Commit").click()
    page.get_by_text("As you said").wait_for(timeout=1000 * PATIENCE_S)
    slider.focus()
    for _ in range(12):
        slider.press("ArrowRight")
    page.wait_for_timeout(2000)
    save(page, f"chapter-{theme}.png")
    page.context.close()


def museum(browser: Browser, address: str, *, theme: str) -> None:
    """A bug beside its sound twin, once both have trained."""
    page = browser.new_page(viewport=TALL, color_scheme=theme)
    page.goto(f"{address}/museum?bug=2")
    page.locator(".lab-codes").wait_for(timeout=1000 * PATIENCE_S)
    page.get_by_test_id("stRadio").locator("label").nth(1).click()
    page.get_by_role("button", name="Commit and run both").click()
    page.get_by_text("✗ fails").first.wait_for(timeout=1000 * PATIENCE_S)
    page.wait_for_timeout(1500)
    save(page, f"museum-{theme}.png")
    page.context.close()


def theorems(browser: Browser, address: str, *, theme: str) -> None:
    """The theorems on the model that opens first, one of them broken."""
    page = browser.new_page(viewport=TALL, color_scheme=theme)
    page.goto(f"{address}/theorems")
    page.locator(".lab-claim").first.wait_for(timeout=1000 * PATIENCE_S)
    wait_for(lambda: not page.get_by_text("measuring", exact=True).count(), "all theorems are measured")
    page.get_by_role("button", name="Break it").nth(1).click()
    page.get_by_text("✗ fails").wait_for(timeout=1000 * PATIENCE_S)
    page.mouse.move(5, 5)
    page.wait_for_timeout(1000)
    save(page, f"theorems-{theme}.png")
    page.context.close()


def main() -> None:
    """Take all pictures."""
    program = next((path for name in BROWSERS if name and (path := shutil.which(name))), None)
    if program is None:
        raise SystemExit(
            "The pictures need Chromium or Google Chrome; make pictures installs it where it can."
        )
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(HERE.parent / "app.py")]
    options = ["--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(port)]
    with tempfile.TemporaryDirectory() as runs, sync_playwright() as play:
        server = subprocess.Popen(
            [*command, *options], stdout=subprocess.DEVNULL, env={**os.environ, "VAE_LAB_RUNS": runs}
        )
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            wait_for(lambda: is_served(address), "the app answers")
            dragging(browser, address)
            for theme in ("light", "dark"):
                latent_space(browser, address, theme=theme)
            latent_walk(browser, address)
            for theme in ("light", "dark"):
                jensen_gap(browser, address, theme=theme)
                decoders(browser, address, theme=theme)
                all_betas(browser, address, theme=theme)
                chapter(browser, address, theme=theme)
                theorems(browser, address, theme=theme)
                museum(browser, address, theme=theme)
            light = open_page(browser, address, theme="light", size=SCREEN, sharp=1)
            training(light, until=TRAINED_STEPS, name="train-light.png")
            # another seed: the same run twice would be one, and over
            dark = open_page(browser, f"{address}/?seed=1", theme="dark", size=SCREEN, sharp=1)
            training(dark, until=TRAINED_STEPS, name="train-dark.png")
            phone = open_page(browser, f"{address}/?seed=2", theme="light", size=PHONE, sharp=2)
            training(phone, until=TRAINED_STEPS // 2, name="train-phone.png")
        finally:
            browser.close()
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    main()
