"""What the gaps of many images are made of: three causes, stacked."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import GROUND, INK, ThemeName, blank, nats, template
from vae_core.diagnostics.gap_set import CauseSet
from vae_core.notation import GAP_COLOURS

NAMES = {
    "amortization": "amortisation",
    "covariance": "covariance",
    "family": "family",
}


def gap_causes(causes: CauseSet, *, theme: ThemeName, chosen_row: int | None = None) -> Figure:
    """Draw one stacked bar an image, the smallest gap first.

    Args:
        causes: The parts of each image's gap.
        theme: "light" or "dark".
        chosen_row: The row of the image that is looked at, to be marked where it is among these.
    """
    count = len(causes.rows)
    if not count:
        return blank("The causes appear as the gaps are split.", theme=theme)
    total = np.asarray(causes.total, np.float32)
    order = np.argsort(total, kind="stable")
    rows, total = np.asarray(causes.rows)[order], total[order]
    ground = int(theme == "dark")
    place = np.arange(1, count + 1)
    bars = [
        dict(
            type="bar",
            x=place,
            y=np.asarray(getattr(causes, name), np.float32)[order],
            name=NAMES[name],
            marker={"color": GAP_COLOURS[name][ground], "line": {"color": GROUND[theme], "width": 0.5}},
            hovertemplate=f"{NAMES[name]} %{{y:.2f}} nats<extra></extra>",
        )
        for name in NAMES
    ]
    title = sentence(causes)
    found = np.flatnonzero(rows == chosen_row) if chosen_row is not None else []
    marked = [_chosen(int(place[n]), float(total[n]), count, theme) for n in found]
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} {count} stacked bars in nats, one an image, from a gap of "
            f"{nats(float(total[0]), 2)} to one of {nats(float(total[-1]), 2)}."
        },
        barmode="relative",
        bargap=0.12,
        xaxis={
            "title": {"text": f"{count} validation images, smallest gap first"},
            "showticklabels": False,
            "showgrid": False,
            "range": [0.3, count + 0.7],
        },
        yaxis={"title": {"text": "gap, nats"}},
        annotations=marked,
        showlegend=True,
        legend={"traceorder": "normal"},
        hovermode="closest",
    )
    return Figure(data=bars, layout=layout)


def sentence(causes: CauseSet) -> str:
    """Say what the mean gap is made of."""
    mean = {name: float(np.mean(np.asarray(getattr(causes, name), np.float64))) for name in NAMES}
    total = float(np.mean(np.asarray(causes.total, np.float64)))
    digits = 2 if min(abs(value) for value in mean.values()) < 0.95 else 1
    parts = (
        f"{_amount(mean['amortization'], digits)} are the encoder’s, "
        f"{_amount(mean['covariance'], digits)} the diagonal’s, "
        f"{_amount(mean['family'], digits)} the Gaussian’s"
    )
    return f"Of {nats(total, digits)} nats on average, {parts}."


def _amount(value: float, digits: int) -> str:
    return nats(value if abs(value) >= 0.5 * 10**-digits else 0.0, digits)


def _chosen(place: int, gap: float, count: int, theme: ThemeName) -> dict[str, object]:
    share = place / count
    return {
        "x": place,
        "y": gap,
        "ax": 0,
        "ay": -26,
        "text": f"this image, {nats(gap, 1 if gap >= 0.95 else 2)}",
        "xanchor": "left" if share < 0.2 else "right" if share > 0.8 else "center",
        "showarrow": True,
        "arrowhead": 2,
        "arrowsize": 0.9,
        "arrowwidth": 1.5,
        "arrowcolor": INK[theme],
        "font": {"size": 11.5, "color": INK[theme]},
    }
