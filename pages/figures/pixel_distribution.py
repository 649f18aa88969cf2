"""What a decoder says of one pixel, beside what the pixel is there and in images of nearby codes."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint
from pages.figures.theme import INK, QUIET, ThemeName, blank, nats, template
from vae_core.diagnostics.pixel import PixelPrediction
from vae_core.notation import DECODER_COLOURS

BAR = 0.36
"""Width of a probability's bar, in pixel values."""

MUCH_OUTSIDE = 0.05
"""More than this share outside [0, 1] is spoken of."""

SEEN = 1e-3
"""Of the peak: a density's axis leaves out what is below, but keeps [0, 1]."""


def pixel_distribution(record: PixelPrediction, *, theme: ThemeName, place: int, name: str) -> Figure:
    """Draw the distribution of one pixel, its true value, and a rug of its values in nearby images.

    Args:
        record: The distribution.
        theme: "light" or "dark".
        place: 0, 1 or 2: which of the decoders side by side it is.
        name: Of the decoder, as it begins a sentence.
    """
    colour = list(DECODER_COLOURS.values())[place][theme == "dark"]
    discrete = record.kind != "density"
    probability = np.asarray(record.probability, np.float64)
    if not np.isfinite(probability).all():
        return blank(f"{name}: its weights give no finite distribution.", theme=theme)
    tall = 1.0 if discrete else float(probability.max())
    said = _bars(record, colour) if discrete else _curve(record, colour)
    title = sentence(record, name)
    near = f"{len(record.others)} images of nearby codes" if len(record.others) else "no other images"
    law = {
        "mass": "Bars at 0 and 1 of their probabilities",
        "score": "Bars at 0 and 1, the only values that a Bernoulli knows, of their probabilities",
        "density": "A filled curve of the density over the pixel value",
    }[record.kind]
    low, high = (-0.5, 1.5) if discrete else _reach(record)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} {law}, averaged over codes from q(z|x): mean {nats(record.mean, 3)}, "
            f"standard deviation {record.std:.3g}. A line at the true value {nats(record.truth, 3)}, and "
            f"ticks below at this pixel's values in {near}{_spoken(record)}."
        },
        xaxis={
            "title": {"text": "pixel value"},
            "range": [low, high],
            "tickvals": [0, 1] if record.kind == "mass" else [0, 0.5, 1] if record.kind == "score" else None,
            "showgrid": False,
        },
        yaxis={
            "title": {"text": "probability" if discrete else "density per pixel value"},
            "range": [-0.16 * tall, 1.1 * tall],
            "zeroline": True,
            "zerolinewidth": 1,
        },
        bargap=0,
        showlegend=True,
        hovermode="closest",
    )
    traces = [said, *([_rug(record, tall, theme)] if len(record.others) else []), _truth(record, tall, theme)]
    return Figure(data=traces, layout=layout)


def sentence(record: PixelPrediction, name: str) -> str:
    """Say what the decoder expects, and what the pixel is."""
    truth = f"{nats(record.truth, 2)}"
    if record.kind == "mass":
        return (
            f"{name}: a 1 has probability {_probability(record.mean)}, and the pixel is {record.truth:.0f}."
        )
    if record.kind == "score":
        return (
            f"{name}: a 1 has {_probability(record.mean)}, a 0 the rest, nothing lies between; the pixel is "
            f"{truth}."
        )
    expected = f"{nats(record.mean, 2)} ± {nats(record.std, 2) if record.std >= 0.1 else f'{record.std:.2g}'}"
    if record.inside is not None and record.inside < 1 - MUCH_OUTSIDE:
        outside = f"{100 * (1 - record.inside):.0f} % of the density lies outside [0, 1]"
        return f"{name}: the pixel is {truth}, expected {expected}; {outside}."
    return f"{name}: the pixel is {truth}, expected {expected}."


def _bars(record: PixelPrediction, colour: str) -> dict[str, object]:
    score = " (score)" if record.kind == "score" else ""
    return dict(
        type="bar",
        x=np.asarray(record.values, np.float32),
        y=np.asarray(record.probability, np.float32),
        width=BAR,
        marker={"color": faint(colour, 0.6), "line": {"color": colour, "width": 2}},
        name=f"probability{score}",
        hovertemplate="a %{x:.0f}: %{y:.3f}<extra></extra>",
    )


def _curve(record: PixelPrediction, colour: str) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.asarray(record.values, np.float32),
        y=np.asarray(record.probability, np.float32),
        mode="lines",
        fill="tozeroy",
        fillcolor=faint(colour, 0.3),
        line={"color": colour, "width": 2},
        name="density",
        hovertemplate="near %{x:.3f}: density %{y:.3g}<extra></extra>",
    )


def _truth(record: PixelPrediction, tall: float, theme: ThemeName) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([record.truth, record.truth], np.float32),
        y=np.array([0, 1.1 * tall], np.float32),
        mode="lines",
        line={"color": INK[theme], "width": 3},
        name=f"this pixel, {nats(record.truth, 2)}",
        hovertemplate=f"this pixel: {nats(record.truth, 3)}<extra></extra>",
    )


def _rug(record: PixelPrediction, tall: float, theme: ThemeName) -> dict[str, object]:
    others = np.asarray(record.others, np.float64)
    places = others.copy()
    if record.kind == "mass":
        # Zeros and ones side by side, so that they can be counted
        for value in (0.0, 1.0):
            same = np.flatnonzero(others == value)
            places[same] += BAR / len(others) * (np.arange(len(same)) - 0.5 * (len(same) - 1))
    return dict(
        type="scatter",
        x=places.astype(np.float32),
        y=np.full(len(places), -0.08 * tall, np.float32),
        customdata=others.astype(np.float32),
        mode="markers",
        marker={
            "symbol": "line-ns-open",
            "size": 12,
            "color": QUIET[theme],
            "opacity": 0.75,
            "line": {"width": 1.5},
        },
        name=f"{len(others)} nearby, mean {nats(float(others.mean()), 2)}",
        hovertemplate="this pixel in an image nearby: %{customdata:.3f}<extra></extra>",
    )


def _reach(record: PixelPrediction) -> tuple[float, float]:
    """Return where the axis begins and ends: over what can be seen, [0, 1] or the rug, and the truth."""
    values, density = np.asarray(record.values, np.float64), np.asarray(record.probability, np.float64)
    seen = values[density > SEEN * density.max()]
    marks = [record.truth, *np.asarray(record.others, np.float64)]
    whole = [0.0, 1.0] if record.inside is not None else []
    low, high = min([seen[0], *marks, *whole]), max([seen[-1], *marks, *whole])
    room = 0.03 * max(high - low, 1e-6)
    return float(low - room), float(high + room)


def _spoken(record: PixelPrediction) -> str:
    """Say how nearby images have the pixel."""
    if not len(record.others):
        return ""
    others = np.asarray(record.others, np.float64)
    if record.kind == "mass":
        return f", {int((others == 1).sum())} of them 1"
    return f", {nats(float(others.mean()), 2)} on average"


def _probability(value: float) -> str:
    """Return a probability with two digits, never 0 or 1 where it is neither."""
    if 0 < value < 0.005:
        return "below 0.01"
    if 0.995 < value < 1:
        return "above 0.99"
    return f"{value:.2f}"
