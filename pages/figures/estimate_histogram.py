"""Estimates of the objective, made again and again, as a histogram about the mean that they estimate."""

import math

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, rule, words
from pages.figures.theme import INK, ThemeName, mark, nats, template, text_colour

BINS = 48
REACH = 3.6
"""Error bars of the axis's own batch to each side."""
ZOOM = 16
"""The axis is made for a batch of 1, 16, 256 images: within each, one sees the histogram shrink."""


def estimate_histogram(
    values: np.ndarray, *, mean: float, bar: float, batch: int, draws: int, theme: ThemeName
) -> Figure:
    """Draw the histogram, the mean, and the normal curve that the predicted error bar stands for.

    Args:
        values: Estimates, (R,) nats.
        mean: Of all that they are drawn from.
        bar: The predicted standard deviation, nats.
        batch: N.
        draws: S.
        theme: "light" or "dark".
    """
    step = ZOOM ** int(math.log(batch, ZOOM) + 1e-9)
    half = REACH * bar * math.sqrt(batch / step)
    low, high = mean - half, mean + half
    # Finer bins for a narrow histogram, so that it keeps its shape
    bins = BINS * max(1, round(math.sqrt(batch / step)))
    edges = np.linspace(low, high, bins + 1)
    counts, _ = np.histogram(np.clip(values, low, high), edges)
    middle, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]
    curve = np.linspace(low, high, 241)
    normal = len(values) * width / (bar * math.sqrt(2 * math.pi)) * np.exp(-0.5 * ((curve - mean) / bar) ** 2)
    purple, ink = str(mark("elbo")), INK[theme]
    title = sentence(values, bar)
    return Figure(
        data=[
            dict(
                type="bar",
                x=middle.astype(np.float32),
                y=counts.astype(np.int32),
                width=width,
                marker={"color": faint(purple, 0.55), "line": {"width": 0}},
                hovertemplate="%{y} estimates near %{x:.2f} nats<extra></extra>",
                name="estimates",
                meta={"word": "estimate"},
            ),
            dict(
                type="scatter",
                x=curve.astype(np.float32),
                y=normal.astype(np.float32),
                mode="lines",
                line={"color": ink, "width": 1.5, "dash": "dash"},
                hoverinfo="skip",
                name="predicted",
                meta={"word": "between"},
            ),
        ],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} N = {batch}, S = {draws}; the mean of all is {nats(mean, 2)} nats, "
                f"that of the estimates {nats(float(values.mean()), 2)}."
            },
            xaxis={"title": {"text": "estimate, nats per image"}, "range": [low, high], "showgrid": False},
            yaxis={"title": {"text": f"of {len(values)} estimates"}, "rangemode": "tozero", "nticks": 5},
            shapes=[rule(x=mean, colour=purple, width=2)],
            annotations=[
                words(
                    "mean of all",
                    x=mean,
                    y=1.0,
                    yref="paper",
                    colour=text_colour("elbo", theme),
                    theme=theme,
                    yanchor="bottom",
                    xanchor="center",
                )
            ],
            margin={"t": 24},
            bargap=0,
            showlegend=False,
            hovermode="closest",
        ),
    )


def sentence(values: np.ndarray, bar: float) -> str:
    """Say how wide the histogram is, and how wide it was to be."""
    spread = digits(float(values.std(ddof=1)))
    return f"{len(values)} estimates scatter by {spread} nats; predicted: {digits(bar)}."


def digits(value: float) -> str:
    """Return a positive number with three digits: 42.7, 0.0613."""
    places = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 2
    return nats(value, min(places, 6))
