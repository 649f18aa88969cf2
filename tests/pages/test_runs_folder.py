"""Where checkpoints are kept."""

from pathlib import Path

import pytest

from pages.state.engine import runs_folder


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("VAE_LAB_RUNS")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def test_runs_lie_in_the_users_own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert runs_folder() == tmp_path / ".local/share/vae-lab/runs"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert runs_folder() == tmp_path / "data/vae-lab/runs"
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "mine"))
    assert runs_folder() == tmp_path / "mine"


def test_a_user_without_a_home_has_a_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = runs_folder()
    assert found.parent.parent == tmp_path
    assert found != runs_folder()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert runs_folder() == tmp_path / "data/vae-lab/runs"
