"""The cache of parsed arrays: second load without parsing, and nothing that lies in it is trusted."""

import stat
from pathlib import Path

import numpy as np
import pytest

from vae_core.checks import SettingError
from vae_core.data import cache, mnist
from vae_core.data.cache import array_checksum, cache_folder, cached_array

ARRAY = np.arange(12, dtype=np.uint8).reshape(3, 4)
CHECKSUM = array_checksum(ARRAY)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("VAE_LAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def parser_that_must_not_run():
    raise AssertionError("parsed again")


def test_the_second_load_does_not_parse(folder):
    assert cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY) is ARRAY
    again = cached_array("a", checksum=CHECKSUM, parse=parser_that_must_not_run)
    assert np.array_equal(again, ARRAY)
    assert again.dtype == np.uint8
    assert [file.name for file in folder.iterdir()] == ["a.npy"]


def test_mnist_is_parsed_once(monkeypatch):
    first = mnist.load_grey()
    monkeypatch.setattr(mnist, "parse_table", parser_that_must_not_run)
    assert mnist.load_grey().digest == first.digest
    assert mnist.load_binary().support == "binary"


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: b"no array",
        lambda whole: whole[:20],
        lambda whole: whole[:-1],
        lambda whole: whole[:-1] + b"\xff",
        lambda whole: whole.replace(b"(3, 4)", b"(4, 3)"),
    ],
)
def test_a_damaged_file_is_parsed_anew_and_replaced(folder, damage):
    cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY)
    file = folder / "a.npy"
    file.write_bytes(damage(file.read_bytes()))
    assert np.array_equal(cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY), ARRAY)
    assert np.array_equal(cached_array("a", checksum=CHECKSUM, parse=parser_that_must_not_run), ARRAY)


def test_a_pickle_is_never_opened(folder):
    folder.mkdir()
    np.save(folder / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY) is ARRAY


def test_a_source_with_other_data_is_refused(folder):
    with pytest.raises(SettingError, match="checksum"):
        cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY + 1)
    assert not folder.exists()


def test_a_folder_that_cannot_be_made_costs_speed_only(folder):
    folder.write_text("a file stands where the folder would be")
    for _ in range(2):
        assert cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY) is ARRAY


def test_a_folder_that_cannot_be_written_costs_speed_only(folder):
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY) is ARRAY
    folder.chmod(stat.S_IRWXU)


def test_a_failed_replace_leaves_no_part_behind(folder, monkeypatch):
    def refused(source, target):
        raise PermissionError("in use")

    monkeypatch.setattr(cache.os, "replace", refused)
    assert cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY) is ARRAY
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "/home/me/.cache/vae-lab"),
        ("linux", {"XDG_CACHE_HOME": "/fast"}, "/fast/vae-lab"),
        ("darwin", {"XDG_CACHE_HOME": "/fast"}, "/home/me/Library/Caches/vae-lab"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/vae-lab"),
        ("win32", {}, "/home/me/AppData/Local/vae-lab"),
        ("linux", {"VAE_LAB_CACHE": "/mine"}, "/mine"),
    ],
)
def test_the_folder_is_where_the_platform_keeps_caches(monkeypatch, platform, variables, expected):
    for variable in ("VAE_LAB_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(cache.sys, "platform", platform)
    monkeypatch.setattr(cache.Path, "home", lambda: Path("/home/me"))
    assert cache_folder() == Path(expected)


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("VAE_LAB_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setattr(cache.Path, "home", homeless)
    assert cache_folder() is None
    assert cached_array("a", checksum=CHECKSUM, parse=lambda: ARRAY) is ARRAY
