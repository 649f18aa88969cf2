"""Grey digits made continuous: uniform noise fills each grey level, and a density says something of them.

x = (integer + u)/levels. With p a density of x, E_u[log p(x)] − D log levels is at most the log-probability
of the integers under p (Theis et al. 2016). So −E_u[log p(x)]/(D ln 2) + log₂ levels bounds their bits/dim.
"""

import dataclasses

import torch

from vae_core.data import digits, mnist
from vae_core.data.dataset import Dataset
from vae_core.data.info import DatasetInfo
from vae_core.rng import generator

MNIST = dataclasses.replace(
    mnist.GREY,
    name="mnist-5k-dequantised",
    title="MNIST digits, dequantised",
    sentence="5,000 handwritten digits of 28×28 pixels, each of 256 grey levels filled with uniform noise.",
)
DIGITS = dataclasses.replace(
    digits.DIGITS,
    name="digits-dequantised",
    title="Small digits, dequantised",
    sentence="1,797 handwritten digits of 8×8 pixels, each of 17 grey levels filled with uniform noise.",
)
NOISE_SEED = 0


def load_mnist() -> Dataset:
    """Load `mnist-5k-dequantised`: x = (integer + u)/256 in [0, 1), (5000, 784); split as `mnist-5k`."""
    return _dequantised(MNIST, mnist.load_grey(), levels=256)


def load_digits() -> Dataset:
    """Load `digits-dequantised`: x = (integer + u)/17 in [0, 1), (1797, 64); split as `digits`."""
    return _dequantised(DIGITS, digits.load_digits(), levels=17)


def dequantise(integers: torch.Tensor, *, levels: int, generator: torch.Generator) -> torch.Tensor:
    """Return x = (integer + u)/levels with u uniform in [0, 1).

    Args:
        integers: Whole numbers from 0 to levels − 1, (N, D).
        levels: How many grey levels there are.
        generator: Where u comes from.

    Returns:
        (N, D) float32 below 1, with floor(x · levels) the integers exactly.
    """
    whole = integers.double()
    u = torch.rand(whole.shape, generator=generator, dtype=torch.float64)
    # x = (integer + u)/levels
    x = ((whole + u) / levels).float()
    middle = ((whole + 0.5) / levels).float()
    # Rounding to float32 carries some values over the edge of their level: they step back towards its middle.
    while bool((astray := _level(x, levels) != integers).any()):
        x = torch.where(astray, torch.nextafter(x, middle), x)
    return x


def _level(x: torch.Tensor, levels: int) -> torch.Tensor:
    """Return floor(x · levels), or −1 where float32 and float64 find different ones."""
    single, double = (x * levels).floor().double(), (x.double() * levels).floor()
    return torch.where(single == double, double, -1.0)


def _dequantised(info: DatasetInfo, grey: Dataset, *, levels: int) -> Dataset:
    """Fill the levels of a grey data set; the same labels and seed give the same split."""
    integers = (grey.full.x.double() * (levels - 1)).round()
    return Dataset.from_arrays(
        dequantise(integers, levels=levels, generator=generator(NOISE_SEED, f"dequantise {grey.name}")),
        grey.full.labels,
        name=info.name,
        support=info.support,
        image_shape=info.image_shape,
        seed=grey.split_seed,
        fractions=grey.fractions,
        grey_levels=levels,
        dequantised=True,
        class_names=grey.class_names,
        source=grey.source,
        licence=grey.licence,
        citation=grey.citation,
    )
