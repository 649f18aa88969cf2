"""What every test of the pages shares: an engine of its own, with its checkpoints in a folder of the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pages.state.engine import shared_engine


@pytest.fixture(autouse=True)
def own_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep one test's runs out of the next one's, and out of the user's own folder."""
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    shared_engine.clear()
    yield
    shared_engine().close()
    shared_engine.clear()
