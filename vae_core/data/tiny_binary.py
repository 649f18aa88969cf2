"""Binary images of 3×3 pixels from a known distribution: the world in which every x can be enumerated.

    p_D(x) = Σ_k weight_k Π_d flip^[x_d ≠ pattern_kd] (1 − flip)^[x_d = pattern_kd]

Each image is one of eight patterns (rows, columns, diagonals) with each pixel flipped with probability 0.1.
"""

import torch

from vae_core.data.dataset import Dataset
from vae_core.data.info import DatasetInfo
from vae_core.rng import generator

TINY_BINARY = DatasetInfo(
    name="tiny-binary",
    title="Tiny binary images",
    sentence="4,096 binary images of 3×3 pixels from a known distribution over all 512 of them.",
    image_shape=(1, 3, 3),
    support="binary",
    rows=4096,
)
PIXELS = 9
FLIP = 0.1
PATTERN_NAMES = (
    "top row",
    "middle row",
    "bottom row",
    "left column",
    "middle column",
    "right column",
    "falling diagonal",
    "rising diagonal",
)
PATTERN_WEIGHTS = (0.18, 0.08, 0.12, 0.15, 0.10, 0.07, 0.20, 0.10)
TINY_SEED = 0


def tiny_binary_patterns() -> torch.Tensor:
    """Return the eight patterns, (8, 9) float64, in the order of `PATTERN_NAMES`."""
    rows = torch.eye(3, dtype=torch.float64).repeat_interleave(3, dim=1)
    columns = torch.eye(3, dtype=torch.float64).repeat(1, 3)
    falling = torch.eye(3, dtype=torch.float64)
    return torch.cat([rows, columns, falling.reshape(1, PIXELS), falling.flip(1).reshape(1, PIXELS)])


def tiny_binary_distribution() -> tuple[torch.Tensor, torch.Tensor]:
    """Return every 3×3 binary image and its probability.

    Returns:
        states: (512, 9) float64; row i holds the binary digits of i, the first pixel the highest.
        probabilities: (512,) float64, all positive, with the sum 1. Its entropy in nats is −Σ p log p.
    """
    powers = 2 ** torch.arange(PIXELS - 1, -1, -1)
    states = ((torch.arange(2**PIXELS)[:, None] // powers) % 2).double()
    patterns = tiny_binary_patterns()
    weights = torch.tensor(PATTERN_WEIGHTS, dtype=torch.float64)
    flips = (states[:, None, :] != patterns[None, :, :]).double().sum(dim=2)  # (512, 8)
    # p_D(x) = Σ_k weight_k flip^m_k (1 − flip)^(9 − m_k), m_k the pixels in which x and pattern k differ
    return states, ((FLIP**flips * (1 - FLIP) ** (PIXELS - flips)) * weights).sum(dim=1)


def sample_tiny_binary(rows: int, *, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw images from the known distribution.

    Args:
        rows: How many.
        generator: Source of randomness.

    Returns:
        x: (N, 9) float64 of 0 and 1.
        labels: (N,) int64, the pattern that each image came from.
    """
    edges = torch.cumsum(torch.tensor(PATTERN_WEIGHTS, dtype=torch.float64), 0)[:-1]
    labels = torch.bucketize(torch.rand(rows, generator=generator, dtype=torch.float64), edges)
    flipped = torch.rand((rows, PIXELS), generator=generator, dtype=torch.float64) < FLIP
    return (tiny_binary_patterns()[labels].bool() ^ flipped).double(), labels


def load_tiny_binary() -> Dataset:
    """Load `tiny-binary`: 4,096 draws; the label is the pattern."""
    x, labels = sample_tiny_binary(TINY_BINARY.rows, generator=generator(TINY_SEED, "toy tiny-binary"))
    return Dataset.from_arrays(
        x,
        labels,
        name=TINY_BINARY.name,
        support=TINY_BINARY.support,
        image_shape=TINY_BINARY.image_shape,
        class_names=PATTERN_NAMES,
        source="Made by VAE Lab from a seed",
        licence="MIT",
        citation="",
    )
