"""How a learned σ² travels to the error that it settles at."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import INK, ThemeName, blank, template
from vae_core.diagnostics.learned_sigma import SigmaTravel
from vae_core.notation import DECODER_COLOURS

FEWEST = 2
"""Moments of a line."""


def sigma_travel(record: SigmaTravel, *, theme: ThemeName, place: int) -> Figure:
    """Draw σ² and E_q ‖x − μ(z)‖²/D over the steps that were looked at.

    Args:
        record: The moments.
        theme: "light" or "dark".
        place: 0, 1 or 2: which of the decoders side by side it is.
    """
    if len(record.steps) < FEWEST:
        return blank("σ² is drawn over the steps while the decoder trains.", theme=theme)
    colour = list(DECODER_COLOURS.values())[place][theme == "dark"]
    title = sentence(record)
    error = _line(record, record.expected_error, "E_q ‖x − μ(z)‖²/D", {"color": INK[theme], "dash": "dash"})
    variance = _line(record, record.variance, "σ²", {"color": colour})
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={"alternative": f"{title} Both over the steps of the training, on logarithmic axes."},
        xaxis={"title": {"text": "step"}, "type": "log"},
        yaxis={"title": {"text": "squared pixel value"}, "type": "log", "dtick": "D2"},
        showlegend=True,
    )
    return Figure(data=[error, variance], layout=layout)


def sentence(record: SigmaTravel) -> str:
    """Return how far apart the two are now, and were at first."""
    first, last = (abs(record.variance[n] / record.expected_error[n] - 1) for n in (0, -1))
    return (
        f"At step {record.steps[-1]:,} σ² is {_percent(last)} from the expected error; "
        f"at step {record.steps[0]:,} it was {_percent(first)}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:,.0f} %"


def _line(
    record: SigmaTravel, values: tuple[float, ...], name: str, line: dict[str, object]
) -> dict[str, object]:
    return dict(
        type="scatter",
        # a logarithmic axis has no place for step 0
        x=np.maximum(np.asarray(record.steps, np.float32), 1.0),
        y=np.asarray(values, np.float32),
        mode="lines+markers",
        marker={"size": 4},
        line={"width": 2, **line},
        name=name,
        hovertemplate=f"step %{{x:,.0f}}: {name} %{{y:.4g}}<extra></extra>",
    )
