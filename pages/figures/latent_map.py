"""The latent map: where the encoder puts validation images, by class, with the prior's rings."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Bar, Figure, Scatter

from pages.figures.theme import GROUND, QUIET, ThemeName, blank, class_colour, mark, subscript, template
from vae_core.divergences import UNUSED_BELOW
from vae_core.training.snapshot import Observation

MOST_POINTS = 2000
"""SVG draws them, which needs nothing of the browser."""

BINS = 48

FARTHEST = 12.0
"""Prior σ: means beyond are off the map at first, and are found by zooming out."""


def latent_map(
    observation: Observation | None, *, theme: ThemeName, class_names: Sequence[str] | None = None
) -> Figure:
    """Draw the means μ(x) of validation images.

    Args:
        observation: What a model does to validation images; ``None`` before the first look.
        theme: "light" or "dark".
        class_names: The name of each label, for the legend.

    Returns:
        A histogram for one latent dimension, a map for two; beyond that a map of the two dimensions with
        the largest KL, which the axis titles name.
    """
    if observation is None:
        return blank("The map is drawn after the first steps.", theme=theme)
    title = openness(observation.kl_per_dimension)
    if observation.latent_mean.shape[1] == 1:
        figure, seen = _histogram(observation, theme=theme, class_names=class_names), "Histogram"
    else:
        figure, seen = _map(observation, theme=theme, class_names=class_names), "Map"
    figure.update_layout(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} {seen} of the encoder's means of {len(observation.latent_mean):,} "
            "validation images by class, with the prior."
        },
    )
    return figure


def openness(kl_per_dimension: np.ndarray) -> str:
    """Say how many latent dimensions carry information, like "KL has closed 3 of 8 dimensions"."""
    count = len(kl_per_dimension)
    closed = int((np.asarray(kl_per_dimension) < UNUSED_BELOW).sum())
    if count == 1:
        state = (
            "tells nothing about x" if closed else f"carries {float(kl_per_dimension[0]):.1f} nats about x"
        )
        return f"The one latent dimension {state}."
    if closed == 0:
        return (
            "Both latent dimensions are in use."
            if count == 2
            else f"All {count} latent dimensions are in use."
        )
    if closed == count:
        return "KL has closed every dimension: z tells nothing about x."
    return f"KL has closed {closed} of {count} dimensions."


def widest_dimensions(kl_per_dimension: np.ndarray) -> tuple[int, int]:
    """Return the two dimensions with the largest KL, in their own order."""
    first, second = np.sort(np.argsort(-np.asarray(kl_per_dimension), kind="stable")[:2])
    return int(first), int(second)


def _groups(
    observation: Observation, class_names: Sequence[str] | None
) -> list[tuple[str, np.ndarray, str | None]]:
    """Return name, rows and colour of each class; one group without labels."""
    rows = np.arange(min(len(observation.latent_mean), MOST_POINTS))
    if observation.labels is None:
        return [("validation data", rows, None)]
    labels = np.asarray(observation.labels)[rows]
    found = [int(label) for label in np.unique(labels)]
    name = [str(k) if class_names is None else class_names[k] for k in found]
    return [(n, rows[labels == k], class_colour(k)) for n, k in zip(name, found, strict=True)]


def _map(observation: Observation, *, theme: ThemeName, class_names: Sequence[str] | None) -> Figure:
    kl = observation.kl_per_dimension
    across, up = widest_dimensions(kl)
    means = observation.latent_mean
    figure = Figure()
    for name, rows, colour in _groups(observation, class_names):
        figure.add_trace(
            Scatter(
                x=means[rows, across].astype(np.float32),
                y=means[rows, up].astype(np.float32),
                mode="markers",
                name=name,
                marker={
                    "color": colour or QUIET[theme],
                    "size": 5.5,
                    "opacity": 0.85,
                    "line": {"color": QUIET[theme], "width": 0.6 if theme == "dark" else 0},
                },
                hovertemplate=f"{name}: %{{x:.2f}}, %{{y:.2f}}<extra></extra>",
            )
        )
    reach = min(max(3.0, float(np.abs(means[:, [across, up]]).max()) * 1.05), FARTHEST)
    titles = [f"z{subscript(d + 1)} (KL {float(kl[d]):.1f} nats)" for d in (across, up)]
    figure.update_layout(
        shapes=[_ring(radius, theme) for radius in (1, 2)],
        annotations=[_ring_name(radius, theme) for radius in (1, 2)],
        xaxis={"title": {"text": titles[0]}, "range": [-reach, reach], "constrain": "domain"},
        yaxis={
            "title": {"text": titles[1]},
            "range": [-reach, reach],
            "scaleanchor": "x",
            "constrain": "domain",
        },
        showlegend=observation.labels is not None,
        hovermode="closest",
        uirevision=f"z {across} {up}",
    )
    return figure


def _ring(radius: int, theme: ThemeName) -> dict[str, object]:
    corner = {"x0": -radius, "y0": -radius, "x1": radius, "y1": radius}
    line = {"color": QUIET[theme], "width": 1, "dash": "dot" if radius == 2 else "solid"}
    return {"type": "circle", "xref": "x", "yref": "y", "layer": "above", "line": line, **corner}


def _ring_name(radius: int, theme: ThemeName) -> dict[str, object]:
    return {
        "x": radius * 0.7071,
        "y": radius * 0.7071,
        "text": f"{radius} σ" if radius > 1 else "prior 1 σ",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "bottom",
        "bgcolor": GROUND[theme],
        "opacity": 0.85,
        "borderpad": 1,
        "font": {"size": 10, "color": QUIET[theme]},
    }


def _histogram(observation: Observation, *, theme: ThemeName, class_names: Sequence[str] | None) -> Figure:
    means = observation.latent_mean[:, 0]
    reach = max(3.0, float(np.abs(means).max()) * 1.05)
    edges = np.linspace(-reach, reach, BINS + 1)
    centres = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    groups = _groups(observation, class_names)
    shown = sum(len(rows) for _, rows, _ in groups)
    figure = Figure()
    for name, rows, colour in groups:
        heights = np.histogram(means[rows], bins=edges)[0].astype(np.float32)
        figure.add_trace(
            Bar(
                x=centres,
                y=heights,
                name=name,
                marker={"color": colour or QUIET[theme], "line": {"width": 0}},
                hovertemplate=f"{name}: %{{y:.0f}} images<extra></extra>",
            )
        )
    # the prior as a count of images per bin: N · width · N(z; 0, 1)
    prior = shown * (edges[1] - edges[0]) * np.exp(-(centres**2) / 2) / np.sqrt(2 * np.pi)
    figure.add_trace(
        Scatter(
            x=centres,
            y=prior.astype(np.float32),
            mode="lines",
            name="prior",
            line={"color": mark("z"), "width": 2},
            hoverinfo="skip",
        )
    )
    figure.update_layout(
        barmode="stack",
        bargap=0,
        xaxis={"title": {"text": f"mean of z₁ (KL {float(observation.kl_per_dimension[0]):.1f} nats)"}},
        yaxis={"title": {"text": "validation images"}},
        hovermode="closest",
    )
    return figure
