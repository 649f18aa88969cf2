"""Curves of two twins against one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["sound", "wrong", "reported", "exact"]
"""Of the sound run; of the wrong one, measured properly; as the wrong code reports it; known exactly."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve.

    Attributes:
        name: In a few words.
        kind: Whose it is.
        values: (T,).
    """

    name: str
    kind: Kind
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Curve:
    """Lines over one axis.

    Attributes:
        across: Places on the axis, (T,).
        lines: As many as there are.
        axis: What the axis counts.
        unit: Of the values.
        logarithmic: Whether the axis is.
        sentence: What one sees; empty where it is the bound over the steps.
    """

    across: np.ndarray
    lines: tuple[Line, ...]
    axis: str
    unit: str
    logarithmic: bool = False
    sentence: str = ""
