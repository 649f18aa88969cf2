"""The ledger: what the cost of an image, −ELBO, is made of, as one stacked bar."""

from collections.abc import Sequence
from typing import Any

from plotly.graph_objects import Figure

from pages.figures.theme import GROUND, ThemeName, blank, mark, nats, subscript, template, text_colour
from vae_core.diagnostics.ledger import ImageLedger
from vae_core.training.history import History
from vae_core.training.snapshot import Observation

ROOM_FOR_A_NUMBER = 0.05
"""Of the bar's length."""

MOST_NAMED = 3
WHITE = "#FFFFFF"
LOG_LIKELIHOOD = "log-likelihood"


def step_ledger(
    history: History, *, theme: ThemeName, reconstruction_name: str = LOG_LIKELIHOOD, floor: float = 0.0
) -> Figure:
    """Draw the ledger of the latest training batch on record; the floor is that of all training images."""
    curve = history.train
    if len(curve.step) == 0:
        return blank("The ledger begins with the first step.", theme=theme)
    return ledger(
        float(curve.reconstruction[-1]),
        [float(value) for value in curve.kl_per_dimension[-1]],
        whose="This batch costs",
        weight=float(curve.beta[-1]),
        theme=theme,
        reconstruction_name=reconstruction_name,
        floor=floor,
        floor_of="average over all training images",
    )


def validation_ledger(
    observation: Observation,
    *,
    theme: ThemeName,
    reconstruction_name: str = LOG_LIKELIHOOD,
    floor: float = 0.0,
) -> Figure:
    """Draw the ledger of a model on validation data; the floor is that of the same images."""
    return ledger(
        observation.reconstruction,
        [float(value) for value in observation.kl_per_dimension],
        whose="Validation data cost",
        error=observation.elbo_error,
        theme=theme,
        reconstruction_name=reconstruction_name,
        floor=floor,
    )


def image_ledger(
    record: ImageLedger,
    *,
    whose: str,
    theme: ThemeName,
    reconstruction_name: str = LOG_LIKELIHOOD,
    floor: float = 0.0,
) -> Figure:
    """Draw the ledger of one image.

    Args:
        record: Its terms.
        whose: Begins the title: which image costs so much.
        theme: "light" or "dark".
        reconstruction_name: As in :func:`ledger`.
        floor: That of this image, where its decoder gives a score.
    """
    return ledger(
        record.reconstruction,
        record.kl_per_dimension,
        whose=whose,
        error=record.error,
        error_is="Monte Carlo standard error",
        theme=theme,
        reconstruction_name=reconstruction_name,
        floor=floor,
        floor_of="this grey image",
        narrow=True,
    )


def ledger(
    reconstruction: float,
    kl_per_dimension: Sequence[float],
    *,
    whose: str,
    theme: ThemeName,
    weight: float = 1.0,
    error: float | None = None,
    error_is: str = "standard error between images",
    reconstruction_name: str = LOG_LIKELIHOOD,
    floor: float = 0.0,
    floor_of: str = "these grey images",
    narrow: bool = False,
) -> Figure:
    """Draw −ELBO = −E_q log p(x|z) + Σ_j KL_j as one stacked bar.

    Args:
        reconstruction: E_q log p(x|z) in nats per image. Where a density is high this is positive, and its
            piece of the bar points to the left.
        kl_per_dimension: KL of each latent dimension (L,) in nats per image.
        whose: Begins the title: whose mean cost it is.
        theme: "light" or "dark".
        weight: The weight on the KL in training at this step; the bar always shows it with weight 1.
        error: The standard error of the cost, where it is known.
        error_is: What kind of error that is.
        reconstruction_name: What the reconstruction is called: "log-likelihood" or "Bernoulli score".
        floor: On grey pixels, the cost below which no Bernoulli score comes; a dotted line marks it.
        floor_of: The images whose floor it is.
        narrow: Whether the axis says what it shows in two lines.
    """
    cost, kl = -reconstruction, sum(kl_per_dimension)
    total = abs(cost) + kl
    is_score = reconstruction_name != LOG_LIKELIHOOD
    named = reconstruction_name if is_score else "Reconstruction"
    pieces = [_piece(named, cost, mark("reconstruction"), total, theme)]
    for index, value in enumerate(kl_per_dimension, start=1):
        pieces.append(_piece(f"KL z{subscript(index)}", value, mark("kl"), total, theme, label=False))
    spread = "" if error is None else f" ± {nats(error)}"
    part = reconstruction_name if is_score else "reconstruction"
    title = f"{whose} {nats(cost + kl)}{spread} nats/image: {part} {nats(cost)} + KL {nats(kl)}."
    if weight != 1:
        title += f" Training weighs this KL by {weight:.3g}."
    if floor > 0:
        title += f" No Bernoulli decoder costs less than {nats(floor)} on {floor_of}."
    each = ", ".join(f"z{subscript(i)} {nats(v, 2)}" for i, v in enumerate(kl_per_dimension, start=1))
    called = "cost = −ELBO of a score, not of log p" if is_score else "cost = −ELBO ≥ −log p(x)"
    unit = "nats per image"
    called = f"{called}, {unit}" if narrow else called
    if error is not None:
        called += f"{'<br>' if narrow else '; '}± {error_is}"
    called = called if narrow else f"{called}; {unit}"
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={"alternative": f"{title} KL of each latent dimension: {each}."},
        barmode="relative",
        bargap=0.1,
        showlegend=False,
        xaxis={
            "title": {"text": called},
            "range": _span(cost, kl),
        },
        yaxis={"visible": False, "fixedrange": True},
        shapes=[_floor_line(floor)] if floor > 0 else [],
        annotations=[_kl_note(kl_per_dimension, at=max(cost, 0.0) + kl, theme=theme)],
    )
    return Figure(data=pieces, layout=layout)


def _span(cost: float, kl: float) -> list[float]:
    """Return the axis's range: the whole bar, with room for the note at its right."""
    low, high = min(0.0, cost), max(cost, 0.0) + kl
    length = max(high - low, 1e-6)
    return [low - 0.01 * length, high + 0.32 * length]


def _piece(
    name: str, value: float, colour: str | None, total: float, theme: ThemeName, *, label: bool = True
) -> dict[str, Any]:
    """Return one piece of the bar; its label stands inside where there is room."""
    wide = total > 0 and abs(value) / total > (4 if label else 1) * ROOM_FOR_A_NUMBER
    words = f"{name} {nats(value)}" if label else name.removeprefix("KL ")
    return dict(
        type="bar",
        x=[value],
        y=["cost"],
        orientation="h",
        name=name,
        marker={"color": colour, "line": {"color": GROUND[theme], "width": 1}},
        text=[words if wide else ""],
        textposition="inside",
        insidetextanchor="start" if label else "middle",
        textangle=0,
        textfont={"color": WHITE, "size": 12},
        hovertemplate=f"{name} {nats(value, 3)} nats<extra></extra>",
    )


def _floor_line(floor: float) -> dict[str, object]:
    line = {"color": WHITE, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": floor, "x1": floor, "yref": "paper", "y0": 0.0, "y1": 1.0, "line": line}


def _kl_note(kl_per_dimension: Sequence[float], *, at: float, theme: ThemeName) -> dict[str, object]:
    """Say beside the bar what the narrow pieces at its end are."""
    if len(kl_per_dimension) <= MOST_NAMED:
        lines = [f"KL z{subscript(i)} {nats(v)}" for i, v in enumerate(kl_per_dimension, start=1)]
    else:
        lines = [f"KL {nats(sum(kl_per_dimension))}", f"in {len(kl_per_dimension)} dims"]
    return {
        "x": at,
        "y": "cost",
        "text": "<br>".join(lines),
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "align": "left",
        "font": {"size": 12, "color": text_colour("kl", theme)},
    }
