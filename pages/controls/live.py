"""The live part of the Train page: everything that moves while a run trains, drawn by one fragment."""

import math
import time
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import streamlit as st
from plotly.graph_objects import Figure
from streamlit.delta_generator import DeltaGenerator

from pages.components.decoder import latent_sliders
from pages.components.images import image_grid
from pages.components.plot import plot
from pages.controls.status import status_line
from pages.figures.curves import curves
from pages.figures.latent_map import latent_map
from pages.figures.ledger import step_ledger, validation_ledger
from pages.figures.toy_scatter import toy_scatter
from pages.state import keys
from pages.state.current import CurrentModel, current
from pages.state.shipped import shipped_observation
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.engine import RunView
from vae_core.likelihoods import score_name
from vae_core.likelihoods.score_floor import bernoulli_score_floor
from vae_core.training.snapshot import MAX_LATENT_MEANS, Observation, Snapshot

TICK_S = 0.4
RESTING_TICK_S = 2.0
SETTLED_AFTER_S = 3.0
"""A worker obeys a button within its current slice; by then its answer is on the screen."""

WEIGHTS_EVERY_S = 0.8
"""A model of two times 400 units is 1.3 MB: its weights go to the browser at this pace while it trains."""

CURVES_HEIGHT = 340
MAP_HEIGHT = 360
LEDGER_HEIGHT = 124
IMAGES_ACROSS = 10
"""So many fit beside the settings on a screen of 1,280 pixels, two screen pixels a pixel of MNIST."""


def live(model: CurrentModel, status: DeltaGenerator) -> None:
    """Draw the current model, several times a second while it trains.

    Args:
        model: The current model as the page saw it.
        status: Where the status line goes.
    """
    tick = tick_of(model)
    st.fragment(_draw, run_every=tick)(_stage(model), tick, status)


def tick_of(model: CurrentModel) -> float | None:
    """Return how often the page looks: often while something moves or was asked for a moment ago."""
    if model.view is None:
        return None
    asked = time.monotonic() - st.session_state.get(keys.ASKED_AT, -math.inf)
    if model.moving or asked < SETTLED_AFTER_S:
        return TICK_S
    # a run that rests may be moved from another tab, and by its owner when this one only follows it
    return None if model.mine and model.view.state in ("finished", "failed") else RESTING_TICK_S


def _stage(model: CurrentModel) -> tuple[str, str | None, bool]:
    """Return what the page's buttons depend on: when it changes, the whole page is drawn again."""
    if model.view is None:
        return model.token, None, False
    return model.token, "moving" if model.moving else model.view.state, model.view.step > 0


def _draw(drawn_for: tuple[str, str | None, bool], tick: float | None, status: DeltaGenerator) -> None:
    model = current()
    if _stage(model) != drawn_for or tick_of(model) != tick:
        st.rerun()
    with status:
        status_line(model)
    if model.view is None:
        _draw_shipped(model, shipped_observation(model.id))
    else:
        _draw_run(model, model.view, model.view.observation)


def reconstruction_name(model: CurrentModel) -> str:
    """Return what log p(x|z) is called for this decoder on these data."""
    return score_name(model.config.likelihood, load_dataset(model.config.dataset).support)


def floor_of(model: CurrentModel, part: Literal["train", "validation"]) -> float:
    """Return the mean cost below which no Bernoulli score of these images comes; 0 where there is no score.

    Args:
        model: The model, whose data count.
        part: All training images, or the validation images that are looked at.
    """
    data = model.config.dataset
    return 0.0 if reconstruction_name(model) == "log-likelihood" else _score_floor(data, part)


@st.cache_resource(show_spinner=False)
def _score_floor(name: str, part: Literal["train", "validation"]) -> float:
    data = load_dataset(name)
    images = data.train.x if part == "train" else data.validation.x[:MAX_LATENT_MEANS]
    return float(bernoulli_score_floor(images).mean())


def _draw_shipped(model: CurrentModel, seen: Observation) -> None:
    """A trained model that has no curves: the decoder stands in their place."""
    theme, score = theme_name(), reconstruction_name(model)
    left, right = st.columns(2, gap="medium")
    with left:
        _decoder(model, seen)
    with right:
        _latent_map(model, seen)
    _show(
        "validation_ledger",
        LEDGER_HEIGHT,
        lambda: validation_ledger(
            seen, theme=theme, reconstruction_name=score, floor=floor_of(model, "validation")
        ),
        (seen, theme),
    )
    _outputs(seen)


def _draw_run(model: CurrentModel, view: RunView, seen: Observation | None) -> None:
    """A run: its curves and its map, the ledger of the step, what it decodes, and the decoder itself."""
    theme, score, history = theme_name(), reconstruction_name(model), view.history
    left, right = st.columns(2, gap="medium")
    with left:
        log_steps = bool(st.session_state.get(keys.LOG_STEPS, False))
        _show(
            "curves",
            CURVES_HEIGHT,
            lambda: curves(history, theme=theme, log_steps=log_steps, reconstruction_name=score),
            (history, theme, log_steps),
        )
        st.toggle("Logarithmic steps", value=log_steps, key=keys.LOG_STEPS)
    with right:
        _latent_map(model, seen)
    _show(
        "ledger",
        LEDGER_HEIGHT,
        lambda: step_ledger(history, theme=theme, reconstruction_name=score, floor=floor_of(model, "train")),
        (history, theme),
    )
    _outputs(seen)
    _decoder(model, seen)


def _latent_map(model: CurrentModel, seen: Observation | None) -> None:
    names = load_dataset(model.config.dataset).class_names
    theme = theme_name()
    _show("map", MAP_HEIGHT, lambda: latent_map(seen, theme=theme, class_names=names), (seen, theme))


def _decoder(model: CurrentModel, seen: Observation | None) -> None:
    _title("Drag a latent dimension: the decoder answers.")
    kl = None if seen is None else seen.kl_per_dimension
    latent_sliders(_weights_to_send(model), key=f"lab_decoder_{model.config.latent_dim}", kl_per_dimension=kl)


def _weights_to_send(model: CurrentModel) -> Snapshot:
    """Return the newest weights where the model rests; while it trains, only now and then newer ones."""
    sent = st.session_state.get(keys.WEIGHTS_SENT)
    now = time.monotonic()
    if sent is not None and model.moving and sent[0] == model.token and now - sent[1] < WEIGHTS_EVERY_S:
        return sent[2]
    st.session_state[keys.WEIGHTS_SENT] = (model.token, now, model.snapshot)
    return model.snapshot


def _outputs(seen: Observation | None) -> None:
    """What comes out of the decoder: images in rows, or points where the data are points."""
    if seen is None:
        st.caption("Reconstructions and samples appear after the first steps.")
    elif seen.originals.shape[1] <= 2:
        theme = theme_name()
        _show("points", MAP_HEIGHT, lambda: toy_scatter(seen, theme=theme), (seen, theme))
    else:
        count = min(IMAGES_ACROSS, len(seen.originals))
        _title("Validation images above, their reconstructions below.")
        image_grid(
            np.concatenate([seen.originals[:count], seen.reconstructions[:count]]),
            seen.image_shape,
            columns=count,
            key="lab_reconstructions",
            alt=f"{count} validation images, and below each its reconstruction",
        )
        _title("Means of p(x|z), z from the prior.")
        image_grid(
            seen.samples[: 2 * count],
            seen.image_shape,
            columns=count,
            key="lab_samples",
            alt=f"{2 * count} decoder means of draws from the prior",
        )


def _title(sentence: str) -> None:
    st.html(f'<p class="lab-title">{sentence}</p>')


def _show(name: str, height: int, draw: Callable[[], Figure], made_of: tuple[Any, ...]) -> None:
    """Show a figure below its title; what it is made of decides whether it is built again."""
    drawn = st.session_state.setdefault(keys.DRAWN, {})
    token = st.session_state[keys.MODEL]
    before = drawn.get(name)
    if before is None or not _same(before[0], made_of):
        figure = draw()
        title = figure.layout.title.text
        figure.layout.title = None
        figure.layout.uirevision = f"{token} {figure.layout.uirevision}"  # another model, another zoom
        drawn[name] = before = (made_of, title, figure)
    _, title, figure = before
    _title(title)
    if figure.data:
        plot(figure, key=f"lab_{name}", height=height, alt=figure.layout.meta["alternative"])


def _same(before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    """Return whether a figure is made of the very same records and equal options."""
    return len(before) == len(now) and all(
        old is new or (isinstance(new, str | bool) and old == new)
        for old, new in zip(before, now, strict=True)
    )
