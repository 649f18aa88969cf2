"""The true posterior of one image as a heat map, Gaussians over it to scale, and one of them in the hand.

While that one moves, the browser computes its ELBO and its gap on an interpolated log p(x, z). Python hears
of settled values only: where a drag, a key or a fit has left it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pages.components.packing import pack
from pages.components.register import register

SHORTEST_AXIS = 1e-4
"""Half-axes at 1 σ that a hand may make, prior σ, as the browser has them."""

LONGEST_AXIS = 3.0
FARTHEST_CENTRE = 6.0
SLACK = 1e-6
"""What rounding may add to these limits, as a share."""

FEWEST_NODES = 4

_posterior = register("posterior", styles=["pad/style.css"])


@dataclass(frozen=True, eq=False)
class PosteriorGaussian:
    """A Gaussian on the map, drawn at 1 and 2 σ, to scale.

    Attributes:
        id: "encoder" for the encoder's q, "diagonal" and "full" for the best of each family, against which a
            fit is measured.
        label: What it is, in a few words.
        mean: (2,).
        cov: (2, 2).
        style: Of its line.
        elbo: nats.
    """

    id: str
    label: str
    mean: np.ndarray
    cov: np.ndarray
    style: Literal["solid", "dotted", "dashed"]
    elbo: float


@dataclass(frozen=True, eq=False)
class LogJointGrid:
    """log p(x, z) of one image on an even grid of z.

    Attributes:
        low: The first node of each axis, (2,).
        high: The last one, (2,).
        values: (G, H) nats, the first axis that of the first dimension. In float64, what float32 would round
            off far below zero is kept: it travels less log p(x).
    """

    low: Sequence[float] | np.ndarray
    high: Sequence[float] | np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        """Refuse what no surface goes through."""
        if self.values.ndim != 2 or min(self.values.shape) < FEWEST_NODES:
            raise ValueError(f"a grid must have 4 nodes or more along two axes, got {self.values.shape}")
        if not np.isfinite(self.values).all():
            raise ValueError("log p(x, z) must be finite at each node of a grid")
        if not all(low < high for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"a grid must rise along both axes, got {self.low} to {self.high}")


@dataclass(frozen=True, eq=False)
class PosteriorAnswer:
    """Where the hand has left its Gaussian.

    Attributes:
        mean: (2,), each within ±6.
        cov: (2, 2), positive definite.
        moved: How often it was left since this image came; 0 while it stands where it began.
    """

    mean: np.ndarray
    cov: np.ndarray
    moved: int


def three(cov: np.ndarray) -> list[float]:
    """Return a covariance (2, 2) as the browser has it: variance across, covariance, variance up."""
    return [float(cov[0, 0]), float(cov[0, 1]), float(cov[1, 1])]


def pack_posterior(
    fine: LogJointGrid,
    coarse: LogJointGrid,
    *,
    log_likelihood: float,
    gaussians: Sequence[PosteriorGaussian],
    hand: tuple[np.ndarray, np.ndarray],
    name: str,
    home: str,
) -> bytes:
    """Pack everything into one message; see :func:`posterior_map`."""
    mean, cov = hand
    header = {
        "name": name,
        "home": home,
        "log_likelihood": float(log_likelihood),
        "gaussians": [
            {
                "id": q.id,
                "label": q.label,
                "style": q.style,
                "mean": [float(value) for value in q.mean],
                "cov": three(q.cov),
                "elbo": float(q.elbo),
            }
            for q in gaussians
        ],
        "hand": {"mean": [float(value) for value in mean], "cov": three(cov)},
    }
    for grid_name, grid in (("fine", fine), ("coarse", coarse)):
        header[grid_name] = {
            "low": [float(value) for value in grid.low],
            "high": [float(value) for value in grid.high],
            "counts": list(grid.values.shape),
        }
    # log p(z|x) = log p(x, z) − log p(x)
    arrays = [(grid.values - log_likelihood).astype(np.float32) for grid in (fine, coarse)]
    return pack(header, arrays)


def checked_hand(value: Any, home: str, hand: tuple[np.ndarray, np.ndarray]) -> PosteriorAnswer:
    """Return where the browser says that the hand's Gaussian stands, or where it began if that can't be.

    Args:
        value: The browser's word: home, mean, cov as three numbers, moved.
        home: Of the image and model that are shown: an answer to others counts for nothing.
        hand: Mean (2,) and covariance (2, 2) where it began.
    """
    begins = PosteriorAnswer(
        np.asarray(hand[0], dtype=np.float64), np.asarray(hand[1], dtype=np.float64), moved=0
    )
    if not isinstance(value, dict) or value.get("home") != home:
        return begins
    mean, cov, moved = _numbers(value.get("mean"), 2), _numbers(value.get("cov"), 3), value.get("moved")
    counted = isinstance(moved, int) and not isinstance(moved, bool) and 0 < moved < 1 << 53
    if mean is None or cov is None or not counted:
        return begins
    aa, ab, bb = cov
    # The half-axes are the roots of the eigenvalues
    middle, spread = (aa + bb) / 2, math.hypot((aa - bb) / 2, ab)
    lowest, highest = SHORTEST_AXIS**2 * (1 - SLACK), LONGEST_AXIS**2 * (1 + SLACK)
    inside = all(abs(entry) <= FARTHEST_CENTRE * (1 + SLACK) for entry in mean)
    if not inside or not lowest <= middle - spread or not middle + spread <= highest or not aa * bb > ab**2:
        return begins
    return PosteriorAnswer(np.array(mean), np.array([[aa, ab], [ab, bb]]), moved)


def _numbers(value: Any, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    real = all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in value)
    return [float(entry) for entry in value] if real and all(abs(entry) < 1e6 for entry in value) else None


def posterior_map(
    key: str,
    fine: LogJointGrid,
    coarse: LogJointGrid,
    *,
    log_likelihood: float,
    gaussians: Sequence[PosteriorGaussian],
    hand: tuple[np.ndarray, np.ndarray],
    name: str,
    home: str,
    on_change: Callable[[], None] | None = None,
) -> PosteriorAnswer:
    """Show p(z|x) of one image, and an ellipse to drag or to fit.

    Args:
        key: The widget's key.
        fine: Covers the posterior and the Gaussians.
        coarse: Covers the prior to ±6, around it.
        log_likelihood: log p(x), exact, nats.
        gaussians: Drawn over the posterior, and listed with their ELBOs.
        hand: Mean (2,) and covariance (2, 2) where the draggable one begins: the encoder's q.
        name: For those who cannot see it.
        home: Of image and model: while it stays, what a hand has moved stays where it is.
        on_change: Called before the rerun that follows a release.

    Returns:
        Where the hand's Gaussian was left.
    """
    result = _posterior(
        key=key,
        data=pack_posterior(
            fine, coarse, log_likelihood=log_likelihood, gaussians=gaussians, hand=hand, name=name, home=home
        ),
        default={"hand": None},
        on_hand_change=on_change or (lambda: None),
    )
    return checked_hand(result.hand, home, hand)
