"""The KL of each latent dimension as a run goes on: stacked, how many are active, and what was changed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import faint, rule, words
from pages.figures.curves import thin
from pages.figures.theme import (
    GROUND,
    INK,
    QUIET,
    ThemeName,
    blank,
    mark,
    nats,
    subscript,
    template,
    text_colour,
)
from vae_core.diagnostics import Turn
from vae_core.divergences import UNUSED_BELOW
from vae_core.training.interventions import Intervention

TOGETHER = 0.06
"""Of the steps: turns of one kind so near to each other are told in one phrase."""

MOST_NAMED = 3
ROOM_FOR_A_NAME = 0.05
"""Of the highest KL: a thinner layer has no name at its end."""

SHORT = {
    "beta": "β",
    "kl_warmup": "warm-up",
    "free_bits": "free bits",
    "kl_cycles": "cycles",
    "capacity": "capacity",
    "learning_rate": "rate",
}
ROWS = 3
"""Rows that the names of neighbouring rules are spread over."""

NEAR = 0.15
"""Of the steps: where the next rule is nearer, a name stands to the left of its own."""

PHRASE_ROWS = 2
"""Rows of phrases in the strip; what finds no room in them is only in the alternative text."""

LETTER = 0.0115
"""Of the steps: the width of a letter, about."""


def kl_over_steps(
    steps: Sequence[float] | np.ndarray,
    kl_per_dimension: np.ndarray,
    turns: Sequence[Turn],
    interventions: Sequence[Intervention],
    *,
    theme: ThemeName,
) -> Figure:
    """Draw a layer for each dimension's KL, a strip of the active ones, and rules where a setting changed.

    Args:
        steps: Of the records, increasing, (S,).
        kl_per_dimension: (S, L), nats per image.
        turns: When dimensions opened and closed, in order.
        interventions: What was changed, and when.
        theme: "light" or "dark".
    """
    step, kl = np.asarray(steps, np.float64), np.asarray(kl_per_dimension, np.float64)
    if len(step) == 0:
        return blank("The KL of each dimension is drawn from the first record.", theme=theme)
    span = [float(step[0]), float(max(step[-1], step[0] + 1))]
    top = max(float(kl.sum(1).max()), 1e-3)
    title = sentence(kl, turns)
    layers = [_layer(step, kl[:, j], j, theme) for j in range(kl.shape[1])]
    changes = [change for change in interventions if span[0] <= change.step <= span[1]]
    said = [
        *_ends(kl[-1], span, top, theme),
        *_turned(turns, span, kl.shape[1], theme),
        *_changed(changes, span, top, theme),
    ]
    return Figure(
        data=[*layers, _active(step, kl, turns, theme)],
        layout=dict(
            template=template(theme),
            title={"text": title},
            meta={"alternative": f"{title} {_alternative(step, kl, turns, interventions)}"},
            xaxis={
                "title": {"text": "step"},
                "range": [span[0], span[1] + 0.06 * (span[1] - span[0])],
                "anchor": "y2",
                "showgrid": False,
            },
            yaxis={
                "title": {"text": "KL, nats per image"},
                "domain": [0.36, 1.0],
                "range": [0.0, 1.3 * top if changes else 1.06 * top],
            },
            yaxis2={
                "title": {"text": "active"},
                "domain": [0.0, 0.26],
                "range": [-0.08 * kl.shape[1], 1.12 * kl.shape[1]],
                "tickvals": sorted({0, kl.shape[1]}),
                "anchor": "x",
            },
            shapes=[
                rule(x=float(change.step), colour=INK[theme], dash="dash", width=1.25) for change in changes
            ],
            annotations=said,
            showlegend=False,
            hovermode="x unified",
        ),
    )


def sentence(kl: np.ndarray, turns: Sequence[Turn]) -> str:
    """Say how many dimensions are active by now, and how many collapsed or came back on the way."""
    total = kl.shape[1]
    now = _first_count(kl) + sum(1 if turn.kind == "opened" else -1 for turn in turns)
    closed = {turn.dimension for turn in turns if turn.kind == "closed"}
    back = {
        turn.dimension
        for place, turn in enumerate(turns)
        if turn.kind == "opened"
        and any(e.kind == "closed" and e.dimension == turn.dimension for e in turns[:place])
    }
    dimensions = "1 dimension is" if total == 1 and now == 1 else f"{now} of {total} dimensions are"
    begun = f"{dimensions} active"
    if not closed:
        return f"{begun}; none has collapsed."
    told = f"{len(closed)} collapsed on the way"
    return f"{begun}; {told}, {len(back)} came back." if back else f"{begun}; {told}."


def _first_count(kl: np.ndarray) -> int:
    return int((kl[0] >= UNUSED_BELOW).sum())


def _layer(step: np.ndarray, values: np.ndarray, j: int, theme: ThemeName) -> dict[str, Any]:
    """Return one dimension's layer; neighbours differ in how opaque they are."""
    x, y, _ = thin(step, values)
    return dict(
        type="scatter",
        x=x,
        y=y,
        mode="lines",
        stackgroup="kl",
        name=f"z{subscript(j + 1)}",
        fillcolor=faint(str(mark("kl")), 0.85 if j % 2 == 0 else 0.55),
        line={"color": GROUND[theme], "width": 0.75},
        hovertemplate=f"KL z{subscript(j + 1)} %{{y:.3f}}<extra></extra>",
    )


def _active(step: np.ndarray, kl: np.ndarray, turns: Sequence[Turn], theme: ThemeName) -> dict[str, Any]:
    """Return the count of open dimensions as a step line: that of the first record, then each turn."""
    x, y = [float(step[0])], [_first_count(kl)]
    for turn in turns:
        after = y[-1] + (1 if turn.kind == "opened" else -1)
        if turn.step == x[-1]:
            y[-1] = after
        else:
            x.append(float(turn.step))
            y.append(after)
    x.append(float(max(step[-1], step[0] + 1)))
    y.append(y[-1])
    return dict(
        type="scatter",
        x=np.array(x, np.float32),
        y=np.array(y, np.float32),
        mode="lines",
        line={"color": text_colour("z", theme), "width": 2, "shape": "hv"},
        name="active",
        yaxis="y2",
        hovertemplate=f"%{{y:d}} of {kl.shape[1]} active<extra></extra>",
    )


def _ends(last: np.ndarray, span: list[float], top: float, theme: ThemeName) -> list[dict[str, object]]:
    """Name the thick layers where they end."""
    middle = np.cumsum(last) - 0.5 * last
    return [
        {
            **words(
                f"z{subscript(j + 1)}",
                x=span[1],
                y=float(middle[j]),
                colour=text_colour("kl", theme),
                theme=theme,
                yanchor="middle",
            ),
            "xshift": 4,
        }
        for j in range(len(last))
        if last[j] > ROOM_FOR_A_NAME * top
    ]


def _groups(turns: Sequence[Turn], near: float) -> list[list[Turn]]:
    """Return turns of one kind that follow each other closely, together."""
    groups: list[list[Turn]] = []
    for kind in ("closed", "opened"):
        for turn in (one for one in turns if one.kind == kind):
            if groups and groups[-1][0].kind == kind and turn.step - groups[-1][-1].step <= near:
                groups[-1].append(turn)
            else:
                groups.append([turn])
    return sorted(groups, key=lambda group: group[0].step)


def _who(group: Sequence[Turn]) -> str:
    names = [f"z{subscript(j + 1)}" for j in dict.fromkeys(turn.dimension for turn in group)]
    more = len(names) - MOST_NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:MOST_NAMED])} and {more} more"


def _turned(
    turns: Sequence[Turn], span: list[float], total: int, theme: ThemeName
) -> list[dict[str, object]]:
    """Say in the strip which dimensions collapsed and which opened, from the moment on."""
    length = span[1] - span[0]
    said, filled = [], {kind: [-1.0] * PHRASE_ROWS for kind in ("opened", "closed")}
    for group in _groups(turns, TOGETHER * length):
        kind = group[0].kind
        text = f"{_who(group)} {'collapsed' if kind == 'closed' else 'opened'}"
        share, wide = (group[0].step - span[0]) / length, LETTER * len(text)
        to_left = share + wide > 1.05
        left = share - wide if to_left else share
        row = next((n for n, end in enumerate(filled[kind]) if end <= left), None)
        if row is None:
            continue
        filled[kind][row] = left + wide
        height = 0.2 * row * total
        said.append(
            {
                "x": float(group[0].step),
                "y": height if kind == "closed" else total - height,
                "yref": "y2",
                "text": text,
                "xanchor": "right" if to_left else "left",
                "yanchor": "bottom" if kind == "closed" else "top",
                "showarrow": False,
                "xshift": -4 if to_left else 4,
                "font": {
                    "size": 11.5,
                    "color": text_colour("kl", theme) if kind == "closed" else QUIET[theme],
                },
            }
        )
    return said


def _changed(
    changes: Sequence[Intervention], span: list[float], top: float, theme: ThemeName
) -> list[dict[str, object]]:
    """Name the rules of changed settings, neighbours in different rows."""
    said = []
    length = span[1] - span[0]
    for n, change in enumerate(changes):
        ahead = changes[n + 1].step if n + 1 < len(changes) else span[1]
        to_left = ahead - change.step < NEAR * length and change.step - span[0] > NEAR * length
        said.append(
            {
                **words(
                    f"{SHORT.get(change.setting, change.setting)} → {change.value:g}",
                    x=float(change.step),
                    y=(1.28 - 0.085 * (n % ROWS)) * top,
                    colour=INK[theme],
                    theme=theme,
                    xanchor="right" if to_left else "left",
                    yanchor="top",
                ),
                "xshift": -4 if to_left else 4,
            }
        )
    return said


def _alternative(
    step: np.ndarray, kl: np.ndarray, turns: Sequence[Turn], interventions: Sequence[Intervention]
) -> str:
    each = ", ".join(f"z{subscript(j + 1)} {nats(float(v), 2)}" for j, v in enumerate(kl[-1]))
    told = [f"at step {t.step:,} z{subscript(t.dimension + 1)} {t.kind}" for t in turns[:20]]
    told += [
        f"at step {c.step:,} {SHORT.get(c.setting, c.setting)} became {c.value:g}" for c in interventions
    ]
    events = f" Events: {'; '.join(told)}." if told else ""
    return f"KL of each dimension at step {int(step[-1]):,}, nats per image: {each}.{events}"
