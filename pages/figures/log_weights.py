"""The log-weights of one image, and how far half their variance explains the gap."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import INK, QUIET, ThemeName, mark, nats, template, text_colour
from vae_core.diagnostics.jensen import JensenPicture

ALIKE = 0.1
"""Half the variance and the gap agree within this share of the gap."""

SEEN = 0.002
"""Of the draws: an axis begins where so many lie to the left."""


def log_weights(picture: JensenPicture, *, theme: ThemeName) -> Figure:
    """Draw the histogram of log w with the ELBO, the log of the mean of these draws, and log p(x).

    Args:
        picture: The weights.
        theme: "light" or "dark".

    Returns:
        The figure; the thin curve is a normal law of the same mean and variance.
    """
    ink, purple, quiet = INK[theme], text_colour("elbo", theme), QUIET[theme]
    edges, counts = np.asarray(picture.log_edges), np.asarray(picture.log_counts)
    middle, wide = 0.5 * (edges[1:] + edges[:-1]), float(edges[1] - edges[0])
    share = (100 * counts / picture.draws / wide).astype(np.float32)
    normal = (100 * np.asarray(picture.normal_counts) / picture.draws / wide).astype(np.float32)
    top, bottom = float(picture.log_likelihood.value[0]), float(picture.elbo.value[0])
    known = picture.log_likelihood.kind == "exact"
    first = int(np.searchsorted(np.cumsum(counts), SEEN * picture.draws))
    low, high = min(float(edges[first]), bottom), max(float(edges[-1]), top)
    room = 0.04 * (high - low)
    title = sentence(picture)
    bars = dict(
        type="bar",
        x=middle.astype(np.float32),
        y=share,
        width=wide,
        marker={"color": mark("z"), "line": {"width": 0}},
        name="draws",
        showlegend=False,
        hovertemplate="log w near %{x:.1f}: %{y:.2g} % of the draws a nat<extra></extra>",
    )
    law = dict(
        type="scatter",
        x=middle.astype(np.float32),
        y=normal,
        mode="lines",
        line={"color": quiet, "width": 1.5, "dash": "dot"},
        name="were it normal",
        hoverinfo="skip",
    )
    tall = float(max(share.max(), normal.max()))
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} A histogram of {picture.draws:,} log-weights in nats, with lines at the "
            f"ELBO {nats(bottom, 2)}, at the log of the mean of these draws {nats(picture.bound, 2)}, a "
            f"lower bound, and at log p(x) {nats(top, 2)}."
        },
        xaxis={"title": {"text": "log w, nats"}, "range": [low - room, high + room], "showgrid": False},
        yaxis={"title": {"text": "% of draws per nat"}, "range": [0, 1.1 * tall], "showgrid": False},
        bargap=0,
        showlegend=True,
        hovermode="closest",
    )
    called = "exact log p(x) = log E[w]" if known else "log p(x), estimate"
    lines = [
        _line(bottom, tall, "ELBO = E[log w]", purple, "dash"),
        _line(picture.bound, tall, f"log of the mean of {picture.draws:,} draws", quiet, "dash"),
        _line(top, tall, called, ink, "solid" if known else "longdash"),
    ]
    return Figure(data=[bars, *lines, law], layout=layout)


def sentence(picture: JensenPicture) -> str:
    """Say how far Var(log w)/2 explains the gap; of normal log-weights it is the gap."""
    half, gap = 0.5 * picture.variance, picture.gap
    digits = 1 if gap >= 0.95 else 2
    about = "" if picture.log_likelihood.kind == "exact" else "about "
    if abs(half - gap) <= ALIKE * abs(gap):
        how = "as if log w were normal"
    else:
        near = 0.6 <= half / max(gap, 1e-9) <= 1.6
        how = "log w is not normal" if near else "log w is far from normal"
    both = f"Var(log w)/2 is {nats(half, digits)} nats, the gap {about}{nats(gap, digits)}"
    return f"{both}: {how}."


def _line(x: float, tall: float, name: str, colour: str, dash: str) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([x, x], np.float32),
        y=np.array([0, 1.1 * tall], np.float32),
        mode="lines",
        line={"color": colour, "width": 2, "dash": dash},
        name=f"{name}, {nats(x, 2)}",
        hovertemplate=f"{name}: {nats(x, 2)} nats<extra></extra>",
    )
