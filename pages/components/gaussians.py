"""Two Gaussians on a plane as ellipses to drag, and both KLs between them, term by term, while one drags.

The browser computes the closed form at each frame. Python hears of settled Gaussians only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pages.components.posterior import three
from pages.components.register import register

SHORTEST_AXIS = 0.02
"""Half-axes at 1 σ that a hand may make, as the browser has them."""

LONGEST_AXIS = 3.0
FARTHEST_CENTRE = 4.0
SLACK = 1e-6
"""What rounding may add to these limits, as a share."""

UPRIGHT = 1e-9
"""The covariance that rounding may leave between two independent dimensions."""

_plane = register("gaussians", styles=["pad/style.css"])


@dataclass(frozen=True, eq=False)
class PlaneGaussian:
    """A Gaussian on the plane.

    Attributes:
        mean: (2,), each within ±4.
        cov: (2, 2), positive definite.
    """

    mean: np.ndarray
    cov: np.ndarray


@dataclass(frozen=True, eq=False)
class TwoGaussians:
    """Where both stand.

    Attributes:
        q: The first one of KL(q ‖ p).
        p: The second one.
        vae_case: Whether p is held at N(0, I) and q axis-parallel.
    """

    q: PlaneGaussian
    p: PlaneGaussian
    vae_case: bool = False


@dataclass(frozen=True, eq=False)
class Preset:
    """A button that puts both somewhere.

    Attributes:
        label: On it.
        pair: Where to.
    """

    label: str
    pair: TwoGaussians


def header(start: TwoGaussians, presets: Sequence[Preset], *, name: str) -> dict[str, Any]:
    """Return the message to the browser; see :func:`two_gaussians`."""
    return {
        "name": name,
        "now": _told(start),
        "presets": [{"label": preset.label, **_told(preset.pair)} for preset in presets],
    }


def _told(pair: TwoGaussians) -> dict[str, Any]:
    both = {"q": pair.q, "p": pair.p}
    told = {
        which: {"mean": [float(value) for value in one.mean], "cov": three(one.cov)}
        for which, one in both.items()
    }
    return {**told, "vae": pair.vae_case}


def checked_gaussians(value: Any, start: TwoGaussians) -> TwoGaussians:
    """Return where the browser says that both stand, or where they began if that can't be.

    Args:
        value: The browser's word: q and p, each with mean and cov as three numbers, and vae.
        start: Where they began.
    """
    if not isinstance(value, dict) or not isinstance(value.get("vae"), bool):
        return start
    q, p = checked_gaussian(value.get("q")), checked_gaussian(value.get("p"))
    if q is None or p is None:
        return start
    if not value["vae"]:
        return TwoGaussians(q, p)
    is_prior = bool((p.mean == 0.0).all()) and bool((p.cov == np.eye(2)).all())
    return TwoGaussians(q, p, vae_case=True) if is_prior and abs(q.cov[0, 1]) <= UPRIGHT else start


def checked_gaussian(value: Any) -> PlaneGaussian | None:
    """Return a Gaussian of finite numbers within the limits, positive definite, or nothing."""
    if not isinstance(value, dict):
        return None
    mean, cov = _numbers(value.get("mean"), 2), _numbers(value.get("cov"), 3)
    if mean is None or cov is None:
        return None
    aa, ab, bb = cov
    # The half-axes are the roots of the eigenvalues
    middle, spread = (aa + bb) / 2, math.hypot((aa - bb) / 2, ab)
    lowest, highest = SHORTEST_AXIS**2 * (1 - SLACK), LONGEST_AXIS**2 * (1 + SLACK)
    inside = all(abs(entry) <= FARTHEST_CENTRE * (1 + SLACK) for entry in mean)
    if not inside or not lowest <= middle - spread or not middle + spread <= highest or not aa * bb > ab**2:
        return None
    return PlaneGaussian(np.array(mean), np.array([[aa, ab], [ab, bb]]))


def _numbers(value: Any, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    real = all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in value)
    return [float(entry) for entry in value] if real and all(abs(entry) < 1e6 for entry in value) else None


def two_gaussians(key: str, start: TwoGaussians, presets: Sequence[Preset], *, name: str) -> TwoGaussians:
    """Show two ellipses to drag, and the terms of both KLs.

    Args:
        key: The widget's key.
        start: Where both begin.
        presets: Buttons that put them somewhere.
        name: For those who cannot see it.

    Returns:
        Where a hand, a key or a button has left them.
    """
    result = _plane(
        key=key,
        data=header(start, presets, name=name),
        default={"gaussians": None},
        on_gaussians_change=lambda: None,
    )
    return checked_gaussians(result.gaussians, start)
