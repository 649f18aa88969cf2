"""A save and the disk: what is full, what is not ours, and what must not stay open."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.small_runs import TINY, assert_same, digits
from vae_core import Run
from vae_core.training import checkpoint

ROOT = Path(__file__).parents[2]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_full_disk_is_an_os_error_and_costs_neither_the_earlier_save_nor_the_run(tmp_path):
    pytest.importorskip("resource", reason="file sizes can be limited on Unix alone")
    program = [sys.executable, "-m", "tests.core.full_disk", str(tmp_path)]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    for error in result["saves"]:
        assert re.search(r"weights-10-\w+\.safetensors can't be written", error)
    assert "can't be written" in result["export"]
    assert result["kept"]
    assert result["loaded"] == 5
    assert result["state"] != "failed"


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
