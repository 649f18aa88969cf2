"""Draws from the prior on the plane of codes, and the little place where one image's codes lie."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, words
from pages.figures.theme import GROUND, INK, QUIET, ThemeName, mark, template, text_colour
from vae_core.lessons.likelihood_draws import KnownPosterior

REACH = 3.6
"""Prior standard deviations to each side that are shown."""
MOST_DOTS = 2000
LIGHT = 1e-3
"""Of the whole weight: draws with less are drawn small and faint."""


def prior_map(
    known: KnownPosterior, z: np.ndarray, weights: np.ndarray, *, heavy: int, theme: ThemeName
) -> Figure:
    """Draw p(z|x) as a heat map, and draws from the prior, each as large as its weight.

    Args:
        known: The posterior of the image, over two latent dimensions.
        z: Draws, (K, 2).
        weights: Their shares of the whole weight, (K,).
        heavy: How many of them carry nine tenths of it.
        theme: "light" or "dark".
    """
    first, second = (np.asarray(axis) for axis in known.grid.axes)
    density = np.exp(np.asarray(known.grid.log_density))
    ink, blue = INK[theme], str(mark("z"))
    light, large = np.flatnonzero(weights < LIGHT)[:MOST_DOTS], np.flatnonzero(weights >= LIGHT)
    title = sentence(len(z), heavy)
    heat = dict(
        type="heatmap",
        x=first.astype(np.float32),
        y=second.astype(np.float32),
        # The first axis of the density is that of z₁, and rows of a heat map lie along y
        z=np.sqrt(density / density.max()).T.astype(np.float32),
        colorscale=[[0, faint(blue, 0.0)], [0.25, faint(blue, 0.35)], [1, blue]],
        showscale=False,
        hoverinfo="skip",
        meta={"word": "log_likelihood"},
    )
    small = dict(
        type="scatter",
        x=z[light, 0].astype(np.float32),
        y=z[light, 1].astype(np.float32),
        mode="markers",
        marker={"color": faint(QUIET[theme], 0.45), "size": 3},
        hoverinfo="skip",
        showlegend=False,
        meta={"word": "z"},
    )
    weighty = dict(
        type="scatter",
        x=z[large, 0].astype(np.float32),
        y=z[large, 1].astype(np.float32),
        customdata=(100 * weights[large]).astype(np.float32),
        mode="markers",
        marker={
            "color": faint(ink, 0.12),
            "size": (5 + 19 * np.sqrt(weights[large])).astype(np.float32),
            "line": {"color": ink, "width": 1.5},
        },
        hovertemplate="a draw with %{customdata:.1f} % of the weight<extra></extra>",
        showlegend=False,
        meta={"word": "log_weights"},
    )
    axis = {"range": [-REACH, REACH], "showgrid": False, "tickvals": [-3, -2, -1, 0, 1, 2, 3]}
    left = len(z) - len(large) - len(light)
    return Figure(
        data=[heat, small, weighty],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} The true posterior p(z|x) lies around "
                f"({known.grid.mean[0]:.2f}, {known.grid.mean[1]:.2f}); draws from the prior are dots, "
                f"sized by weight{f', {left:,} of the lightest left out' if left else ''}."
            },
            xaxis={**axis, "title": {"text": "z₁, prior σ"}},
            yaxis={**axis, "title": {"text": "z₂, prior σ"}, "scaleanchor": "x", "constrain": "domain"},
            shapes=[_ring(radius, theme) for radius in (1, 2, 3)],
            annotations=[
                words(
                    "p(z|x)",
                    x=float(known.grid.mean[0]),
                    y=float(known.grid.mean[1]),
                    colour=text_colour("z", theme),
                    theme=theme,
                    xshift=14,
                    yshift=14,
                    bgcolor=faint(GROUND[theme], 0.8),
                ),
                words(
                    "prior, 3 σ",
                    x=0,
                    y=-3,
                    colour=QUIET[theme],
                    theme=theme,
                    xanchor="center",
                    bgcolor=GROUND[theme],
                ),
            ],
            hovermode="closest",
        ),
    )


def sentence(samples: int, heavy: int) -> str:
    """Say how few of the draws count."""
    if samples == 1:
        return "A single draw from the prior carries all the weight."
    carry = "carries" if heavy == 1 else "carry"
    return f"Of {samples:,} draws from the prior, {heavy:,} {carry} nine tenths of the weight."


def _ring(radius: float, theme: ThemeName) -> dict[str, object]:
    line = {"color": faint(QUIET[theme], 0.4), "width": 1, "dash": "dot"}
    ends = {"x0": -radius, "x1": radius, "y0": -radius, "y1": radius}
    return {"type": "circle", "line": line, "layer": "below", **ends}
