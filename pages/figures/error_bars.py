"""The error bar of an estimate over the number of images, on two logarithmic axes: a line of slope −½."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.estimate_histogram import digits
from pages.figures.theme import GROUND, INK, QUIET, ThemeName, mark, template

TICKS = [float(f"{digit}e{power}") for power in range(-5, 6) for digit in (1, 3)]


def error_bars(
    batches: Sequence[int],
    measured: Sequence[float],
    predicted: Sequence[float],
    floor: Sequence[float],
    *,
    batch: int,
    draws: int,
    theme: ThemeName,
) -> Figure:
    """Draw measured standard deviations on the predicted line, and the line that no S can go below.

    Args:
        batches: N, increasing.
        measured: Standard deviations of repeated estimates, nats.
        predicted: By the formula at S, nats.
        floor: By the formula as S grows without end, nats.
        batch: The N that is set.
        draws: The S that is set.
        theme: "light" or "dark".
    """
    ink, purple = INK[theme], str(mark("elbo"))
    x = np.asarray(batches, np.float32)
    place = list(batches).index(batch)
    sizes = [11 if n == place else 7 for n in range(len(batches))]
    title = (
        f"Four times the images, half the error bar: {digits(predicted[place])} nats at N = {batch}, "
        f"S = {draws}."
    )
    return Figure(
        data=[
            dict(
                type="scatter",
                x=x,
                y=np.asarray(floor, np.float32),
                mode="lines",
                line={"color": QUIET[theme], "width": 1.5, "dash": "dot"},
                hovertemplate="images alone, S without end: %{y:.3g} nats at N = %{x}<extra></extra>",
                name="images alone",
                meta={"word": "between"},
            ),
            dict(
                type="scatter",
                x=x,
                y=np.asarray(predicted, np.float32),
                mode="lines",
                line={"color": ink, "width": 1.5, "dash": "dash"},
                hovertemplate="predicted %{y:.3g} nats at N = %{x}<extra></extra>",
                name="predicted",
                meta={"word": "within"},
            ),
            dict(
                type="scatter",
                x=x,
                y=np.asarray(measured, np.float32),
                mode="markers",
                marker={
                    "color": purple,
                    "size": sizes,
                    "line": {"color": GROUND[theme], "width": 1},
                    "opacity": 1.0,
                },
                hovertemplate="measured %{y:.3g} nats at N = %{x}<extra></extra>",
                name="measured",
                meta={"word": "estimate"},
            ),
        ],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={
                "alternative": f"{title} On logarithmic axes measured error bars lie on a line of slope −½, "
                f"from {digits(measured[0])} nats at N = {batches[0]} to {digits(measured[-1])} at "
                f"N = {batches[-1]}."
            },
            xaxis={
                "title": {"text": "N, images in the batch, logarithmic"},
                "type": "log",
                "tickvals": list(batches)[::2],
                "ticktext": [str(n) for n in list(batches)[::2]],
            },
            yaxis={
                "title": {"text": "error bar, nats, logarithmic"},
                "type": "log",
                "tickvals": TICKS,
                "ticktext": [f"{tick:g}" for tick in TICKS],
            },
            showlegend=True,
            hovermode="closest",
        ),
    )
