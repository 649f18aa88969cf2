"""A save and the disk: what is full, what is not ours, and what must not stay open."""

import os
from pathlib import Path

import pytest

from tests.core.small_runs import TINY, assert_same, digits
from vae_core import Run
from vae_core.engine import Engine
from vae_core.training import checkpoint

LIMIT_BYTES = 2000


@pytest.fixture
def full_disk():
    """Call it: from then on no file grows beyond 2,000 bytes, as on a full disk."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_full_disk_is_an_os_error_and_leaves_the_earlier_save_alone(tmp_path, full_disk):
    run = Run(TINY, digits())
    run.advance(steps=5)
    run.save(tmp_path)
    before = names(tmp_path)
    run.advance(steps=5)
    full_disk()
    for _ in range(3):
        with pytest.raises(OSError, match=r"weights-10-\w+\.safetensors can't be written"):
            run.save(tmp_path)
    assert names(tmp_path) == before
    assert Run.load(tmp_path, digits()).step == 5


def test_a_record_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    run = Run(TINY, digits())
    run.save(tmp_path)
    before = names(tmp_path)

    def refuse(*_paths):
        raise OSError("no space left")

    monkeypatch.setattr(checkpoint.os, "replace", refuse)
    with pytest.raises(OSError, match="no space left"):
        run.save(tmp_path)
    assert names(tmp_path) == before


def test_a_full_disk_costs_no_run_in_the_engine(tmp_path, full_disk):
    with Engine(folder=tmp_path / "runs", grace_s=0.0) as engine:
        run_id = engine.submit(TINY, visitor="me")
        engine.step(run_id, visitor="me")
        full_disk()
        with pytest.raises(OSError, match="can't be written"):
            engine.export(run_id, tmp_path / "copy")
        assert engine.view(run_id).state != "failed"


def test_files_of_others_in_the_folder_are_kept(tmp_path):
    theirs = ("model.safetensors", "weights.safetensors", "weights-old.safetensors", "run.json.bak")
    for name in theirs:
        (tmp_path / name).write_bytes(b"mine")
    run = Run(TINY, digits())
    run.save(tmp_path)
    run.save(tmp_path)
    assert all((tmp_path / name).read_bytes() == b"mine" for name in theirs)
    assert len(names(tmp_path)) == len(theirs) + 3


def test_an_old_file_that_will_not_go_is_no_failed_save(tmp_path, monkeypatch):
    run = Run(TINY, digits())
    run.save(tmp_path)
    run.advance(steps=3)

    def in_use(*_arguments, **_keywords):
        raise PermissionError("in use by another program")  # as on Windows

    monkeypatch.setattr(Path, "unlink", in_use)
    run.save(tmp_path)
    assert_same(Run.load(tmp_path, digits()), run)


def test_a_loaded_run_holds_no_file_open(tmp_path):
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("no list of mapped files")
    Run(TINY, digits()).save(tmp_path)
    loaded = Run.load(tmp_path, digits())
    assert str(tmp_path) not in maps.read_text()
    assert loaded.step == 0


def test_files_are_flushed_through_handles_that_can_write(tmp_path, monkeypatch):
    # Windows refuses to flush a handle that was opened for reading
    fcntl = pytest.importorskip("fcntl")
    modes = []
    flush = os.fsync

    def watched(handle):
        modes.append(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE)
        flush(handle)

    monkeypatch.setattr(checkpoint.os, "fsync", watched)
    Run(TINY, digits()).save(tmp_path)
    assert len(modes) == 3
    assert os.O_RDONLY not in modes
