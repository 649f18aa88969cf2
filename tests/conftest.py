"""What every test shares: one torch thread, and the browser's place."""

import os
import shutil
from pathlib import Path

import pytest
import torch

# Small models: a second thread costs more than it gives, and a fixed number keeps the bits the same.
torch.set_num_threads(1)

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)

FOLDERS = ("browser", "pages", "core", "figures")  # those with the longest files first


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, those that drive the whole app at the head, lest one worker ends long after all."""
    drives_app = {item.path for item in items if "app" in getattr(item, "fixturenames", ())}
    folders = {name: place for place, name in enumerate(FOLDERS)}

    def place(path: Path) -> tuple[bool, int]:
        return path not in drives_app, folders.get(path.parent.name, len(FOLDERS))

    items.sort(key=lambda item: place(item.path))


@pytest.fixture(scope="session")
def browser_program() -> str:
    """The path of the system's Chromium or Chrome, as tests/install_browser.sh finds it."""
    for name in (os.environ.get("CHROMIUM", ""), *BROWSERS):
        path = shutil.which(name) if name else None
        if path:
            return path
    raise RuntimeError("The browser tests need Chromium or Google Chrome: make test installs one.")
