"""How the gaps of many images are distributed, part by part."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, rule, words
from pages.figures.theme import INK, ThemeName, blank, nats, template
from vae_core.diagnostics.gap_set import GapSet
from vae_core.notation import PART_COLOURS

LEAST = 0.01
"""Nats: smaller gaps stand in the first bin; below the tolerance of their measurement they are noise."""

PER_DECADE = 8


def gap_histogram(sets: Sequence[GapSet], *, theme: ThemeName, chosen: float | None = None) -> Figure:
    """Draw the shares of each part's images over the gap, on a logarithmic axis.

    Args:
        sets: One a part, in the order in which they are named.
        theme: "light" or "dark".
        chosen: The gap of the image that is looked at, nats, to be marked.
    """
    measured = [part for part in sets if len(part.rows)]
    if not measured:
        return blank("The gaps appear as they are measured.", theme=theme)
    gaps = {part.part: np.maximum(np.asarray(part.total, np.float64), LEAST) for part in measured}
    lowest, highest = min(v.min() for v in gaps.values()), max(v.max() for v in gaps.values())
    first, last = np.floor(PER_DECADE * np.log10(lowest)), np.floor(PER_DECADE * np.log10(highest)) + 1
    edges = 10 ** (np.arange(first, last + 1) / PER_DECADE)
    ground = int(theme == "dark")
    title = sentence(measured)
    lines, shapes, told = [], [], []
    for part in measured:
        colour = PART_COLOURS[part.part][ground]
        share = 100 * np.histogram(gaps[part.part], edges)[0] / len(part.rows)
        mean, error = mean_gap(part)
        told.append(f"{part.part} {nats(mean)} ± {nats(error)} over {len(part.rows)} images")
        lines.append(
            dict(
                type="scatter",
                x=np.concatenate([edges[:1], edges, edges[-1:]]).astype(np.float32),
                y=np.concatenate([[0], share, [0, 0]]).astype(np.float32),
                mode="lines",
                line={"color": colour, "width": 2, "shape": "hv"},
                fill="tozeroy" if part is measured[0] else None,
                fillcolor=faint(colour, 0.14),
                name=f"{part.part}, mean {nats(mean)} ± {nats(error)}",
                hovertemplate=f"{part.part}: %{{y:.1f}} % from %{{x:.3g}} nats<extra></extra>",
            )
        )
        if mean > 0:
            shapes.append(rule(x=mean, colour=colour, dash="dot", width=1.5))
    low, high = np.log10(edges[0]), np.log10(edges[-1])
    ticks = [t for t in (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000) if low <= np.log10(t) <= high]
    tall, notes = max(float(line["y"].max()) for line in lines), []
    if chosen is not None:
        at = min(max(float(np.log10(max(chosen, LEAST))), low), high)
        shapes.append(rule(x=10**at, colour=INK[theme], width=1.5))
        notes.append(_chosen(chosen, at, low, high, theme))
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Outlines of histograms over the gap in nats, on a logarithmic axis. "
            f"Means with the standard error between images: {'; '.join(told)}."
            + ("" if chosen is None else f" The chosen image has {nats(chosen, 2)}.")
        },
        xaxis={
            "title": {"text": "gap log p(x) − ELBO, nats; dotted: means"},
            "type": "log",
            "range": [low, high],
            "tickvals": ticks,
            "ticktext": [f"{t:g}" for t in ticks],
            "showgrid": False,
        },
        yaxis={"title": {"text": "% of images"}, "range": [0, 1.2 * tall]},
        shapes=shapes,
        annotations=notes,
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=lines, layout=layout)


def mean_gap(part: GapSet) -> tuple[float, float]:
    """Return the mean gap of a part, and its standard error between images."""
    gaps = np.asarray(part.total, np.float64)
    error = float(gaps.std(ddof=1)) / len(gaps) ** 0.5 if len(gaps) > 1 else float("inf")
    return float(gaps.mean()), error


def sentence(sets: Sequence[GapSet]) -> str:
    """Say the mean gap of the first part with its error, and those of the others."""
    first, *others = sets
    mean, error = mean_gap(first)
    images = f"{len(first.rows)} {first.part} images" if len(first.rows) > 1 else f"one {first.part} image"
    spread = f" ± {nats(error)}" if np.isfinite(error) else ""
    about = "" if first.log_likelihood.kind == "exact" else "about "
    said = f"The mean gap of {images} is {about}{nats(mean)}{spread} nats"
    told = ", ".join(f"{part.part} {nats(mean_gap(part)[0])}" for part in others)
    return f"{said}; {told}." if told else f"{said}."


def _chosen(gap: float, at: float, low: float, high: float, theme: ThemeName) -> dict[str, object]:
    left = at > 0.5 * (low + high)
    name = words(
        f"this image, {nats(gap, 1 if gap >= 0.95 else 2)}",
        x=at,
        y=1,
        colour=INK[theme],
        theme=theme,
        xanchor="right" if left else "left",
    )
    return {**name, "yref": "paper", "yanchor": "top", "xshift": -5 if left else 5}
