"""Take the README's pictures: start the app, train for a moment, photograph the page, light and dark.

Run it with ``make pictures``. It writes train-light.png and train-dark.png beside itself.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
BROWSERS = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
TRAIN_FOR_S = 12.0
START_WITHIN_S = 60.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_served(address: str) -> None:
    """Return when the app answers.

    Raises:
        RuntimeError: It does not within a minute.
    """
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"The app did not answer within {START_WITHIN_S:.0f} s.")


def photograph(address: str, theme: str, target: Path) -> None:
    """Open the first page in one theme, train for some seconds, and save what is seen."""
    program = next(path for name in BROWSERS if name and (path := shutil.which(name)))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=theme)
        page.goto(address)
        page.get_by_role("button", name="Start").first.click()
        page.wait_for_timeout(TRAIN_FOR_S * 1000)
        page.screenshot(path=target)
        browser.close()


def main() -> None:
    """Take both pictures."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(HERE.parent / "app.py")]
    options = ["--server.headless", "true", "--server.address", "127.0.0.1", "--server.port", str(port)]
    server = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)
    try:
        wait_until_served(address)
        for theme in ("light", "dark"):
            photograph(address, theme, HERE / f"train-{theme}.png")
    finally:
        server.terminate()
        server.wait(timeout=30)


if __name__ == "__main__":
    main()
