"""Arrows on the pad: what pulls at a code, and how hard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class PadArrow:
    """A force on a code: the gradient of a term of the ELBO, drawn along the shown plane.

    All arrows of a pad have one scale, by the longest of them in all latent dimensions: on a plane across
    which a force acts, its arrow is short.

    Attributes:
        start: The code on which it acts, (L,), prior σ.
        vector: (L,), nats per prior σ.
        style: Which term: its colour.
        label: What it is, in a few words; an empty one is not written beside the arrow.
    """

    start: Sequence[float]
    vector: Sequence[float]
    style: Literal["reconstruction", "kl", "residual"]
    label: str


def arrow_settings(arrows: Sequence[PadArrow], latent_dim: int) -> list[dict[str, Any]]:
    """Return arrows as the browser takes them; one that is not finite (of a diverged model) is left out.

    Args:
        arrows: Of one pad.
        latent_dim: L.

    Raises:
        ValueError: if an arrow has another number of dimensions than the pad.
    """
    told = []
    for arrow in arrows:
        start, vector = ([float(value) for value in part] for part in (arrow.start, arrow.vector))
        if not len(start) == len(vector) == latent_dim:
            sizes = f"{len(start)} of start and {len(vector)} of vector"
            raise ValueError(f"an arrow must have {latent_dim} dimensions, got {sizes}")
        if all(map(math.isfinite, [*start, *vector])):
            told.append(
                {
                    "start": [round(value, 5) for value in start],
                    "vector": [float(f"{value:.5g}") for value in vector],
                    "style": arrow.style,
                    "label": arrow.label,
                }
            )
    return told
