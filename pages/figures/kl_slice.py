"""The VAE's case of the KL between Gaussians: a curve over σ and a curve over μ, which add up."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import words
from pages.figures.theme import GROUND, ThemeName, mark, nats, subscript, template, text_colour
from vae_core.lessons.gaussian_pictures import Slice

SYMBOLS = ("circle", "diamond")
HIGH = 4.0
"""Nats that both axes show at least."""


def kl_slice(record: Slice, *, theme: ThemeName) -> Figure:
    """Draw ½ (σ² − 1 − log σ²) over σ and ½ μ² over μ, with both dimensions of q marked.

    Args:
        record: The curves, and where q stands.
        theme: "light" or "dark".
    """
    widths = [
        float(np.interp(s, np.asarray(record.std), np.asarray(record.width_kl))) for s in record.now_std
    ]
    means = [0.5 * value**2 for value in record.now_mean]
    top = 1.12 * max(HIGH, *widths, *means)
    title = sentence(record)
    places = (record.now_std, widths, "std", "x", "y"), (record.now_mean, means, "mean", "x2", "y2")
    curves = [
        _curve(record.std, record.width_kl, "std", "x", "y"),
        _curve(record.mean, record.mean_kl, "mean", "x2", "y2"),
    ]
    dots = [
        _dot(float(values[j]), float(heights[j]), j, word, axes, theme)
        for values, heights, word, *axes in places
        for j in (0, 1)
    ]
    names = [
        _name(float(values[j]), float(heights[j]), j, word, axes, theme)
        for values, heights, word, *axes in places
        for j in (0, 1)
    ]
    return Figure(
        data=[*curves, *dots],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} Left: ½ (σ² − 1 − log σ²), which is 0 at σ = 1, rises slowly below "
                f"and fast above. Right: ½ μ², a parabola."
            },
            xaxis={
                "title": {"text": "σ, logarithmic"},
                "type": "log",
                "domain": [0.0, 0.47],
                "tickvals": [0.03, 0.1, 0.3, 1, 3],
                "ticktext": ["0.03", "0.1", "0.3", "1", "3"],
                "showgrid": False,
            },
            yaxis={"title": {"text": "½ (σ² − 1 − log σ²), nats"}, "range": [-0.03 * top, top]},
            xaxis2={"title": {"text": "μ"}, "domain": [0.57, 1.0], "anchor": "y2", "showgrid": False},
            yaxis2={"title": {"text": "½ μ², nats"}, "range": [-0.03 * top, top], "anchor": "x2"},
            annotations=names,
            showlegend=False,
            hovermode="closest",
        ),
    )


def sentence(record: Slice) -> str:
    """Say what both dimensions cost, and their sum."""
    first, second = record.now_kl
    return f"z₁ costs {nats(first, 3)} nats and z₂ {nats(second, 3)}: together {nats(first + second, 3)}."


def _curve(x: object, y: object, word: str, xaxis: str, yaxis: str) -> dict[str, object]:
    symbol = {"std": "σ", "mean": "μ"}[word]
    return dict(
        type="scatter",
        x=np.asarray(x, np.float32),
        y=np.asarray(y, np.float32),
        mode="lines",
        line={"color": mark(word), "width": 2.5},
        name=symbol,
        meta={"word": word},
        xaxis=xaxis,
        yaxis=yaxis,
        hovertemplate=f"{symbol} = %{{x:.3g}}: %{{y:.3f}} nats<extra></extra>",
    )


def _dot(x: float, y: float, j: int, word: str, axes: list[str], theme: ThemeName) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([x], np.float32),
        y=np.array([y], np.float32),
        mode="markers",
        marker={
            "color": mark(word),
            "size": 12,
            "symbol": SYMBOLS[j],
            "line": {"color": GROUND[theme], "width": 1.5},
        },
        name=f"z{subscript(j + 1)}",
        meta={"word": word},
        xaxis=axes[0],
        yaxis=axes[1],
        hovertemplate=f"z{subscript(j + 1)}: %{{y:.3f}} nats<extra></extra>",
    )


def _name(x: float, y: float, j: int, word: str, axes: list[str], theme: ThemeName) -> dict[str, object]:
    """Name a dot: above the curve over σ, outside of the parabola over μ."""
    over = word == "std"
    anchor = "center" if over else "left" if x >= 0.0 else "right"
    at = words(
        f"z{subscript(j + 1)}",
        x=float(np.log10(x)) if over else x,
        y=y,
        colour=text_colour(word, theme),
        theme=theme,
        xanchor=anchor,
        yanchor="bottom" if over else "middle",
    )
    shift = {"yshift": 6} if over else {"xshift": 9 if x >= 0.0 else -9}
    return {**at, **shift, "xref": axes[0], "yref": axes[1]}
