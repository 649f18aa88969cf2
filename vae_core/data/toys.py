"""Toys in one and two dimensions on their own scale, where one can see everything.

All are drawn in float64 and rounded to multiples of 1/4096, far below what a figure or a fit can show, so
that every machine has the same data to the last bit.
"""

import math
from collections.abc import Callable

import torch

from vae_core.data.dataset import Dataset
from vae_core.data.info import DatasetInfo
from vae_core.rng import generator

ROWS = 4000
TOY_SEED = 0
GRAIN = 4096

# The 1-D mixture: p_D(x) = Σ_k weight_k N(x; mean_k, std_k²)
MIXTURE_WEIGHTS = (0.3, 0.5, 0.2)
MIXTURE_MEANS = (-3.0, 0.0, 2.5)
MIXTURE_STDS = (0.4, 0.8, 0.3)


def _info(name: str, title: str, sentence: str, dimensions: int) -> DatasetInfo:
    return DatasetInfo(name, title, sentence, (1, 1, dimensions), "real", ROWS)


TWO_MOONS = _info(
    "two-moons", "Two moons", "4,000 points in the plane on two half circles that interlock.", 2
)
RINGS = _info("rings", "Rings", "4,000 points in the plane on three rings around one centre.", 2)
PINWHEEL = _info("pinwheel", "Pinwheel", "4,000 points in the plane on five bent arms.", 2)
BLOBS = _info("blobs", "Blobs", "4,000 points in the plane in eight round clusters on a circle.", 2)
MIXTURE_1D = _info("mixture-1d", "1-D mixture", "4,000 numbers from a known mixture of three Gaussians.", 1)


def load_two_moons() -> Dataset:
    """Load `two-moons`: two half circles of radius 2, noise 0.15; the label is the moon."""
    return _toy(TWO_MOONS, two_moons, ("upper moon", "lower moon"))


def load_rings() -> Dataset:
    """Load `rings`: radii 1, 2, 3, noise 0.1 across; the label is the ring."""
    return _toy(RINGS, rings, ("inner ring", "middle ring", "outer ring"))


def load_pinwheel() -> Dataset:
    """Load `pinwheel`: five arms out to radius 3 or so; the label is the arm."""
    return _toy(PINWHEEL, pinwheel, tuple(f"arm {arm}" for arm in range(1, 6)))


def load_blobs() -> Dataset:
    """Load `blobs`: eight Gaussians, std 0.3, centres on a circle of radius 3; the label is the blob."""
    return _toy(BLOBS, blobs, tuple(f"blob {blob}" for blob in range(1, 9)))


def load_mixture_1d() -> Dataset:
    """Load `mixture-1d`: three Gaussians on the line; the label is the component."""
    return _toy(MIXTURE_1D, mixture_1d, ("left", "middle", "right"))


def two_moons(rows: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw points of two half circles; (N, 2) float64 and labels (N,)."""
    labels = torch.arange(rows) % 2
    angle = math.pi * _uniform(rows, random)
    upper = torch.stack([torch.cos(angle) - 0.5, torch.sin(angle) - 0.25], dim=1)
    lower = -upper  # the same half circle, turned by 180° about the origin
    x = torch.where(labels[:, None] == 0, upper, lower)
    return 2.0 * x + 0.15 * _normal((rows, 2), random), labels


def rings(rows: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw points of three rings; (N, 2) float64 and labels (N,)."""
    labels = torch.arange(rows) % 3
    angle = 2 * math.pi * _uniform(rows, random)
    radius = 1.0 + labels + 0.1 * _normal((rows,), random)
    return torch.stack([radius * torch.cos(angle), radius * torch.sin(angle)], dim=1), labels


def pinwheel(rows: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw points of five arms that turn with the radius (Johnson et al. 2016); (N, 2) float64 and labels."""
    labels = torch.arange(rows) % 5
    noise = _normal((rows, 2), random)
    along, across = 2.0 + 0.6 * noise[:, 0], 0.2 * noise[:, 1]
    angle = 2 * math.pi * labels / 5 + 0.5 * along
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([along * cos - across * sin, along * sin + across * cos], dim=1), labels


def blobs(rows: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw points of eight Gaussians on a circle; (N, 2) float64 and labels (N,)."""
    labels = torch.arange(rows) % 8
    angle = 2 * math.pi * labels.double() / 8
    centre = 3.0 * torch.stack([torch.cos(angle), torch.sin(angle)], dim=1)
    return centre + 0.3 * _normal((rows, 2), random), labels


def mixture_1d(rows: int, random: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw from the known mixture; (N, 1) float64 and labels (N,)."""
    edges = torch.cumsum(torch.tensor(MIXTURE_WEIGHTS, dtype=torch.float64), 0)[:-1]
    labels = torch.bucketize(_uniform(rows, random), edges)
    mean = torch.tensor(MIXTURE_MEANS, dtype=torch.float64)[labels]
    std = torch.tensor(MIXTURE_STDS, dtype=torch.float64)[labels]
    return (mean + std * _normal((rows,), random))[:, None], labels


def _toy(
    info: DatasetInfo,
    draw: Callable[[int, torch.Generator], tuple[torch.Tensor, torch.Tensor]],
    class_names: tuple[str, ...],
) -> Dataset:
    x, labels = draw(ROWS, generator(TOY_SEED, f"toy {info.name}"))
    return Dataset.from_arrays(
        torch.round(x * GRAIN) / GRAIN,
        labels,
        name=info.name,
        support=info.support,
        image_shape=info.image_shape,
        class_names=class_names,
        source="Made by VAE Lab from a seed",
        licence="MIT",
        citation="",
    )


def _uniform(rows: int, random: torch.Generator) -> torch.Tensor:
    return torch.rand(rows, generator=random, dtype=torch.float64)


def _normal(shape: tuple[int, ...], random: torch.Generator) -> torch.Tensor:
    return torch.randn(shape, generator=random, dtype=torch.float64)
