"""A folder of parsed arrays, so that slow reading happens once on a machine."""

import contextlib
import hashlib
import io
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from vae_core.checks import refuse


def cache_folder() -> Path | None:
    """Find the user's cache folder of this app: `VAE_LAB_CACHE`, else where the platform keeps caches.

    Returns:
        The folder (it may not exist yet), or None where the user has no home.
    """
    override = os.environ.get("VAE_LAB_CACHE")
    if override:
        return Path(override)
    places = {"win32": ("LOCALAPPDATA", "AppData/Local"), "darwin": ("", "Library/Caches")}
    return user_folder(*places.get(sys.platform, ("XDG_CACHE_HOME", ".cache")))


def user_folder(variable: str, below_home: str) -> Path | None:
    """Find this app's folder in one of the user's standard places.

    Args:
        variable: The environment variable that may say where the place is; "" for none.
        below_home: Where it is otherwise, relative to the user's home.

    Returns:
        The folder (it may not exist yet), or None where the user has no home.
    """
    chosen = os.environ.get(variable) if variable else None
    if chosen:
        return Path(chosen) / "vae-lab"
    try:
        return Path.home() / below_home / "vae-lab"
    except RuntimeError:  # a user without a home, as in some containers
        return None


def cached_array(name: str, *, checksum: str, parse: Callable[[], np.ndarray]) -> np.ndarray:
    """Read an array from the cache, or parse it and keep it there.

    A cached file that is missing, damaged or not the array that is meant is parsed anew, and a folder that
    can't be written costs speed only.

    Args:
        name: Name of the array; its file is `<name>.npy`.
        checksum: SHA-256 of the array (`array_checksum`), known beforehand.
        parse: Reads the array from its source.

    Returns:
        The array with that checksum.

    Raises:
        SettingError: Where the source holds other data than those meant.
    """
    folder = cache_folder()
    file = None if folder is None else folder / f"{name}.npy"
    kept = None if file is None else _read(file)
    if kept is not None and array_checksum(kept) == checksum:
        return kept
    array = parse()
    found = array_checksum(array)
    if found != checksum:
        refuse("dataset", f"{name} must hold the data with the checksum {checksum[:12]}", found[:12])
    if file is not None:
        _write(file, array)
    return array


def array_checksum(array: np.ndarray) -> str:
    """Hash type, shape and bytes of an array; SHA-256 in hex."""
    sha = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    sha.update(np.ascontiguousarray(array).data)
    return sha.hexdigest()


def _read(file: Path) -> np.ndarray | None:
    """Read an array, or None where there is none that can be read."""
    try:
        return np.load(io.BytesIO(file.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None


def _write(file: Path, array: np.ndarray) -> None:
    """Write an array so that a reader sees the whole file or none; give up silently where it can't be."""
    part = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".part", delete=False) as opened:
            part = opened.name
            np.save(opened, array, allow_pickle=False)
        os.replace(part, file)
    except OSError:
        if part is not None:
            with contextlib.suppress(OSError):
                os.unlink(part)
