"""What every test of the pages shares: an engine and a desk of sweeps of its own, in a folder of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.state.engine import shared_engine
from pages.state.sweeps import desk


@pytest.fixture(autouse=True)
def own_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep one test's runs out of the next one's, and out of the user's own folder."""
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    shared_engine.clear()
    desk.clear()
    yield
    desk().close()
    desk.clear()
    shared_engine().close()
    shared_engine.clear()
