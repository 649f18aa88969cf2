"""An even grid over latent space, and the trapezoid rule on it.

The rule converges exponentially for a function that is smooth and vanishes at both ends (Trefethen &
Weideman 2014): its error falls as e^{−2πa/h}, a the distance from the real axis to the nearest singularity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.gaussians import DiagonalGaussian

REACH = 8.5
"""Standard deviations of q(z|x) that are covered: 2e-17 of its mass lies beyond."""
TAIL = 34.0
"""Nats: e^−34 = 2e-15 is what of p(x) may lie beside the grid, as a share."""
WIDEST_STEP = 0.4
"""Of the first grid."""
MOST_NODES = {1: 16_384, 2: 131_072}
"""By latent dimensions; the halved grid has more."""


@dataclass(frozen=True)
class Grid:
    """Nodes z = low + (k + ½) step along each axis, k from 0.

    Attributes:
        low: Lower ends, one for each latent dimension.
        high: Upper ends.
        counts: Nodes along each axis.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    counts: tuple[int, ...]

    @property
    def steps(self) -> tuple[float, ...]:
        """The distance of neighbours along each axis."""
        ends = zip(self.low, self.high, self.counts, strict=True)
        return tuple((high - low) / count for low, high, count in ends)

    @property
    def nodes(self) -> int:
        """All of them."""
        return math.prod(self.counts)

    @property
    def cell(self) -> float:
        """What each node weighs: the product of the steps."""
        return math.prod(self.steps)

    @property
    def axes(self) -> tuple[Tensor, ...]:
        """The coordinates along each axis, (counts[j],) float64."""
        return tuple(
            low + step * (torch.arange(count, dtype=torch.float64) + 0.5)
            for low, step, count in zip(self.low, self.steps, self.counts, strict=True)
        )

    def halved(self) -> Grid:
        """Return the grid of half the step, shifted by half of its own step: no node is in both."""
        return Grid(self.low, self.high, tuple(2 * count for count in self.counts))

    def codes(self, at_once: int) -> Iterator[Tensor]:
        """Yield all nodes, (at most `at_once`, L) each, the last axis fastest."""
        yield from torch.cartesian_prod(*self.axes).reshape(-1, len(self.counts)).split(at_once)


def covering(q: DiagonalGaussian, *, least_log_likelihood: float) -> Grid:
    """Return a first grid that covers the prior, every q(z|x) and every p(z|x).

    Args:
        q: Of all images, (N, L).
        least_log_likelihood: About the least log p(x) of an image, nats.

    Raises:
        SettingError: If the narrowest q(z|x) needs more than `MOST_NODES` nodes.
    """
    # p(x|z) is at most 1, so the share of p(z|x) beyond R is at most e^{−R²/2}/p(x).
    radius = max(REACH, math.sqrt(2.0 * (TAIL - min(least_log_likelihood, 0.0))))
    low = (q.mean - REACH * q.std).amin(0).clamp_max(-radius)
    high = (q.mean + REACH * q.std).amax(0).clamp_min(radius)
    # A normal density of standard deviation σ is summed to e^{−2π²σ²/h²}: 3e-9 at h = σ.
    step = q.std.amin(0).clamp_max(WIDEST_STEP)
    counts = torch.ceil((high - low) / step)
    most = MOST_NODES[len(counts)]
    if not bool(counts.isfinite().all()) or float(counts.prod()) > most:
        rule = f"must have posteriors q(z|x) that a grid of {most:,} nodes can resolve"
        refuse("model", rule, f"σ from {float(q.std.min()):.3g} to {float(q.std.max()):.3g}")
    return Grid(tuple(low.tolist()), tuple(high.tolist()), tuple(int(count) for count in counts))
