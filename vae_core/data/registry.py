"""The list of data sources, and loading them by name."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from vae_core.checks import refuse
from vae_core.data import dequantised, digits, mnist, tiny_binary, toys
from vae_core.data.dataset import Dataset
from vae_core.data.info import DatasetInfo


@dataclass(frozen=True)
class _Source:
    info: DatasetInfo
    load: Callable[[], Dataset]


_lock = threading.RLock()
_sources: dict[str, _Source] = {}
_loaded: dict[str, Dataset] = {}


def register_dataset(info: DatasetInfo, load: Callable[[], Dataset]) -> None:
    """Add a source to the list.

    Args:
        info: What is known before loading.
        load: Makes the data set; called once, when it is first asked for.

    Raises:
        SettingError: Where the name is taken.
    """
    with _lock:
        if info.name in _sources:
            refuse("dataset", "must have a name that is not taken", info.name)
        _sources[info.name] = _Source(info, load)


def dataset_names() -> tuple[str, ...]:
    """Name all sources, the default first."""
    with _lock:
        return tuple(_sources)


def dataset_info(name: str) -> DatasetInfo:
    """Tell what is known about a source, without loading it.

    Raises:
        SettingError: Where there is no such source.
    """
    return _source(name).info


def load_dataset(name: str) -> Dataset:
    """Load a data set by its name; everybody in the process gets the same object.

    Args:
        name: One of `dataset_names()`.

    Returns:
        The data set, split with seed 0 into 80 % train, 10 % validation and 10 % test.

    Raises:
        SettingError: Where there is no such source, or its files are not the ones meant.
    """
    source = _source(name)
    with _lock:
        if name not in _loaded:
            _loaded[name] = source.load()
        return _loaded[name]


def _source(name: str) -> _Source:
    with _lock:
        found = _sources.get(name) if isinstance(name, str) else None
    if found is None:
        refuse("dataset", "must be one of " + ", ".join(dataset_names()), name)
    return found


for _info, _load in (
    (mnist.BINARY, mnist.load_binary),
    (mnist.GREY, mnist.load_grey),
    (dequantised.MNIST, dequantised.load_mnist),
    (digits.DIGITS, digits.load_digits),
    (dequantised.DIGITS, dequantised.load_digits),
    (toys.TWO_MOONS, toys.load_two_moons),
    (toys.RINGS, toys.load_rings),
    (toys.PINWHEEL, toys.load_pinwheel),
    (toys.BLOBS, toys.load_blobs),
    (toys.MIXTURE_1D, toys.load_mixture_1d),
    (tiny_binary.TINY_BINARY, tiny_binary.load_tiny_binary),
):
    register_dataset(_info, _load)
