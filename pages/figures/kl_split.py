"""What the mean KL is made of, as one stacked bar: information, total correlation, each code's own shape."""

from typing import Any

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import WIDTH, faint, rule, words
from pages.figures.theme import GROUND, INK, ThemeName, mark, nats, subscript, template, text_colour
from vae_core.diagnostics import KlSplit

ROOM_FOR_WORDS, ROOM_FOR_A_NAME = 0.2, 0.05
"""Of the axis: what a label inside of the bar needs."""

SHADES = {"information": 1.0, "correlation": 0.55, "own": 0.28}


def kl_split(record: KlSplit, *, theme: ThemeName) -> Figure:
    """Draw E KL(q(z|x) ‖ p(z)) = I_q(x; z) + TC + Σ_j KL(q(z_j) ‖ p_j), and the ceiling log N of the first.

    Args:
        record: The split.
        theme: "light" or "dark".

    Returns:
        The figure; one error bar of two standard errors stands between the first two pieces, as what the one
        gains by chance the other loses, and their sum is known in closed form.
    """
    own = np.asarray(record.dimension_wise, np.float64)
    information, correlation = record.mutual_information, record.total_correlation
    whole = max(record.mean_kl.value, 0.0)
    long = 1.08 * max(whole, record.ceiling, 1e-3)
    parts = [("I(x; z)", information.value, information.error, "information")]
    parts.append(("total correlation", correlation.value, correlation.error, "correlation"))
    errors = np.asarray(record.dimension_errors, np.float64)
    parts += [
        (f"KL of q(z{subscript(j + 1)})", float(own[j]), float(errors[j]), "own") for j in range(len(own))
    ]
    bars, start = [], 0.0
    for name, value, error, shade in parts:
        bars.append(_piece(name, value, error, shade, start, long, theme))
        start += max(value, 0.0)
    title = sentence(record)
    boundary = dict(
        type="scatter",
        x=np.array([max(information.value, 0.0)], np.float32),
        y=["KL"],
        mode="markers",
        marker={"size": 1, "color": INK[theme]},
        error_x={
            "array": [WIDTH * information.error],
            "color": INK[theme],
            "thickness": 1.5,
            "width": 5,
        },
        hovertemplate=f"I(x; z) {nats(information.value, 3)} ± {information.error:.2g} nats<extra></extra>",
        showlegend=False,
    )
    return Figure(
        data=[*bars, boundary],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_alternative(record, own)}"},
            barmode="overlay",
            bargap=0.3,
            xaxis={
                "title": {"text": "nats per image; error bar: two standard errors"},
                "range": [0.0, long],
            },
            yaxis={"visible": False, "fixedrange": True},
            shapes=[rule(x=record.ceiling, colour=INK[theme], dash="dash", width=1.25)],
            annotations=[_ceiling(record, long, theme), *_below(parts[:2], own, theme, long)],
            showlegend=False,
        ),
    )


def sentence(record: KlSplit) -> str:
    """Say how much of the KL is information about x, and how far that is from its ceiling."""
    information, whole = record.mutual_information, nats(record.mean_kl.value, 2)
    if record.images == 1:
        return f"One image has {whole} nats of KL, and nothing to be told apart from."
    digits = 2 if information.error >= 0.005 else 3
    share = 100 * information.value / record.ceiling
    return (
        f"Of {whole} nats of KL, {nats(information.value, digits)} ± {nats(information.error, digits)} are "
        f"information about x: {nats(share, 0)} % of the most that {record.images:,} images allow."
    )


def _piece(
    name: str, value: float, error: float, shade: str, start: float, long: float, theme: ThemeName
) -> dict[str, Any]:
    """Return one piece of the bar; what is negative by its error has no width."""
    wide = max(value, 0.0)
    short = name.removeprefix("KL of q(").removesuffix(")") if shade == "own" else f"{name} {nats(value, 2)}"
    room = ROOM_FOR_A_NAME if shade == "own" else ROOM_FOR_WORDS
    return dict(
        type="bar",
        x=[wide],
        base=[start],
        y=["KL"],
        orientation="h",
        name=name,
        marker={
            "color": faint(str(mark("kl")), SHADES[shade]),
            "line": {"color": GROUND[theme], "width": 1},
        },
        text=[short if wide > room * long else ""],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": "#FFFFFF" if shade == "information" else INK[theme], "size": 12},
        hovertemplate=f"{name} {nats(value, 3)} ± {error:.1g} nats<extra></extra>",
    )


def _ceiling(record: KlSplit, long: float, theme: ThemeName) -> dict[str, object]:
    to_left = record.ceiling > 0.6 * long
    return {
        **words(
            f"ceiling of I: log {record.images:,} = {nats(record.ceiling, 2)}",
            x=record.ceiling,
            y=1.0,
            colour=INK[theme],
            theme=theme,
            xanchor="right" if to_left else "left",
            yref="paper",
            yanchor="top",
        ),
        "xshift": -5 if to_left else 5,
    }


def _below(
    parts: list[tuple[str, float, float, str]], own: np.ndarray, theme: ThemeName, long: float
) -> list[dict[str, object]]:
    """Say below the bar what its narrow pieces are."""
    narrow = [f"{name} {nats(v, 2)}" for name, v, _, _ in parts if v <= ROOM_FOR_WORDS * long]
    each = f"each code’s own shape {nats(float(own.sum()), 2)}"
    text = " · ".join([*narrow, each])
    return [
        words(
            text,
            x=0.0,
            y=0.0,
            colour=text_colour("kl", theme),
            theme=theme,
            yref="paper",
            yanchor="bottom",
        )
    ]


def _alternative(record: KlSplit, own: np.ndarray) -> str:
    each = ", ".join(f"z{subscript(j + 1)} {nats(float(v), 3)}" for j, v in enumerate(own))
    correlation = record.total_correlation
    return (
        f"Total correlation of the codes {nats(correlation.value, 3)} ± {correlation.error:.2g}; "
        f"KL of each code's own distribution from the prior: {each}; together they are KL(q(z) ‖ p(z)), "
        f"{nats(record.prior_kl.value, 3)} ± {record.prior_kl.error:.2g} nats. "
        f"The ceiling of the information is log {record.images:,} = {nats(record.ceiling, 2)} nats."
    )
