"""The card of the current model: what it is, what it does, how good it is, and the menu to choose another."""

import base64
import html
import io

import numpy as np
import streamlit as st
from PIL import Image

from pages.state import current as state
from pages.state import keys
from pages.state.engine import engine, visitor
from pages.state.shipped import shipped_observation
from vae_core.data import load_dataset
from vae_core.engine import RunView
from vae_core.likelihoods import score_name
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import shipped_names, shipped_test_elbo
from vae_core.training.snapshot import Observation

THUMBNAILS = 4
SCATTER_POINTS = 60
MOVING_TICK_S = 1.0
RESTING_TICK_S = 30.0


def model_card() -> None:
    """Show the card: it ticks while its model trains, and rarely otherwise, to keep this visitor's leases."""
    model = state.current()
    if model.moving:
        tick: float | None = MOVING_TICK_S
    elif model.view is not None or engine().runs(visitor()):
        tick = RESTING_TICK_S
    else:
        tick = None
    st.fragment(_card, run_every=tick)(was_moving=model.moving)


def _card(*, was_moving: bool) -> None:
    if st.session_state.pop(keys.MODEL_CHOSEN, False):
        st.rerun()
    model = state.current()
    runs = engine().runs(visitor())
    _keep_leases(model, runs)
    _menu(model, runs)
    st.html(card_html(model, observation_of(model)))
    if was_moving != model.moving:
        st.rerun()


def _keep_leases(model: state.CurrentModel, runs: tuple[RunView, ...]) -> None:
    """Tell the engine that the page is still open."""
    for run_id in {view.id for view in runs} | ({model.id} if model.view is not None else set()):
        engine().touch(run_id, visitor=visitor())


def _menu(model: state.CurrentModel, runs: tuple[RunView, ...]) -> None:
    """Show the shipped models and this visitor's runs to choose from."""
    views = {f"run:{view.id}": view for view in runs}
    if model.view is not None:
        views.setdefault(model.token, model.view)
    labels = {f"shipped:{name}": f"Shipped: {name}" for name in shipped_names()}
    if model.view is None:
        labels.setdefault(model.token, f"Atlas: {_differences_first(model.config)}")
    for token, view in views.items():
        labels[token] = f"Run {view.id[:4]}: {_differences_first(view.config)}"
    # A menu of its own for each model, obeyed only while its model is the current one: a message that the
    # browser sends before it has heard of a new model brings the old menu's value once more.
    key = keys.MODEL_MENU + model.token
    st.selectbox(
        "Current model",
        list(labels),
        index=list(labels).index(model.token),
        format_func=lambda token: labels.get(token, token),
        key=key,
        on_change=_choose,
        args=(key,),
        help="Every page shows this model. A run that trains goes on when you choose another one.",
    )


def _differences_first(config: TrainConfig) -> str:
    """Return a run in one line that begins with its seed: what a narrow menu cuts off is what runs share."""
    return " · ".join(reversed(state.describe(config).split(" · ")))


def _choose(key: str) -> None:
    if key != keys.MODEL_MENU + st.session_state[keys.MODEL]:
        return
    source, _, name = st.session_state[key].partition(":")
    if source == "run":
        state.choose_run(name)
    else:
        state.choose_shipped(name)
    st.session_state[keys.MODEL_CHOSEN] = True


def observation_of(model: state.CurrentModel) -> Observation | None:
    """Return what is drawn of a model, or ``None`` where a run has not looked at its data yet."""
    return shipped_observation(model.id) if model.view is None else model.view.observation


def card_html(model: state.CurrentModel, observation: Observation | None) -> str:
    """Return the card below its menu; its height stays the same while the numbers change."""
    elbo = elbo_of(model, observation)
    number = "–" if elbo is None else f"{elbo:,.1f}{spread_of(model, observation)} nats"
    number = number.replace("-", "\N{MINUS SIGN}")
    images = "" if observation is None else thumbnails(observation)
    return (
        f'<div class="lab-card">{images}'
        f'<div class="lab-card-line">{html.escape(model.line)}</div>'
        f'<div class="lab-card-state">{html.escape(model.state)}</div>'
        f'<div class="lab-card-score" title="{html.escape(elbo_help(model, observation))}">'
        f"<span>{elbo_label(model)}</span><b>{number}</b></div></div>"
    )


def elbo_of(model: state.CurrentModel, observation: Observation | None) -> float | None:
    """Return the card's number, nats per image.

    Of a shipped model it is the test ELBO, measured once when it was made; of a run it is the validation
    ELBO, because test data are looked at once.
    """
    if model.view is None:
        return shipped_test_elbo(model.id)
    return None if observation is None else observation.reconstruction - observation.kl


def spread_of(model: state.CurrentModel, observation: Observation | None) -> str:
    """Return the standard error of the card's number, like `` ± 1.2``; nothing where it is not known."""
    if model.view is None or observation is None or observation.elbo_error is None:
        return ""
    return f" ± {observation.elbo_error:,.1f}"


def is_score(model: state.CurrentModel) -> bool:
    """Return whether the card's number is that of a score, which bounds no log p(x)."""
    support = load_dataset(model.config.dataset).support
    return score_name(model.config.likelihood, support) != "log-likelihood"


def elbo_label(model: state.CurrentModel) -> str:
    """Return the name of the card's number, which says that it is a bound where it is one."""
    split = "Test" if model.view is None else "Validation"
    return f"{split} ELBO, as a score" if is_score(model) else f"{split} ELBO (lower bound)"


def elbo_help(model: state.CurrentModel, observation: Observation | None) -> str:
    """Return what the card's number is, in sentences."""
    words = "Mean over images, in nats per image. "
    words += (
        "Grey pixels have no Bernoulli likelihood, so this bounds no log p(x)."
        if is_score(model)
        else "A lower bound: log p(x) is at least this, on average over the images."
    )
    if spread_of(model, observation):
        words += (
            f" ± is the standard error between these {len(observation.latent_mean):,} images: "
            "about how far the mean over another set of images would lie."
        )
    return words


def thumbnails(observation: Observation) -> str:
    """Return the first reconstructions as a strip of pictures, or as points where the data are no images."""
    channels, height, width = observation.image_shape
    if height == 1 or width == 1:
        return scatter(observation)
    images = observation.reconstructions[:THUMBNAILS].reshape(-1, channels, height, width)
    levels = np.round(np.clip(images, 0.0, 1.0) * 255).astype(np.uint8)
    if channels == 1:
        levels = levels.repeat(3, axis=1)
    tiles = np.concatenate([levels, np.full_like(levels[:, :1], 255)], axis=1)  # red, green, blue, opacity
    gap = np.zeros((len(tiles), 4, height, max(1, width // 14)), dtype=np.uint8)
    strip = np.concatenate([tiles, gap], axis=3).transpose(2, 0, 3, 1).reshape(height, -1, 4)
    picture = Image.fromarray(strip[:, : -gap.shape[3]].copy(), mode="RGBA")
    file = io.BytesIO()
    picture.save(file, format="png")
    data = base64.b64encode(file.getvalue()).decode()
    return (
        f'<img class="lab-card-images" style="aspect-ratio: {picture.width} / {picture.height}" '
        f'decoding="sync" alt="{len(images)} reconstructions of validation images" '
        f'src="data:image/png;base64,{data}">'
    )


def scatter(observation: Observation) -> str:
    """Return points of a toy in a plane: the data as rings, their reconstructions as dots."""
    if observation.originals.shape[1] > 2:
        return ""
    points = [part[:SCATTER_POINTS] for part in (observation.originals, observation.reconstructions)]
    both = np.concatenate(points)
    both = np.pad(both, ((0, 0), (0, 2 - both.shape[1])))
    centre = (both.max(axis=0) + both.min(axis=0)) / 2
    extent = float(np.ptp(both, axis=0).max()) or 1.0
    data, answers = np.split((both - centre) / extent * 50, 2)
    rings = "".join(
        f'<circle cx="{x:.1f}" cy="{-y:.1f}" r="3" fill="none" stroke="currentColor"/>' for x, y in data
    )
    dots = "".join(f'<circle cx="{x:.1f}" cy="{-y:.1f}" r="1.5" fill="currentColor"/>' for x, y in answers)
    return (
        '<svg class="lab-card-images" viewBox="-112 -30 224 60" role="img" aria-label='
        f'"{len(data)} validation points as rings, their reconstructions as dots">{rings}{dots}</svg>'
    )
