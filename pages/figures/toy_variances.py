"""Var of two gradients of E ‖z‖² over the number of dimensions: formulae as lines, measured ones as dots."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule, words
from pages.figures.theme import INK, QUIET, ThemeName, mark, template, text_colour
from vae_core.lessons.sampling_gradients import ToyVariance


def toy_variances(record: Sequence[ToyVariance], dimensions: int, *, theme: ThemeName) -> Figure:
    """Draw both variances per coordinate.

    Args:
        record: For each number of dimensions.
        dimensions: The number that is set.
        theme: "light" or "dark".
    """
    d = np.array([one.dimensions for one in record], np.float32)
    curves = (
        ("pathwise", "noise", [one.pathwise for one in record], [one.pathwise_formula for one in record]),
        ("score", "reconstruction", [one.score for one in record], [one.score_formula for one in record]),
    )
    here = record[dimensions - 1]
    title = sentence(here)
    data = []
    for word, colour, measured, formula in curves:
        data += [
            dict(
                type="scatter",
                x=d,
                y=np.asarray(formula, np.float32),
                mode="lines",
                line={"color": str(mark(colour)), "width": 2},
                hovertemplate="%{y:.0f} σ² in %{x:.0f} dimensions<extra></extra>",
                meta={"word": word},
            ),
            dict(
                type="scatter",
                x=d,
                y=np.asarray(measured, np.float32),
                mode="markers",
                marker={"color": INK[theme], "size": 5},
                hovertemplate="measured %{y:.1f} σ² in %{x:.0f} dimensions<extra></extra>",
                meta={"word": word},
            ),
        ]
    middle = len(record) // 2
    return Figure(
        data=data,
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} Measured: {here.pathwise:.2f} and {here.score:.1f}. The one does "
                "not depend on d, the other grows as its square."
            },
            xaxis={"title": {"text": "d, dimensions of z"}, "tickvals": [1, 4, 8, 12, 16], "showgrid": False},
            yaxis={
                "title": {"text": "variance per coordinate, σ², logarithmic"},
                "type": "log",
                "dtick": 1,
                "range": [0.3, 3.0],
            },
            shapes=[rule(x=float(dimensions), colour=QUIET[theme], dash="dash", width=1.25)],
            annotations=[
                words(
                    "reparameterised: 4",
                    x=float(d[middle]),
                    y=float(np.log10(4.0)),
                    colour=text_colour("noise", theme),
                    theme=theme,
                    yanchor="bottom",
                ),
                words(
                    "score function: (d + 2)(d + 4)",
                    x=float(d[-1]),
                    y=float(np.log10(record[middle].score_formula)),
                    colour=text_colour("reconstruction", theme),
                    theme=theme,
                    yanchor="top",
                    xanchor="right",
                    yshift=-14,
                ),
            ],
            showlegend=False,
            hovermode="closest",
        ),
    )


def sentence(here: ToyVariance) -> str:
    """Say what both variances are in the dimensions that are set."""
    times = here.score_formula / here.pathwise_formula
    return (
        f"The slope of E ‖z‖² in d = {here.dimensions}: variances 4 σ² and {here.score_formula:.0f} σ², "
        f"{times:g} times."
    )
