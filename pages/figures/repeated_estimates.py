"""Estimates of log p(x), made again and again, in a column for each setting, beside the exact value."""

from collections.abc import Sequence

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, rule
from pages.figures.theme import INK, QUIET, ThemeName, nats, template

WIDE = 0.62
"""Of a column, that its dots take."""
TICKS = (100, 30, 10, 3, 1, 0, -1, -3, -10, -30, -100, -300, -1000, -3000, -10_000)
"""Nats; the axis is even up to about one, and logarithmic beyond."""
GOLDEN = 0.61803398875


def repeated_estimates(
    columns: Sequence[tuple[str, np.ndarray]],
    *,
    axis: str,
    chosen: int | None,
    title: str,
    theme: ThemeName,
) -> Figure:
    """Draw one column of dots for each setting, with its mean.

    Args:
        columns: The setting's name, and estimates less the exact log p(x), (R,) nats.
        axis: What the settings are.
        chosen: Which column is marked; none when None.
        title: Of the figure.
        theme: "light" or "dark".
    """
    ink, quiet = INK[theme], QUIET[theme]
    x, shares = [], []
    for place, (_, values) in enumerate(columns):
        spread = (np.arange(len(values)) * GOLDEN) % 1.0 - 0.5 if len(values) > 1 else np.zeros(1)
        x.append(place + WIDE * spread)
        shares.append(np.full(len(values), 0.9 if chosen in (None, place) else 0.4))
    every = np.concatenate([values for _, values in columns])
    means = np.array([values.mean() for _, values in columns])
    low, high = bent(min(float(every.min()), -1.0)), bent(max(float(every.max()), 1.0))
    dots = dict(
        type="scatter",
        x=np.concatenate(x).astype(np.float32),
        y=bent(every).astype(np.float32),
        customdata=every.astype(np.float32),
        mode="markers",
        marker={"color": quiet, "size": 4, "opacity": np.concatenate(shares).astype(np.float32)},
        hovertemplate="an estimate: log p(x) %{customdata:+.2f} nats<extra></extra>",
        name="one estimate",
        meta={"word": "estimate"},
    )
    middle = dict(
        type="scatter",
        x=np.arange(len(columns), dtype=np.float32),
        y=bent(means).astype(np.float32),
        customdata=means.astype(np.float32),
        mode="markers",
        marker={"symbol": "line-ew-open", "size": 22, "color": ink, "line": {"width": 3, "color": ink}},
        hovertemplate="mean of the estimates: log p(x) %{customdata:+.2f} nats<extra></extra>",
        name="their mean",
        meta={"word": "estimate"},
    )
    exact = dict(
        type="scatter",
        x=np.array([-0.5, len(columns) - 0.5], np.float32),
        y=np.zeros(2, np.float32),
        mode="lines",
        line={"color": ink, "width": 2},
        hoverinfo="skip",
        name="log p(x), exact",
        meta={"word": "log_likelihood"},
    )
    told = "; ".join(
        f"{name}: mean {nats(float(values.mean()), 2)}, standard deviation {nats(float(values.std()), 2)} "
        f"over {len(values)}"
        for name, values in columns
    )
    return Figure(
        data=[dots, exact, middle],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} Estimates less log p(x), in nats, by {axis}. {told}."},
            xaxis={
                "title": {"text": axis},
                "tickvals": list(range(len(columns))),
                "ticktext": [name for name, _ in columns],
                "range": [-0.5, len(columns) - 0.5],
                "showgrid": False,
            },
            yaxis={
                "title": {"text": "estimate − log p(x), nats, logarithmic"},
                "range": [low - 0.05 * (high - low), high + 0.05 * (high - low)],
                "tickvals": [float(bent(tick)) for tick in TICKS],
                "ticktext": [f"{'+' if tick > 0 else ''}{nats(tick, 0)}" for tick in TICKS],
            },
            shapes=[] if chosen is None else [_column(chosen, theme)],
            showlegend=True,
            hovermode="closest",
        ),
    )


def bent(values: np.ndarray | float) -> np.ndarray:
    """Return where differences stand on the axis: asinh, which is even near 0 and logarithmic far from it."""
    return np.arcsinh(np.asarray(values, np.float64))


def _column(chosen: int, theme: ThemeName) -> dict[str, object]:
    return {
        **rule(x=chosen, colour=INK[theme]),
        "type": "rect",
        "x0": chosen - 0.5,
        "x1": chosen + 0.5,
        "line": {"width": 0},
        "fillcolor": faint(QUIET[theme], 0.12),
        "layer": "below",
    }
