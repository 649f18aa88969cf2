"""The ground of the rate-distortion plane: what is shown of it, lines of equal ELBO, and D = H − R."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from pages.figures.bands import faint, words
from pages.figures.sweep_curves import Place
from pages.figures.theme import INK, ThemeName, nats, text_colour
from vae_core.diagnostics.linear_rate import LinearRate
from vae_core.sweeps import SweepPoint

MOST_LINES = 7
ROOM = 0.12
NEAR = (0.06, 0.03)
"""Of the plane's width and height: a name's."""

LEAST_SPAN = 1.0
"""Nats: a plane is never narrower."""


@dataclass(frozen=True)
class View:
    """The part of the plane that is shown: from, to, in nats per image."""

    rate: tuple[float, float]
    distortion: tuple[float, float]

    @classmethod
    def around(cls, points: Sequence[SweepPoint], exact: LinearRate | None, bound: float | None) -> Self:
        """Return the part with all runs, the exact curve beside them, and the bound where it is near."""
        rates = [point.rate for point in points]
        heights = [point.distortion for point in points]
        low, high = _spread(rates)
        below, above = _spread(heights)
        if exact is not None:
            # as much of the curve as lies beside the points
            rate, height = exact.rate.numpy(), exact.distortion.numpy()
            beside = height[(rate >= low) & (rate <= high)]
            below, above = _spread([below, above, *beside.tolist()], room=0.0)
        if bound is not None and low <= bound - below:
            below = min(below, bound - max(rates))
        return cls((low, high), (below, above))

    def neighbours(self, places: Sequence[Place]) -> list[list[Place]]:
        """Sort places of a curve, in its order, into those whose names would stand on one another."""
        near_rate = NEAR[0] * (self.rate[1] - self.rate[0])
        near_height = NEAR[1] * (self.distortion[1] - self.distortion[0])
        found: list[list[Place]] = []
        for place in places:
            last = found[-1][0] if found else None
            if (
                last is not None
                and abs(place.rate - last.rate) < near_rate
                and abs(place.distortion - last.distortion) < near_height
            ):
                found[-1].append(place)
            else:
                found.append([place])
        return found

    def equal_elbo(self, theme: ThemeName, *, entropy: float | None = None) -> tuple[list[dict], list[dict]]:
        """Lines D = −ELBO − R at round values of the ELBO that a model can have, with their names."""
        colour = text_colour("elbo", theme)
        most, least = -(self.rate[0] + self.distortion[0]), -(self.rate[1] + self.distortion[1])
        # ELBO ≤ −H
        most = most if entropy is None else min(most, -entropy)
        step = _round_step((most - least) / MOST_LINES)
        notes, shapes = [], []
        for elbo in np.arange(np.ceil(least / step), np.floor(most / step) + 1) * step:
            ends = self._crossing(-float(elbo))
            if ends is None:
                continue
            (x0, y0), (x1, y1) = ends
            line = {"color": faint(colour, 0.45), "width": 1, "dash": "dot"}
            shapes.append(dict(type="line", x0=x0, y0=y0, x1=x1, y1=y1, line=line, layer="below"))
            text = f"ELBO {nats(float(elbo), 0 if step >= 1 else 1)}"
            # at the end on the right: there the line leaves through the side or the floor
            at_side = x1 >= self.rate[1] - 1e-9 * max(1.0, abs(self.rate[1]))
            at_top = y1 > self.distortion[1] - NEAR[1] * (self.distortion[1] - self.distortion[0])
            anchor = {"xanchor": "right" if at_side else "center", "yanchor": "top" if at_top else "bottom"}
            notes.append(words(text, x=x1, y=y1, colour=colour, theme=theme, opacity=0.85, **anchor))
        return notes, shapes

    def bound(self, entropy: float, theme: ThemeName) -> tuple[list[dict], list[dict]]:
        """The line D = H − R and the ground below it, where no model can be."""
        ends = self._crossing(entropy)
        if ends is None:
            return [], []
        ink = INK[theme]
        (x0, y0), (x1, y1) = ends
        corner = f"L {x1},{self.distortion[0]} L {self.rate[0]},{self.distortion[0]} L {self.rate[0]},{y0} Z"
        line = dict(type="line", x0=x0, y0=y0, x1=x1, y1=y1, line={"color": ink, "width": 2})
        ground = dict(
            type="path",
            path=f"M {x0},{y0} L {x1},{y1} {corner}",
            fillcolor=faint(ink, 0.08),
            line={"width": 0},
            layer="below",
        )
        text = f"No model is below D = H − R, H = {nats(entropy, 2)}"
        place = {"x": self.rate[0], "y": self.distortion[0], "xanchor": "left", "yanchor": "bottom"}
        note = words(text, colour=ink, theme=theme, xshift=6, yshift=4, **place)
        return [note], [line, ground]

    def _crossing(self, total: float) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Where the line R + D = total enters and leaves the view, from left to right."""
        x0 = max(self.rate[0], total - self.distortion[1])
        x1 = min(self.rate[1], total - self.distortion[0])
        return ((x0, total - x0), (x1, total - x1)) if x1 > x0 else None


def _spread(values: Sequence[float], *, room: float = ROOM) -> tuple[float, float]:
    low, high = min(values), max(values)
    more = max(0.0, 0.5 * (LEAST_SPAN - (high - low)))
    low, high = low - more, high + more
    return low - room * (high - low), high + room * (high - low)


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least so large."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9)))
