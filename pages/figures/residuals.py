"""How far pixels lie from what a decoder says, in its own units, beside the law that they should have."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, words
from pages.figures.theme import INK, QUIET, ThemeName, nats, template
from vae_core.diagnostics.calibration import Residuals
from vae_core.notation import DECODER_COLOURS

ALIKE = 0.1
"""A standard deviation within this of 1, and a mean within this of 0, are as they should be."""

FAR = 0.1
"""More than this share of the probability elsewhere than a normal law has it: the shape is another."""

MANY = 0.05
"""More than this share beyond the histogram is spoken of."""


def residuals(record: Residuals, *, theme: ThemeName, place: int) -> Figure:
    """Draw the histogram of the residuals with the standard normal curve over it.

    Args:
        record: The histogram.
        theme: "light" or "dark".
        place: 0, 1 or 2: which of the decoders side by side it is.
    """
    colour = list(DECODER_COLOURS.values())[place][theme == "dark"]
    edges = np.asarray(record.edges, np.float64)
    density, normal = np.asarray(record.density, np.float64), np.asarray(record.normal, np.float64)
    middle = 0.5 * (edges[1:] + edges[:-1])
    title = sentence(record)
    unit = "(x − μ)/σ" if record.kind == "standardised" else "Φ⁻¹(F(x|z))"
    images = "one image" if record.images == 1 else f"{record.images:,} images"
    bars = dict(
        type="bar",
        x=middle.astype(np.float32),
        y=density.astype(np.float32),
        width=float(edges[1] - edges[0]),
        marker={"color": faint(colour, 0.55), "line": {"width": 0}},
        name="residuals",
        hovertemplate="near %{x:.2f}: density %{y:.3g}<extra></extra>",
    )
    law = dict(
        type="scatter",
        x=middle.astype(np.float32),
        y=normal.astype(np.float32),
        mode="lines",
        line={"color": INK[theme], "width": 2, "dash": "dash", "shape": "spline"},
        name="N(0, 1), if calibrated",
        hoverinfo="skip",
    )
    tall = 1.1 * float(max(density.max(), normal.max()))
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} A histogram of the residuals {unit} of {images} at codes from q(z|x), "
            f"from {nats(edges[0], 0)} to {nats(edges[-1], 0)}, with the standard normal density over it. "
            f"{_moments(record)}, and {_percent(record.beyond)} beyond {nats(edges[-1], 0)} to either side."
        },
        xaxis={
            "title": {"text": f"residual {unit}, {images}"},
            "range": [float(edges[0]), float(edges[-1])],
            "showgrid": False,
        },
        yaxis={"title": {"text": "density"}, "range": [0, tall]},
        annotations=[_corner(record, theme)],
        bargap=0,
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=[bars, law], layout=layout)


def sentence(record: Residuals) -> str:
    """Say what is wrong with the decoder's uncertainty, if anything is."""
    if not np.isfinite(record.std):
        return "Every pixel is exactly 0 or 1, where a density on [0, 1] puts no mass: no residual is finite."
    if record.ends > MANY:
        share = _percent(record.ends)
        return f"Of the pixels, {share} are exactly 0 or 1, where a density on [0, 1] puts no mass."
    if abs(record.std - 1) > ALIKE:
        what = "σ" if record.kind == "standardised" else "the decoder’s spread"
        wrong = "wide" if record.std < 1 else "narrow"
        return f"The residuals’ standard deviation is {record.std:.2g}, not 1: {what} is too {wrong} here."
    if abs(record.mean) > ALIKE:
        side = "above" if record.mean > 0 else "below"
        return f"The pixels lie {abs(record.mean):.2g} standard deviations {side} what the decoder says."
    moved = _moved(record)
    if moved > FAR:
        return (
            f"The residuals spread as they should, but {_percent(moved)} are not where a normal law has them."
        )
    return "The residuals are close to a standard normal law: the decoder is as sure as it may be."


def _moved(record: Residuals) -> float:
    """Return the total variation between the histogram, with what is beyond it, and the normal law."""
    edges, normal = np.asarray(record.edges, np.float64), np.asarray(record.normal, np.float64)
    inside = np.abs(np.asarray(record.density, np.float64) - normal) @ np.diff(edges)
    return 0.5 * float(inside + abs(record.beyond - (1 - normal @ np.diff(edges))))


def _moments(record: Residuals) -> str:
    if not np.isfinite(record.std):
        return "None is finite"
    which = "Of the finite ones, the mean is" if record.ends else "Their mean is"
    return f"{which} {nats(round(record.mean, 2) + 0.0, 2)}, the standard deviation {record.std:.3g}"


def _corner(record: Residuals, theme: ThemeName) -> dict[str, object]:
    moments = (
        f"mean {nats(round(record.mean, 2) + 0.0, 2)}<br>std {record.std:.3g}<br>"
        if np.isfinite(record.std)
        else ""
    )
    text = f"{moments}{_percent(record.beyond)} beyond ±{record.edges[-1]:.0f}"
    corner = words(text, x=1.0, y=1.0, colour=QUIET[theme], theme=theme, xanchor="right", yanchor="top")
    return {**corner, "xref": "paper", "yref": "paper"}


def _percent(share: float) -> str:
    """Return a share as a percentage; what is not all and not none is never called so."""
    if 0 < share < 0.0005:
        return "under 0.1 %"
    if 0.9995 < share < 1:
        return "over 99.9 %"
    return f"{100 * share:.0f} %" if share in (0, 1) or 0.1 <= share < 0.995 else f"{100 * share:.1f} %"
