"""How the gap goes while a model trains, and whether log p(x) and the ELBO part."""

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.bands import WIDTH, band
from pages.figures.theme import INK, ThemeName, blank, nats, template, text_colour
from vae_core.diagnostics.gap_history import GapHistory
from vae_core.notation import PART_COLOURS

BEFORE = 0.5
"""Where step 0 stands on a logarithmic axis."""

PARTS = ("validation", "train")
WAITING = "The curves begin with the first moment that is measured."


def gap_over_steps(history: GapHistory, *, theme: ThemeName) -> Figure:
    """Draw the mean gap of training and validation images against the step, with bands of two errors."""
    if not len(history.steps):
        return blank(WAITING, theme=theme)
    x, ground = at_steps(history.steps), int(theme == "dark")
    shades, lines = [], []
    for part in PARTS:
        gap, error, colour = mean_gap(history, part), errors(history, part), PART_COLOURS[part][ground]
        shades.append(band(x, gap, error, colour=colour))
        lines.append(
            dict(
                type="scatter",
                x=x,
                y=gap.astype(np.float32),
                customdata=np.stack([np.asarray(history.steps), error], 1).astype(np.float32),
                mode="lines+markers",
                name=part,
                line={"color": colour, "width": 2.5 if part == "validation" else 1.75},
                marker={"size": 5},
                hovertemplate=f"{part}, step %{{customdata[0]:,}}: %{{y:.2f}} ± %{{customdata[1]:.2f}} nats"
                "<extra></extra>",
            )
        )
    title = gap_sentence(history)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Two curves of the mean gap in nats against the step, on a logarithmic "
            f"axis, over {history.images} images of each part, with bands of two standard errors."
        },
        xaxis=step_axis(history.steps),
        yaxis={"title": {"text": "mean gap, nats per image"}, "rangemode": "tozero"},
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=[*shades, *lines], layout=layout)


def exact_and_elbo(history: GapHistory, *, theme: ThemeName) -> Figure:
    """Draw mean log p(x), summed over lattices, solid, and the mean ELBO, dashed, against the step."""
    if not len(history.steps):
        return blank(WAITING, theme=theme)
    x = at_steps(history.steps)
    lines, values = [], []
    for quantity, name, colour in (
        ("log_likelihood", "log p(x)", INK[theme]),
        ("elbo", "ELBO", text_colour("elbo", theme)),
    ):
        for part in PARTS:
            y = np.asarray(getattr(history, f"{part}_{quantity}"), np.float64)
            values.append(y)
            main = part == "validation"
            lines.append(
                dict(
                    type="scatter",
                    x=x,
                    y=y.astype(np.float32),
                    customdata=np.asarray(history.steps).astype(np.float32),
                    mode="lines" if len(x) > 1 else "markers",
                    name=f"{name}, {part}",
                    line={
                        "color": colour,
                        "width": 2.5 if main else 1.25,
                        "dash": "solid" if quantity == "log_likelihood" else "dash",
                    },
                    opacity=1.0 if main else 0.75,
                    hovertemplate=f"{name}, {part}, step %{{customdata:,}}: %{{y:.2f}}<extra></extra>",
                )
            )
    title = parting(history)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Four curves in nats per image against the step, on a logarithmic axis: "
            "log p(x), solid, and the ELBO, dashed, thick for validation, thin for training images."
        },
        xaxis=step_axis(history.steps),
        yaxis={"title": {"text": "nats per image"}, "range": late_range(values)},
        showlegend=True,
        hovermode="closest",
    )
    return Figure(data=lines, layout=layout)


def gap_sentence(history: GapHistory) -> str:
    """Say how wide the mean gap is now, and when it was widest."""
    now = {part: (float(mean_gap(history, part)[-1]), float(errors(history, part)[-1])) for part in PARTS}
    (gap, error), (train, train_error) = now["validation"], now["train"]
    step = int(history.steps[-1])
    said = (
        f"After {step:,} steps the mean gap is {nats(gap)} ± {nats(error)} nats on validation images and "
        f"{nats(train)} ± {nats(train_error)} on training images"
    )
    curve = mean_gap(history, "validation")
    widest = int(curve.argmax())
    if curve[widest] > gap + WIDTH * error:
        return f"{said}; at step {int(history.steps[widest]):,} it was {nats(float(curve[widest]))}."
    return f"{said}."


def parting(history: GapHistory) -> str:
    """Say whether log p(x) and the ELBO part on validation images more than on training images."""
    gap, train = (float(mean_gap(history, part)[-1]) for part in PARTS)
    error = float(np.hypot(*(errors(history, part)[-1] for part in PARTS)))
    more = gap - train
    if more > WIDTH * error:
        return (
            f"The curves part: on validation images the ELBO lies {nats(more)} ± {nats(error)} nats further "
            "below log p(x) than on training images; the encoder overfits."
        )
    return (
        f"Log p(x) and the ELBO lie as far apart on validation images as on training images, within "
        f"{nats(WIDTH * error)} nats: no sign that the encoder overfits."
        if abs(more) <= WIDTH * error
        else f"On validation images the ELBO lies {nats(-more)} ± {nats(error)} nats nearer to log p(x) than "
        "on training images: no sign that the encoder overfits."
    )


def mean_gap(history: GapHistory, part: str) -> np.ndarray:
    """Return mean log p(x) less mean ELBO of a part at each moment, (S,)."""
    high, low = getattr(history, f"{part}_log_likelihood"), getattr(history, f"{part}_elbo")
    return np.asarray(high, np.float64) - np.asarray(low, np.float64)


def errors(history: GapHistory, part: str) -> np.ndarray:
    """Return the standard error of a part's mean gap at each moment, (S,)."""
    return np.asarray(getattr(history, f"{part}_gap_error"), np.float64)


def at_steps(steps: object) -> np.ndarray:
    """Return where steps (S,) stand on a logarithmic axis that begins with step 0."""
    return np.maximum(np.asarray(steps, np.float32), BEFORE)


def step_axis(steps: object) -> dict[str, object]:
    """Return a logarithmic axis of steps that has a place for step 0."""
    last = max(float(np.asarray(steps)[-1]), 1.0)
    ticks = [BEFORE, *(10.0**n for n in range(6) if 10**n <= last)]
    if last > 2.5 * ticks[-1]:
        ticks.append(last)
    return {
        "title": {"text": "step, logarithmic"},
        "type": "log",
        "range": [float(np.log10(BEFORE)) - 0.06, float(np.log10(last)) + 0.06],
        "tickvals": ticks,
        "ticktext": ["0", *(f"{tick:,.0f}" for tick in ticks[1:])],
        "showgrid": False,
    }


def late_range(curves: list[np.ndarray]) -> list[float]:
    """Return a range that shows all but the first third of curves well: early steps may lie far below."""
    late = np.concatenate([curve[len(curve) // 3 :] for curve in curves])
    everything = np.concatenate(curves)
    low, high = float(late.min()), float(everything.max())
    room = max(0.08 * (high - low), 0.5)
    return [low - room, high + room]
