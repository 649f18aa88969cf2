"""Nats, bits per dimension, and what a weight on a term implies."""

from __future__ import annotations

import math

LOG_TWO_PI = math.log(2.0 * math.pi)


def bits_per_dimension(nats: float, *, dimensions: int, levels: int = 1) -> float:
    """Convert a log-density in nats per image to bits per dimension.

    With data dequantised as (x_int + u) / levels, the density of the integers is that of x divided by
    levels per dimension: −log p / (D ln 2) + log₂ levels (Theis et al. 2016).

    Args:
        nats: log p(x), nats per image.
        dimensions: D, the number of pixels times channels.
        levels: Grey levels of the integers; 1 leaves the density as it is.
    """
    # bits/dim = −log p(x) / (D ln 2) + log₂ levels
    return -nats / (dimensions * math.log(2.0)) + math.log2(levels)
