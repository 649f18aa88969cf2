"""KL(q(x, z) ‖ p(x, z)) while a model trains, and the two parts that it falls into."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import rule
from pages.figures.theme import INK, QUIET, ThemeName, mark, nats, template
from vae_core.lessons.joints_grid import JointKl
from vae_core.notation import GAP_COLOURS

Order = Literal["x first", "z first"]

TICKS = (0, 1, 3, 10, 30, 100, 300, 1000)
LOWEST, ROOM = 1e-3, 0.05
"""Nats: what is less is drawn there; and how far down the axis reaches from the start."""
NAMES: dict[Order, tuple[str, str]] = {
    "x first": ("KL(p<sub>D</sub> ‖ p)", "E KL(q(z|x) ‖ p(z|x))"),
    "z first": ("KL(q(z) ‖ p(z))", "E KL(q(x|z) ‖ p(x|z))"),
}
WHOLE = "KL(q(x, z) ‖ p(x, z))"


def joint_kl_curve(
    steps: Sequence[int], parts: Sequence[JointKl], place: int, *, order: Order, last: int, theme: ThemeName
) -> Figure:
    """Draw the whole KL and its two parts over the steps of training.

    Args:
        steps: Of the moments, increasing.
        parts: What was measured at each.
        place: Of the moment that is shown.
        order: Which of the two chain rules.
        last: The step at which the axis ends.
        theme: "light" or "dark".
    """
    x = np.log10(1.0 + np.asarray(steps, np.float64))
    whole = np.array([one.kl for one in parts])
    first, second = (
        (np.array([one.of_data for one in parts]), np.array([one.codes_given_x for one in parts]))
        if order == "x first"
        else (np.array([one.of_codes for one in parts]), np.array([one.x_given_codes for one in parts]))
    )
    crimson = GAP_COLOURS["amortization"][theme == "dark"]
    curves = (
        (WHOLE, whole, str(mark("kl")), "solid", "kl"),
        (NAMES[order][0], first, INK[theme], "dash", "marginal"),
        (NAMES[order][1], second, crimson, "dot", "conditional"),
    )
    end = np.log10(1.0 + last)
    title = sentence(steps[place], parts[place], order)
    ticks = [tick for tick in TICKS if tick <= last]
    low = max(LOWEST, min(ROOM, float(min(first.min(), second.min()))))
    return Figure(
        data=[
            _line(x, values, steps, name, colour, dash, word) for name, values, colour, dash, word in curves
        ]
        + [
            _dot(float(x[place]), float(values[place]), colour, word) for _, values, colour, _, word in curves
        ],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} It was {nats(whole[0], 2)} nats at step {steps[0]:,}."},
            xaxis={
                "title": {"text": "step, logarithmic"},
                "range": [-0.03 * end, 1.03 * end],
                "tickvals": [float(np.log10(1.0 + tick)) for tick in ticks],
                "ticktext": [f"{tick:,}" for tick in ticks],
            },
            yaxis={
                "title": {"text": "nats per image, logarithmic"},
                "type": "log",
                "range": [float(np.log10(0.7 * low)), float(np.log10(1.6 * whole.max()))],
                "dtick": 1,
            },
            shapes=[rule(x=float(x[place]), colour=QUIET[theme], dash="dash", width=1.25)],
            showlegend=True,
            hovermode="closest",
        ),
    )


def sentence(step: int, parts: JointKl, order: Order) -> str:
    """Say what the KL is at a step, and how it falls apart."""
    one, other = (
        (parts.of_data, parts.codes_given_x) if order == "x first" else (parts.of_codes, parts.x_given_codes)
    )
    return (
        f"At step {step:,} KL(q ‖ p) is {nats(parts.kl, 2)} nats: {nats(one, 2)} of "
        f"{'x' if order == 'x first' else 'z'} alone, {nats(other, 2)} of "
        f"{'z given x' if order == 'x first' else 'x given z'}."
    )


def _line(
    x: np.ndarray, values: np.ndarray, steps: Sequence[int], name: str, colour: str, dash: str, word: str
) -> dict[str, object]:
    return dict(
        type="scatter",
        x=x.astype(np.float32),
        y=np.maximum(values, LOWEST).astype(np.float32),
        customdata=np.asarray(steps, np.int32),
        mode="lines",
        line={"color": colour, "width": 2.5 if dash == "solid" else 2.0, "dash": dash},
        hovertemplate=f"{name} %{{y:.3f}} nats at step %{{customdata:,}}<extra></extra>",
        name=name,
        meta={"word": word},
    )


def _dot(x: float, y: float, colour: str, word: str) -> dict[str, object]:
    return dict(
        type="scatter",
        x=np.array([x], np.float32),
        y=np.array([max(y, LOWEST)], np.float32),
        mode="markers",
        marker={"color": colour, "size": 8},
        hoverinfo="skip",
        showlegend=False,
        meta={"word": word},
    )
