"""Two estimators of one slope, draw by draw, above each other on one axis."""

import math

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, rule
from pages.figures.estimate_histogram import digits
from pages.figures.theme import INK, ThemeName, mark, nats, subscript, template

BINS, MOST = 60, 1200
REACH = 3.0
"""Standard deviations that so many bins are for."""
SHOWN = 0.99
"""Of the draws of the wider one."""
ROWS = {"pathwise": ("noise", "y", "reparameterised"), "score": ("reconstruction", "y2", "score function")}
"""Each estimator's colour, axis and name."""


def gradient_estimates(
    pathwise: np.ndarray, score: np.ndarray, *, exact: float, dimension: int, theme: ThemeName
) -> Figure:
    """Draw both histograms with their means, about the exact slope.

    Args:
        pathwise: Reparameterised, (K,) nats per prior σ.
        score: Score function, (K,).
        exact: What both estimate.
        dimension: Which μ_j, from 0.
        theme: "light" or "dark".
    """
    end = 1.1 * max(float(np.quantile(np.abs(values - exact), SHOWN)) for values in (pathwise, score))
    data = []
    for word, values in (("pathwise", pathwise), ("score", score)):
        colour, axis, name = ROWS[word]
        mean, spread = float(values.mean()), float(values.std(ddof=1))
        error = spread / math.sqrt(len(values))
        # A narrow histogram has narrower bins, so that it keeps its shape
        bins = int(np.clip(BINS * end / (REACH * spread), BINS, MOST))
        counts, edges = np.histogram(values - exact, np.linspace(-end, end, bins + bins % 2 + 1))
        ends = mean + np.array([-2.0, 0.0, 2.0]) * error - exact
        data += [
            dict(
                type="bar",
                x=(0.5 * (edges[1:] + edges[:-1])).astype(np.float32),
                y=(counts / max(1, counts.max())).astype(np.float32),
                width=float(edges[1] - edges[0]),
                customdata=counts.astype(np.int32),
                yaxis=axis,
                marker={"color": faint(str(mark(colour)), 0.6), "line": {"width": 0}},
                hovertemplate=f"%{{customdata}} draws, {name}<extra></extra>",
                meta={"word": word},
            ),
            dict(
                type="scatter",
                x=ends.astype(np.float32),
                y=np.full(3, 1.18, np.float32),
                yaxis=axis,
                mode="lines+markers",
                line={"color": str(mark(colour)), "width": 2},
                marker={"size": [1, 9, 1], "color": str(mark(colour))},
                hovertemplate=f"mean {nats(mean, 2)} ± {digits(error)}, {name}<extra></extra>",
                meta={"word": word},
            ),
        ]
    title = sentence(pathwise, score, exact, dimension)
    return Figure(
        data=data,
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} Means: {nats(float(pathwise.mean()), 2)} reparameterised, "
                f"{nats(float(score.mean()), 2)} by the score function, over {len(score):,} draws; one in a "
                "hundred of the wider ones lies beyond."
            },
            xaxis={
                "title": {"text": "estimate − exact slope, nats per prior σ"},
                "range": [-end, end],
                "anchor": "y2",
            },
            yaxis={"domain": [0.54, 1.0], "range": [0, 1.35], "visible": False},
            yaxis2={"domain": [0.0, 0.46], "range": [0, 1.35], "visible": False},
            shapes=[rule(x=0.0, colour=INK[theme], width=1.5)],
            annotations=[
                {
                    "text": name,
                    "x": 0.0,
                    "y": 1.25,
                    "xref": "paper",
                    "yref": axis,
                    "xanchor": "left",
                    "yanchor": "top",
                    "showarrow": False,
                    "font": {"size": 12, "color": INK[theme]},
                }
                for _, axis, name in ROWS.values()
            ],
            bargap=0,
            showlegend=False,
            hovermode="closest",
        ),
    )


def sentence(pathwise: np.ndarray, score: np.ndarray, exact: float, dimension: int) -> str:
    """Say how much each estimator scatters about the same slope."""
    return (
        f"Slope by μ{subscript(dimension + 1)}: exactly {nats(exact, 2)}. One draw scatters by "
        f"{digits(float(pathwise.std(ddof=1)))} reparameterised, by {digits(float(score.std(ddof=1)))} with "
        "the score function."
    )
