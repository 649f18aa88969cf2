"""Bands of error, rules across a figure, and words beside them."""

import numpy as np

from pages.figures.theme import ThemeName

WIDTH = 2.0
"""A band reaches so many standard errors to each side."""


def faint(colour: str, share: float) -> str:
    """Return a colour #rrggbb with an opacity, as plotly takes it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def band(
    x: object, middle: object, error: object, *, colour: str, axis: str = "y", share: float = 0.16
) -> dict[str, object]:
    """Return a trace that shades two standard errors around a curve.

    Args:
        x: Places, (S,).
        middle: The curve, (S,).
        error: One standard error, (S,); where it is not finite there is no width.
        colour: Of the curve, #rrggbb.
        axis: "y" or another vertical axis.
        share: How opaque the band is.
    """
    places, values = np.asarray(x, np.float64), np.asarray(middle, np.float64)
    half = WIDTH * np.nan_to_num(np.asarray(error, np.float64), nan=0.0, posinf=0.0)
    return dict(
        type="scatter",
        x=np.concatenate([places, places[::-1]]).astype(np.float32),
        y=np.concatenate([values + half, (values - half)[::-1]]).astype(np.float32),
        mode="lines",
        fill="toself",
        fillcolor=faint(colour, share),
        line={"width": 0},
        showlegend=False,
        hoverinfo="skip",
        yaxis=axis,
    )


def rule(
    *,
    x: float | None = None,
    y: float | None = None,
    colour: str,
    dash: str = "solid",
    width: float = 1.5,
    **more,
) -> dict[str, object]:
    """Return a straight line across a figure: upright at x, or level at y."""
    line = {"color": colour, "width": width, "dash": dash}
    if x is not None:
        return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line, **more}
    return {"type": "line", "y0": y, "y1": y, "x0": 0, "x1": 1, "xref": "paper", "line": line, **more}


def words(
    text: str, *, x: float, y: float, colour: str, theme: ThemeName, xanchor: str = "left", **more
) -> dict[str, object]:
    """Return words at a place of a figure, on a ground that keeps lines away from the letters."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "xanchor": xanchor,
        "showarrow": False,
        "align": xanchor if xanchor in ("left", "right") else "center",
        "font": {"size": 11.5, "color": colour},
        **more,
    }
