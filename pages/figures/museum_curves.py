"""Curves of two twins: the sound code, the wrong one measured properly, and what that reports."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import INK, ThemeName, blank, nats, template, text_colour
from vae_core.museum import Curve, Line

WRONG = {"light": "#B3261E", "dark": "#F2857A"}
DASHES = {"sound": "solid", "wrong": "solid", "reported": "dash", "exact": "dot"}
MOST_TIMES = 4.0
"""A line may stretch the axis so many times beyond the sound one; what goes farther leaves the picture."""
SETTLED = 0.04
"""Share of a run after which the axis counts: before, every bound is far off."""


def museum_curves(curve: Curve, *, reported_as: str, mended: bool, theme: ThemeName) -> Figure:
    """Draw what there is of the twins' curves.

    Args:
        curve: The lines.
        reported_as: What the number is called.
        mended: Whether the run on the right uses the sound code, too: its line lies on that of the sound run.
        theme: "light" or "dark".

    Returns:
        The figure; solid lines are measured properly, dashed ones are what wrong code reports, dotted ones
        are known exactly.
    """
    if not len(curve.across):
        return blank("The curves begin with the first step.", theme=theme)
    lines = _shown(curve, mended)
    low, high, leaving = _span(curve, lines)
    title = sentence(curve, reported_as=reported_as, mended=mended)
    left = f" {' and '.join(leaving)} leave the picture." if len(leaving) > 1 else ""
    left = f" The line “{leaving[0]}” leaves the picture." if len(leaving) == 1 else left
    return Figure(
        data=[_trace(curve, line, theme) for line in lines],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_alternative(curve, lines)}{left}"},
            xaxis={
                "title": {"text": curve.axis},
                "type": "log" if curve.logarithmic else "linear",
                "showgrid": False,
            },
            yaxis={"title": {"text": curve.unit}, "range": [low, high]},
            hovermode="x unified",
            uirevision=f"{curve.axis} {len(lines)} {mended} {bool(leaving)}",
        ),
    )


def sentence(curve: Curve, *, reported_as: str, mended: bool) -> str:
    """Say where the lines end."""
    ends = {line.kind: float(line.values[-1]) for line in curve.lines if len(line.values)}
    when = f"After {curve.across[-1]:,.0f} steps"
    if mended:
        return "Both sides use the sound code: one line lies on the other."
    if curve.sentence:
        return curve.sentence
    if "reported" not in ends:
        return f"{when} the sound code reports a {reported_as} of {_short(ends['sound'])}."
    proper = ends.get("wrong", ends["sound"])
    reported = f"the wrong code reports {_short(ends['reported'])} {curve.unit}"
    if abs(ends["reported"] - proper) < 0.05:
        return f"{reported[0].upper()}{reported[1:]} in the end, and that is true; the sound run has more."
    return f"{when} {reported}; measured properly the same model has {_short(proper)}."


def _shown(curve: Curve, mended: bool) -> list[Line]:
    if not mended:
        return list(curve.lines)
    kept = [line for line in curve.lines if line.kind in ("sound", "exact")]
    return [*kept, *(Line("mended code", "reported", line.values) for line in kept if line.kind == "sound")]


def _span(curve: Curve, lines: list[Line]) -> tuple[float, float, list[str]]:
    """Return the axis: all of the sound run once it has settled, and of the others what lies near it."""
    first = 0 if curve.logarithmic else int(SETTLED * len(curve.across))
    ends = {line.name: line.values[first:] if len(line.values) > first else line.values for line in lines}
    base = np.concatenate([ends[line.name] for line in lines if line.kind in ("sound", "exact")])
    low, high = float(base.min()), float(base.max())
    room, leaving = MOST_TIMES * max(high - low, 1.0), []
    least, most = low - room, high + room
    for line in lines:
        values = ends[line.name]
        if not len(values):
            continue
        if float(values.min()) < least or float(values.max()) > most:
            leaving.append(line.name)
        low, high = min(low, max(least, float(values.min()))), max(high, min(most, float(values.max())))
    margin = 0.06 * max(high - low, 1e-3)
    return low - margin, high + margin, leaving


def _trace(curve: Curve, line: Line, theme: ThemeName) -> dict[str, object]:
    values = np.asarray(line.values, np.float32)
    own = {"sound": text_colour("elbo", theme), "exact": INK[theme]}.get(line.kind, WRONG[theme])
    own = INK[theme] if line.name == "mended code" else own
    return dict(
        type="scatter",
        x=np.asarray(curve.across[: len(values)], np.float32),
        y=values,
        mode="lines+markers" if curve.logarithmic and line.kind != "exact" else "lines",
        name=line.name,
        line={"color": own, "width": 2.0, "dash": DASHES[line.kind]},
        marker={"size": 6},
        hovertemplate="%{y:,.2f}",
    )


def _alternative(curve: Curve, lines: list[Line]) -> str:
    parts = [f"{line.name} ends at {_short(float(line.values[-1]))}" for line in lines if len(line.values)]
    return f"Curves over {curve.axis}, in {curve.unit}: {'; '.join(parts)}."


def _short(value: float) -> str:
    return nats(value, 0 if abs(value) >= 1000 else 2)
