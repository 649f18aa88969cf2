"""Data that can be seen whole: points in the plane or on a line, and what the model makes of them."""

import numpy as np
from plotly.graph_objects import Figure, Scatter

from pages.figures.theme import QUIET, ThemeName, blank, mark, template
from vae_core.training.snapshot import Observation

MOST_POINTS = 400
"""Of each kind: SVG, which every browser has, redraws three times as many several times a second."""

BINS = 60


def toy_scatter(observation: Observation | None, *, theme: ThemeName) -> Figure:
    """Draw data, their reconstructions and decoder means of draws from the prior together.

    Args:
        observation: What a model does to validation data of one or two dimensions; ``None`` before the
            first look.
        theme: "light" or "dark".

    Returns:
        A scatter for two dimensions, densities for one.
    """
    if observation is None:
        return blank("The points are drawn after the first steps.", theme=theme)
    layers = (
        ("data", observation.originals[:MOST_POINTS], QUIET[theme], 0.5),
        ("means of p(x|z), z from the prior", observation.samples[:MOST_POINTS], mark("z"), 0.8),
        ("reconstructions", observation.reconstructions[:MOST_POINTS], mark("reconstruction"), 0.8),
    )
    figure = _densities(layers) if observation.originals.shape[1] == 1 else _points(layers)
    title = "Data, and where the decoder puts them and fresh draws of z."
    figure.update_layout(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} {len(observation.originals):,} rows of validation data with their "
            "reconstructions, and decoder means of draws from the prior."
        },
        hovermode="closest",
    )
    return figure


Layer = tuple[str, np.ndarray, str | None, float]


def _points(layers: tuple[Layer, ...]) -> Figure:
    figure = Figure()
    for name, rows, colour, opacity in layers:
        figure.add_trace(
            Scatter(
                x=rows[:, 0].astype(np.float32),
                y=rows[:, 1].astype(np.float32),
                mode="markers",
                name=name,
                marker={"color": colour, "size": 4, "opacity": opacity},
                hovertemplate=f"{name}: %{{x:.2f}}, %{{y:.2f}}<extra></extra>",
            )
        )
    figure.update_layout(
        xaxis={"title": {"text": "x₁"}, "constrain": "domain"},
        yaxis={"title": {"text": "x₂"}, "scaleanchor": "x", "constrain": "domain"},
    )
    return figure


def _densities(layers: tuple[Layer, ...]) -> Figure:
    data = layers[0][1][:, 0]
    low, high = float(data.min()), float(data.max())
    room = 0.15 * (high - low)
    edges = np.linspace(low - room, high + room, BINS + 1)
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    figure = Figure()
    for name, rows, colour, _ in layers:
        # share of the rows per unit of x; rows beyond the axis count too
        height = np.histogram(rows[:, 0], bins=edges)[0] / (len(rows) * (edges[1] - edges[0]))
        figure.add_trace(
            Scatter(
                x=centres,
                y=height.astype(np.float32),
                mode="lines",
                name=name,
                line={"color": colour, "width": 2, "shape": "hvh"},
                fill="tozeroy" if name == "data" else None,
                hovertemplate=f"{name}: density %{{y:.3f}}<extra></extra>",
            )
        )
    figure.update_layout(
        xaxis={"title": {"text": "x"}}, yaxis={"title": {"text": "density"}, "rangemode": "tozero"}
    )
    return figure
