"""Jensen's inequality on one image's own weights: the log curve, and the mean of the logs below it."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, words
from pages.figures.theme import GROUND, INK, QUIET, ThemeName, mark, nats, template, text_colour
from vae_core.diagnostics.jensen import JensenPicture
from vae_core.estimators.weights import HEAVY_TAIL

POINTS = 200
MOSTLY_SMALL = 0.5
"""With more than this share of tiny weights, they are the reason for the gap."""

CROWDED = 0.3
"""With more than this share of draws in one bin, counts stand on a logarithmic axis."""

TIGHT = 0.3
"""Of the height: in a smaller gap there is no room for words."""


def jensen(picture: JensenPicture, *, theme: ThemeName) -> Figure:
    """Draw the log curve over the weights of one image, and below it how the weights are distributed.

    Args:
        picture: The weights.
        theme: "light" or "dark".

    Returns:
        The figure. Weights are in units of their mean E[w] = p(x), so that log E[w] is 0; between the point
        on the curve above 1 and the mean of the logs below it lies the gap.
    """
    ink, quiet, purple = INK[theme], QUIET[theme], text_colour("elbo", theme)
    known = picture.log_likelihood.kind == "exact"
    gap = picture.gap
    dots, reach = np.asarray(picture.dots), float(picture.ratio_edges[-1])
    low = min(-1.25 * gap, float(np.quantile(dots, 0.1)), -1.0)
    high = np.log(reach)
    span = [low, high + 0.18 * (high - low)]
    heights = np.linspace(min(low, -12.0), high, POINTS)
    shown = dots[(dots > low) & (dots <= high)]
    title = sentence(picture)
    curve = dict(
        type="scatter",
        x=np.exp(heights).astype(np.float32),
        y=heights.astype(np.float32),
        mode="lines",
        line={"color": ink, "width": 2},
        name="log w",
        showlegend=False,
        hoverinfo="skip",
    )
    drawn = dict(
        type="scatter",
        x=np.exp(shown).astype(np.float32),
        y=shown.astype(np.float32),
        mode="markers",
        marker={"color": faint(str(mark("z")), 0.5), "size": 6},
        name="draws",
        showlegend=False,
        hovertemplate="a draw: w = %{x:.3g} p(x), log w = log p(x) + %{y:.1f}<extra></extra>",
    )
    points = dict(
        type="scatter",
        x=np.array([1, 1], np.float32),
        y=np.array([0, -gap], np.float32),
        mode="markers",
        marker={"color": [ink, purple], "size": 11, "line": {"color": GROUND[theme], "width": 1.5}},
        name="means",
        showlegend=False,
        hovertemplate="log p(x) %{y:+.2f} nats<extra></extra>",
    )
    edges, counts = np.asarray(picture.ratio_edges), np.asarray(picture.ratio_counts)
    log_counts = counts.max() > CROWDED * picture.draws
    bars = dict(
        type="bar",
        x=(0.5 * (edges[1:] + edges[:-1])).astype(np.float32),
        y=counts,
        width=float(edges[1] - edges[0]),
        marker={"color": mark("z"), "line": {"width": 0}},
        name="draws",
        showlegend=False,
        yaxis="y2",
        hovertemplate="%{y:,} draws near w = %{x:.2f} p(x)<extra></extra>",
    )
    unit = "E[w] = p(x)" if known else "p(x), as estimated"
    tail = _beyond(picture)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Above, the curve log w against w in units of p(x), with {len(dots)} "
            f"draws on it, the point log E[w] on the curve and E[log w] {nats(gap, 2)} nats below it. "
            f"Beneath, a histogram of {picture.draws:,} weights{_plain(tail)}."
        },
        xaxis={
            "title": {"text": f"weight w, in units of {unit}"},
            "range": [-0.02 * reach, reach],
            "anchor": "y2",
            "showgrid": False,
        },
        yaxis={"title": {"text": "log w − log p(x), nats"}, "domain": [0.4, 1.0], "range": span},
        yaxis2={
            "title": {"text": "draws"},
            "domain": [0.0, 0.3],
            "type": "log" if log_counts else "linear",
            "range": [-0.4, float(np.log10(max(counts.max(), 1))) + 0.2] if log_counts else None,
            "nticks": 4,
            "showgrid": False,
        },
        bargap=0,
        shapes=[
            {
                "type": "line",
                "x0": 1,
                "x1": 1,
                "y0": 0,
                "y1": -gap,
                "line": {"color": text_colour("kl", theme), "width": 3},
            },
            {"type": "line", "x0": 0, "x1": 1, "y0": -gap, "y1": -gap, "line": _thin(purple)},
            {"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 0, "line": _thin(ink)},
        ],
        annotations=[
            *_names(gap, span, ink, purple, theme),
            *([_corner(tail, quiet, theme)] if tail else []),
        ],
        hovermode="closest",
    )
    return Figure(data=[bars, curve, drawn, points], layout=layout)


def sentence(picture: JensenPicture) -> str:
    """Say how far the mean of the logs lies below the log of the mean, and why."""
    size = nats(picture.gap, 1 if picture.gap >= 0.95 else 2)
    about = "" if picture.log_likelihood.kind == "exact" else "about "
    said = f"The mean of log w lies {about}{size} nats below the log of the mean of w"
    if picture.small > MOSTLY_SMALL:
        share = "all" if picture.small == 1 else f"{int(1000 * picture.small) / 10:g} % of the"
        return f"{said}: {share} weights drawn are below a hundredth of that mean."
    if picture.gap < 0.1:
        return f"{said}: the weights are nearly equal."
    return f"{said}: the log bends down over their spread."


def worth(picture: JensenPicture) -> str:
    """Say how many equal weights these are worth, and whether the error of their mean can be trusted."""
    equal = f"{picture.effective:,.1f}" if picture.effective < 10 else f"{picture.effective:,.0f}"
    said = f"For estimating p(x), these {picture.draws:,} draws are worth {equal} of equal weight"
    if not np.isfinite(picture.tail):
        return f"{said}: all weights are equal."
    tail = f"k̂ = {nats(picture.tail, 2)}"
    if picture.tail > HEAVY_TAIL:
        return f"{said}; {tail}, so heavy a tail that the error of their mean can’t be trusted."
    return f"{said}; {tail}, so the error of their mean can be trusted."


def _names(gap: float, span: list[float], ink: str, purple: str, theme: ThemeName) -> list[dict[str, object]]:
    """Name both points and the gap between them; all in one place where they stand close together."""
    red, size = text_colour("kl", theme), f"gap {nats(gap, 2)} nats"
    if gap < TIGHT * (span[1] - span[0]):
        lines = [("● log E[w] = log p(x)", ink), ("● E[log w] = ELBO", purple), (size, red)]
        text = "<br>".join(f'<span style="color:{colour}">{line}</span>' for line, colour in lines)
        return [words(text, x=1, y=-gap, colour=ink, theme=theme, yanchor="top", xshift=12, yshift=-2)]
    return [
        words("log E[w] = log p(x)", x=1, y=0, colour=ink, theme=theme, yanchor="top", xshift=9, yshift=-3),
        words("E[log w] = ELBO", x=1, y=-gap, colour=purple, theme=theme, xshift=9, yanchor="middle"),
        words(size, x=1, y=-0.5 * gap, colour=red, theme=theme, xshift=9, yanchor="middle"),
    ]


def _beyond(picture: JensenPicture) -> str:
    reach, most = float(picture.ratio_edges[-1]), picture.greatest
    if most < 0.01:
        power = int(np.floor(np.log10(max(most, 1e-300))))
        return f"; no draw comes near the mean:<br>the greatest is about 10<sup>{nats(power, 0)}</sup>"
    if most <= 1:
        return f"; no draw reaches the mean:<br>the greatest is {most:.2g}"
    if picture.beyond == 0:
        return ""
    greatest = f"{most:,.0f}" if most >= 10 else f"{most:.1f}"
    return f"; {picture.beyond:,} beyond {reach:.2g},<br>the greatest {greatest}"


def _plain(tail: str) -> str:
    return tail.replace("<br>", " ").replace("<sup>", "^").replace("</sup>", "")


def _corner(tail: str, quiet: str, theme: ThemeName) -> dict[str, object]:
    text = tail.removeprefix("; ")
    corner = words(text, x=1.0, y=0.3, colour=quiet, theme=theme, xanchor="right", yanchor="top")
    return {**corner, "xref": "paper", "yref": "paper"}


def _thin(colour: str) -> dict[str, object]:
    return {"color": colour, "width": 1, "dash": "dot"}
