"""A Bernoulli's probabilities against what the pixels are."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import WIDTH, faint
from pages.figures.theme import GROUND, QUIET, ThemeName, template
from vae_core.diagnostics.calibration import Reliability
from vae_core.notation import DECODER_COLOURS

SEEN = 0.005
"""Of the pixels: bins with fewer are drawn, but are too small to be spoken of."""


def reliability(record: Reliability, *, theme: ThemeName, place: int) -> Figure:
    """Draw the mean pixel over the predicted probability, and below it how many pixels are in each bin.

    Args:
        record: The bins.
        theme: "light" or "dark".
        place: 0, 1 or 2: which of the decoders side by side it is.
    """
    colour = list(DECODER_COLOURS.values())[place][theme == "dark"]
    edges, count = np.asarray(record.edges, np.float64), np.asarray(record.count, np.float64)
    full = count > 0
    predicted, observed, error = (
        np.asarray(column, np.float64)[full] for column in (record.predicted, record.observed, record.error)
    )
    share = 100 * count / count.sum()
    bar = WIDTH * np.nan_to_num(error, posinf=0.0)
    seen = "mean grey value" if record.grey else "share of ones"
    title = sentence(record)
    diagonal = dict(
        type="scatter",
        x=np.array([0, 1], np.float32),
        y=np.array([0, 1], np.float32),
        mode="lines",
        line={"color": QUIET[theme], "width": 1.5, "dash": "dot"},
        name="calibrated",
        showlegend=False,
        hoverinfo="skip",
    )
    points = dict(
        type="scatter",
        x=predicted.astype(np.float32),
        y=observed.astype(np.float32),
        error_y={
            "type": "data",
            "array": bar.astype(np.float32),
            "color": colour,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=[_spread(e) for e in error],
        mode="lines+markers",
        line={"color": faint(colour, 0.5), "width": 1.5},
        marker={"color": colour, "size": 8, "line": {"color": GROUND[theme], "width": 1}},
        name=seen,
        showlegend=False,
        hovertemplate=f"a = %{{x:.3f}}: {seen} %{{y:.3f}}%{{customdata}}<extra></extra>",
    )
    bars = dict(
        type="bar",
        x=(0.5 * (edges[1:] + edges[:-1])).astype(np.float32),
        y=share.astype(np.float32),
        width=float(edges[1] - edges[0]),
        marker={"color": faint(colour, 0.45), "line": {"width": 0}},
        name="pixels",
        showlegend=False,
        yaxis="y2",
        hovertemplate="%{y:.2g} % of the pixels near a = %{x:.2f}<extra></extra>",
    )
    images = "one image" if record.images == 1 else f"{record.images:,} images"
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} The {seen} over the predicted probability a in {int(full.sum())} bins, "
            f"with two standard errors between images to each side, and the diagonal on which a calibrated "
            f"decoder lies. Beneath, the share of the pixels in each bin, of {images} at codes from q(z|x)."
        },
        xaxis={
            "title": {"text": f"predicted probability a of a 1, {images}"},
            "range": [-0.02, 1.02],
            "anchor": "y2",
        },
        yaxis={"title": {"text": seen}, "domain": [0.32, 1.0], "range": [-0.05, 1.05]},
        yaxis2={
            "title": {"text": "% of pixels"},
            "domain": [0.0, 0.24],
            "type": "log",
            "range": [_floor(share[full]), 2.2],
            "nticks": 3,
            "showgrid": False,
        },
        bargap=0,
        hovermode="closest",
    )
    return Figure(data=[bars, diagonal, points], layout=layout)


def sentence(record: Reliability) -> str:
    """Say where the probabilities are farthest off beyond their error, or that they are nowhere."""
    count = np.asarray(record.count, np.float64)
    share = count / count.sum()
    predicted, observed, error = (
        np.asarray(column, np.float64) for column in (record.predicted, record.observed, record.error)
    )
    told = np.flatnonzero(share >= SEEN)
    off = np.abs(observed - predicted)
    beyond = told[off[told] > WIDTH * error[told]]
    called = "mean grey value" if record.grey else "share of ones"
    if not len(beyond):
        if not np.isfinite(error[told]).any():
            return f"One image can’t tell whether the {called} is the predicted probability."
        return f"In every bin the {called} is the predicted probability, within two standard errors."
    worst = beyond[off[beyond].argmax()]
    # The mean of |observed − predicted| over pixels
    mean = float(np.nansum(share * np.nan_to_num(off)))
    return (
        f"Where the decoder says {predicted[worst]:.2f}, the {called} is {observed[worst]:.2f}"
        f"{_spread(error[worst])}; over all pixels it is off by {mean:.2g} on average."
    )


def _spread(error: float) -> str:
    return f" ± {error:.2g}" if np.isfinite(error) and error > 0 else ""


def _floor(share: np.ndarray) -> float:
    """Return where the logarithmic axis of shares begins: a little below the smallest."""
    return float(np.floor(np.log10(share.min()))) - 0.3
