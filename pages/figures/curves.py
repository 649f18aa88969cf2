"""The curves of a run: ELBO and reconstruction above, KL below, for training batches and validation data."""

from typing import Any

import numpy as np
from plotly.graph_objects import Figure

from pages.figures.theme import ThemeName, blank, mark, nats, template
from vae_core.training.history import Curve, History

MOST_POINTS = 300
LEVEL_WITHIN = 0.5
"""Nats per image over the last quarter of the steps."""

NAMES = {"elbo": "ELBO", "reconstruction": "Reconstruction", "kl": "KL"}


def curves(
    history: History,
    *,
    theme: ThemeName,
    log_steps: bool = False,
    reconstruction_name: str = "log-likelihood",
) -> Figure:
    """Draw reconstruction, KL and ELBO against the step, in nats per image.

    Args:
        history: The curves of a run.
        theme: "light" or "dark".
        log_steps: Whether steps stand on a logarithmic axis.
        reconstruction_name: What the reconstruction is called: "log-likelihood" or "Bernoulli score".

    Returns:
        The figure; solid lines are training batches, dashed ones validation data.
    """
    if len(history.train.step) == 0 and len(history.validation.step) == 0:
        return blank("The curves begin with the first step.", theme=theme)
    is_score = reconstruction_name != "log-likelihood"
    score_names = {"elbo": "ELBO (score)", "reconstruction": reconstruction_name}
    names = {**NAMES, **score_names} if is_score else NAMES
    lines = [
        _line(getattr(history, part), quantity, name, part=part, log_steps=log_steps)
        for quantity, name in names.items()
        for part in ("train", "validation")
    ]
    title = _title(history, is_score=is_score)
    layout = dict(
        template=template(theme),
        title={"text": title},
        meta={
            "alternative": f"{title} Curves against the step in nats per image; solid lines are training "
            "batches, of a long run means of several recorded ones, dashed lines validation data."
        },
        xaxis={
            "title": {"text": "step (solid: training, dashed: validation)"},
            "type": "log" if log_steps else "linear",
            "anchor": "y2",
        },
        yaxis={
            "title": {"text": "nats per image"},
            "domain": [0.42, 1.0],
            "range": _span(history, ("elbo", "reconstruction")),
        },
        yaxis2={
            "title": {"text": "KL, nats"},
            "domain": [0.0, 0.36],
            "range": _span(history, ("kl",)),
            "anchor": "x",
        },
        hovermode="x unified",
        uirevision=f"log {log_steps}",
    )
    return Figure(data=lines, layout=layout)  # at once: plotly is slow trace by trace


def thin(
    steps: np.ndarray, values: np.ndarray, *, most: int = MOST_POINTS, log_steps: bool = False
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return at most `most` points of a curve, each the mean of the points that it stands for.

    Args:
        steps: Increasing steps (T,).
        values: Values (T,).
        most: How many points at most.
        log_steps: Whether the points shall be evenly spread on a logarithmic axis.

    Returns:
        The last step of each group (P,), the mean of its values (P,) and how many they are (P,), all float32.
        The first point stands alone, so that one sees where the run began.
    """
    count = len(steps)
    if count <= most:
        return np.asarray(steps, np.float32), np.asarray(values, np.float32), np.ones(count, np.float32)
    if log_steps:
        wanted = np.searchsorted(steps, np.geomspace(max(float(steps[0]), 1.0), float(steps[-1]), most))
        starts = np.unique(np.clip(wanted, 0, count - 1))
    else:
        starts = np.unique(np.linspace(0, count, most, endpoint=False).astype(int))
    starts = np.unique(np.concatenate(([0, 1], starts)))[:most]
    sizes = np.diff(np.append(starts, count))
    means = np.add.reduceat(values, starts) / sizes
    return steps[starts + sizes - 1].astype(np.float32), means.astype(np.float32), sizes.astype(np.float32)


def _line(curve: Curve, quantity: str, name: str, *, part: str, log_steps: bool) -> dict[str, Any]:
    steps, values, sizes = thin(curve.step, getattr(curve, quantity), log_steps=log_steps)
    if log_steps:
        steps, values, sizes = steps[steps > 0], values[steps > 0], sizes[steps > 0]
    trained = part == "train"
    averaged = len(sizes) > 0 and float(sizes.max()) > 1
    whose = "training batches" if trained else "validation"
    if averaged:  # short, because the words stand in a narrow chart
        whose = f"{'batch' if trained else 'validation'} mean, n = %{{customdata:d}}"
    return dict(
        type="scatter",
        x=steps,
        y=values,
        customdata=sizes if averaged else None,
        name=name,
        legendgroup=quantity,
        showlegend=not trained,
        mode="lines" if len(steps) > 1 else "markers",
        line={
            "color": mark(quantity),
            "width": 1.5 if trained else 2,
            "dash": "solid" if trained else "dash",
        },
        opacity=0.6 if trained else 1.0,
        yaxis="y2" if quantity == "kl" else "y",
        hovertemplate=f"{name}, {whose} %{{y:.2f}}<extra></extra>",
    )


def _span(history: History, quantities: tuple[str, ...]) -> list[float] | None:
    """Return an axis's range: from nearly the lowest value (the first steps may lie far off) to the top."""
    found = [getattr(part, q) for part in (history.train, history.validation) for q in quantities]
    values = np.concatenate(found)
    values = values[np.isfinite(values)]
    if len(values) == 0:
        return None
    low, high = float(np.quantile(values, 0.02)), float(values.max())
    room = max(0.06 * (high - low), 0.5 if high - low < 0.5 else 0.0)
    return [low - room, high + room]


def _title(history: History, *, is_score: bool) -> str:
    """Say what the curves show: the validation ELBO, and how it moved over the last quarter of the steps."""
    curve, name = (
        (history.validation, "Validation") if len(history.validation.step) else (history.train, "Training")
    )
    elbo = curve.elbo
    kind = "ELBO, as a score," if is_score else "ELBO (lower bound)"
    now = f"{name} {kind} {nats(float(elbo[-1]))} nats/image"
    if len(elbo) < 4:
        return f"{now}."
    before = int(np.searchsorted(curve.step, 0.75 * curve.step[-1], side="right")) - 1
    recent = float(elbo[-1] - elbo[max(before, 0)])
    if recent > LEVEL_WITHIN:
        return f"{now}, and rising."
    if recent < -LEVEL_WITHIN:
        return f"{now}, and falling."
    return f"{now}, level by now."
