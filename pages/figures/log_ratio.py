"""KL as a mean: log q(z) − log p(z) at draws from q, with the mean of the draws and the exact one."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, rule, words
from pages.figures.theme import INK, ThemeName, mark, nats, template, text_colour
from vae_core.lessons.gaussian_pictures import Ratios


def log_ratio(record: Ratios, *, theme: ThemeName) -> Figure:
    """Draw how log q(z) − log p(z) is distributed over draws from q, and its mean.

    Args:
        record: The draws in bins.
        theme: "light" or "dark".
    """
    edges, counts = np.asarray(record.edges, np.float64), np.asarray(record.counts, np.float64)
    middle, width = 0.5 * (edges[1:] + edges[:-1]), float(edges[1] - edges[0])
    colour, ink, top = str(mark("kl")), INK[theme], float(max(counts.max(), 1.0))
    title = sentence(record)
    below = float(counts[middle < 0.0].sum()) / record.draws
    bars = dict(
        type="bar",
        x=middle.astype(np.float32),
        y=counts.astype(np.float32),
        width=width,
        marker={"color": faint(colour, 0.45), "line": {"width": 0}},
        name="draws",
        meta={"word": "z"},
        hovertemplate="%{y:,} draws near %{x:.2f} nats<extra></extra>",
    )
    mean = dict(
        type="scatter",
        x=np.array([record.estimate], np.float32),
        y=np.array([1.06 * top], np.float32),
        error_x={
            "type": "constant",
            "value": 2.0 * record.error,
            "color": colour,
            "thickness": 2,
            "width": 5,
        },
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": "circle-open", "line": {"width": 2}},
        name="mean of the draws",
        meta={"word": "kl"},
        hovertemplate=f"mean {nats(record.estimate, 3)} ± {nats(record.error, 3)} nats<extra></extra>",
    )
    right = record.truth > 0.5 * float(edges[0] + edges[-1])
    return Figure(
        data=[bars, mean],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} A histogram of {record.draws:,} draws; {100 * below:.0f} % of them "
                "are below zero."
            },
            xaxis={
                "title": {"text": "log q(z) − log p(z), nats"},
                "range": [float(edges[0]), float(edges[-1])],
                "showgrid": False,
            },
            yaxis={"title": {"text": "draws of z from q"}, "range": [0, 1.22 * top], "showgrid": False},
            shapes=[
                rule(x=0.0, colour=ink, width=1, dash="dot"),
                rule(x=record.truth, colour=colour, width=2),
            ],
            annotations=[
                {
                    **words(
                        f"KL(q ‖ p) = {nats(record.truth, 3)}",
                        x=record.truth,
                        y=1.22 * top,
                        colour=text_colour("kl", theme),
                        theme=theme,
                        xanchor="right" if right else "left",
                        yanchor="top",
                    ),
                    "xshift": -6 if right else 6,
                }
            ],
            showlegend=False,
            bargap=0,
            hovermode="closest",
        ),
    )


def sentence(record: Ratios) -> str:
    """Say what the mean of the draws is, and how sure."""
    return (
        f"The mean of log q − log p over {record.draws:,} draws from q is {nats(record.estimate, 3)} "
        f"± {nats(record.error, 3)} nats."
    )
