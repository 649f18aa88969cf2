"""A walk along its way: how dense the prior is where it passes, and how far the decoded x has moved."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import GRID, QUIET, ThemeName, blank, nats, template
from vae_core.latent.walks import Walk
from vae_core.notation import WALK_COLOURS

ALIKE = 0.01
"""Lengths that differ by a smaller share are called equal."""

DASHES = {"spherical": "dash"}


def walk_density(
    walks: Sequence[Walk],
    *,
    theme: ThemeName,
    travelled: Sequence[np.ndarray] = (),
    space: str = "pixel space",
) -> Figure:
    """Draw log p(z) along each walk, and below it the length that lies behind.

    Args:
        walks: One a style, past the same stops.
        theme: "light" or "dark".
        travelled: The length from the start to each point of each walk's path, (M,) each; none draws the
            density alone.
        space: What lengths are measured in.

    Returns:
        The figure. The horizontal axis is the share of the way, equal for each leg; the pins are marked.
    """
    if not walks:
        return blank("A walk is drawn here once there are two pins.", theme=theme)
    ground = int(theme == "dark")
    lines = []
    for way in walks:
        lines.append(_line(way.style, way.log_prior, ground, axis="y", words="log p(z) %{y:.2f} nats"))
    for way, length in zip(walks, travelled, strict=False):
        lines.append(_line(way.style, length, ground, axis="y2", words="%{y:.2f} so far"))
    title = sentence(walks)
    upper = [0.56, 1.0] if len(travelled) else [0.0, 1.0]
    stops = walks[0].stop_frames
    shares = [frame / stops[-1] for frame in stops]
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Two curves a style against the share of the way past {len(stops)} pins: "
            f"log p(z) in nats, and the length so far in {space}."
        },
        xaxis={
            "title": {"text": "share of the way, pin to pin"},
            "range": [-0.01, 1.01],
            "anchor": "y2" if len(travelled) else "y",
            "showgrid": False,
        },
        yaxis={"title": {"text": "log p(z), nats"}, "domain": upper},
        yaxis2={
            "title": {"text": f"length so far,<br>{space}"},
            "domain": [0.0, 0.46],
            "rangemode": "tozero",
        },
        shapes=[_pin_line(share, theme) for share in shares],
        annotations=[_pin_name(share, n + 1, theme) for n, share in enumerate(shares)],
        legend={"y": 1.09},
        hovermode="x unified",
        uirevision=f"{len(stops)} pins",
    )
    if not len(travelled):
        layout.pop("yaxis2")
    return Figure(data=lines, layout=layout)


def sentence(walks: Sequence[Walk]) -> str:
    """Say which way is the shortest in pixels, and which one the prior likes best."""
    length = {way.style: way.pixel_length for way in walks}
    density = {way.style: float(np.mean(np.asarray(way.log_prior))) for way in walks}
    shortest, densest = min(length, key=length.__getitem__), max(density, key=density.__getitem__)
    longest = max(length, key=length.__getitem__)
    if length[longest] <= length[shortest] * (1 + ALIKE):
        if length[longest] == 0:
            return "The decoded x does not move on any of these ways."
        return "All ways are equally long, within 1 %: between these pins the decoder is nearly linear."
    mean = f"{nats(density[densest])} nats on average"
    named = f"the {shortest}" if shortest == "geodesic" else f"the {shortest} way"
    more = length[densest] / length[shortest] - 1
    if densest == shortest:
        if len(walks) == 1:
            return f"On this way log p(z) is {mean}."
        return f"{named[0].upper()}{named[1:]} is the shortest, and also where the prior is densest ({mean})."
    if more < ALIKE:
        return (
            f"The {densest} way is where the prior is densest ({mean}), and as short as {named}, within 1 %."
        )
    subject = "The geodesic" if densest == "geodesic" else f"The {densest} way"
    longer = f"is {100 * more:.0f} % longer than {named}"
    return f"{subject} keeps to where the prior is densest ({mean}), and yet {longer}."


def _line(style: str, values: object, ground: int, *, axis: str, words: str) -> dict[str, object]:
    y = np.asarray(values, np.float32)
    return dict(
        type="scatter",
        x=np.linspace(0.0, 1.0, len(y), dtype=np.float32),
        y=y,
        name=style,
        legendgroup=style,
        showlegend=axis == "y",
        mode="lines",
        line={
            "color": WALK_COLOURS[style][ground],
            "width": 3 if style == "geodesic" else 2,
            "dash": DASHES.get(style, "solid"),
        },
        yaxis=axis,
        hovertemplate=f"{style}: {words}<extra></extra>",
    )


def _pin_line(share: float, theme: ThemeName) -> dict[str, object]:
    line = {"color": GRID[theme], "width": 1}
    return {
        "type": "line",
        "x0": share,
        "x1": share,
        "y0": 0,
        "y1": 1,
        "yref": "paper",
        "layer": "below",
        "line": line,
    }


def _pin_name(share: float, number: int, theme: ThemeName) -> dict[str, object]:
    return {
        "x": share,
        "y": 1.0,
        "yref": "paper",
        "yanchor": "bottom",
        "text": str(number),
        "showarrow": False,
        "font": {"size": 11, "color": QUIET[theme]},
    }
