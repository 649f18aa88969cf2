"""Chapter 1: maximum likelihood is least KL, in a family of one parameter over 512 images, all listed.

Eight codes, equally likely; each stands for a pattern, and each pixel is flipped with probability θ:

    p_θ(x) = Σ_z p(z) p_θ(x|z),  p(z) = 1/8

The data have other weights of the patterns, so that no θ makes p_θ = p_D.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.data import tiny_binary_distribution
from vae_core.data.tiny_binary import PIXELS, tiny_binary_patterns

THETAS = tuple(round(0.02 + 0.01 * step, 2) for step in range(39))
"""0.02 to 0.40."""


@dataclass(frozen=True, eq=False)
class Family:
    """The whole family, each number from its own definition, nats per image.

    Attributes:
        thetas: (T,).
        fit: E_{p_D} log p_θ(x), (T,).
        kl: KL(p_D ‖ p_θ), (T,).
        entropy: H of p_D.
    """

    thetas: Tensor
    fit: Tensor
    kl: Tensor
    entropy: float

    @property
    def best(self) -> int:
        """The place of the θ of maximum likelihood."""
        return int(self.fit.argmax())


def log_member(theta: float) -> Tensor:
    """Return log p_θ(x) of all images, in the order of `tiny_binary_distribution`, (512,) float64.

    Raises:
        SettingError: If θ is not between 0 and 1.
    """
    flip = check_number("theta", theta, low=0.0, high=1.0, open_low=True)
    states, patterns = tiny_binary_distribution()[0], tiny_binary_patterns()
    flips = (states[:, None] != patterns[None]).double().sum(2)  # (512, 8)
    # log p_θ(x|z) = m log θ + (9 − m) log(1 − θ), m the pixels in which x and the pattern differ
    given = flips * math.log(flip) + (PIXELS - flips) * math.log1p(-flip)
    return torch.logsumexp(given, 1) - math.log(len(patterns))


def family() -> Family:
    """Compute all three numbers for every θ."""
    p = tiny_binary_distribution()[1]
    log_p = torch.stack([log_member(theta) for theta in THETAS])
    return Family(
        torch.tensor(THETAS, dtype=torch.float64),
        # E log p_θ = Σ_x p_D(x) log p_θ(x)
        (p * log_p).sum(1),
        # KL = Σ_x p_D(x) log[p_D(x)/p_θ(x)]
        (p * torch.log(p / torch.exp(log_p))).sum(1),
        # H = −Σ_x p_D(x) log p_D(x)
        float(-(p * torch.log(p)).sum()),
    )
