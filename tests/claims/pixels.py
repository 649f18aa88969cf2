"""Chapter 6 says where black and white lie, and names the σ that it asks about."""

from collections.abc import Callable, Mapping

from vae_core.data import load_dataset
from vae_core.lessons.pixels import UNIT

CLAIMS: Mapping[str, Callable[[], float]] = {
    "0": lambda: float(load_dataset("mnist-5k").train.x.min()),
    "1": lambda: float(UNIT * load_dataset("mnist-5k").train.x.max()),
}
