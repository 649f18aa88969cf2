"""The moments of a training of both joints: one's own run where it fits, else a small one that is played."""

import math
import time
from dataclasses import dataclass

import streamlit as st

from pages.controls.progress import progress
from pages.state import keys
from pages.state.answers import answers
from pages.state.current import CurrentModel, current
from pages.state.kept import Kept
from pages.state.measures import Measure, Measuring, measure
from vae_core.lessons.joints_grid import unfit
from vae_core.lessons.joints_training import (
    SIGMAS,
    Moment,
    Sigma,
    config,
    first_moment,
    moment_of,
    recorded_steps,
    train_joints,
)
from vae_core.training.config import TrainConfig

KEY = f"{keys.LESSON}joints_"
KIND = "two joints"
TICK_S = 0.35
PLAY_S = 7.0
"""From the first moment to the last, in front of one's eyes."""
SEEDS = 99
MOST_OWN = 60
"""Moments of one's own run that are kept."""
STEPS = recorded_steps()
WIDTHS: dict[str, Sigma] = {str(sigma): sigma for sigma in SIGMAS}


@dataclass(frozen=True, eq=False)
class ShownTraining:
    """What there is of a training, and which moment is shown.

    Attributes:
        moments: The untrained model first.
        place: Of the one that is shown.
        complete: Whether the last one is the end.
    """

    moments: tuple[Moment, ...]
    place: int
    complete: bool


@st.cache_resource(max_entries=64, show_spinner=False)
def _first(settings: str) -> Moment:
    return first_moment(TrainConfig.from_json(settings))


@st.cache_resource(show_spinner=False)
def _own_moments() -> Kept[str, tuple[Moment, ...]]:
    return Kept(16)


def tick() -> float | None:
    """Return how soon the chapter is drawn again: while the model trains, or the training is played."""
    model = current()
    if _fits(model):
        return TICK_S if model.moving else None
    return TICK_S if playing() or _measured().pending else None


def shown_training() -> ShownTraining:
    """Draw the controls of the training, and return the moment that is shown."""
    model = current()
    if _fits(model):
        moments = _own(model)
        return ShownTraining(moments, _own_place(moments), not model.moving)
    st.caption(f"{_misfit(model.config)} A small one stands in, and you train it.")
    moments, complete = _trained()
    place = _played(len(moments))
    _controls(place)
    return ShownTraining(moments, place, complete)


def _misfit(settings: TrainConfig) -> str:
    return unfit(dataset=settings.dataset, likelihood=settings.likelihood, latent_dim=settings.latent_dim)


def _fits(model: CurrentModel) -> bool:
    return not _misfit(model.config) and model.snapshot.finite


def _settings() -> tuple[int, Sigma]:
    seed, width = st.session_state.get(f"{KEY}seed", 0), st.session_state.get(f"{KEY}sigma")
    return int(seed), WIDTHS.get(str(width), SIGMAS[0])


def _measured() -> Measure[tuple[Moment, ...]]:
    """What there is of the training; it begins once somebody wants it."""
    seed, sigma = _settings()
    given = answers("joints")
    wanted = st.session_state.get(f"{KEY}wanted") or given.predicted is not None or given.given
    if not wanted:
        return Measure(None, False, 0.0, "", pending=False)
    return measure((KIND, str(seed), str(sigma)), lambda: _training(seed, sigma))


def _training(seed: int, sigma: Sigma) -> Measuring[tuple[Moment, ...]]:
    moments: tuple[Moment, ...] = ()
    for moments in train_joints(seed=seed, sigma=sigma):
        yield moments[-1].step / STEPS[-1], f"Training, step {moments[-1].step:,}.", moments
    return moments


def _trained() -> tuple[tuple[Moment, ...], bool]:
    seed, sigma = _settings()
    measured = _measured()
    if measured.sentence and not measured.done and not measured.pending:
        progress(measured, KIND)
    first = (_first(config(seed=seed, sigma=sigma).to_json()),)
    return measured.value or first, measured.done


def playing() -> bool:
    """Return whether the training is played at the moment."""
    return st.session_state.get(f"{KEY}since") is not None


def _played(available: int) -> int:
    """Return which moment is shown, and move the slider there while the training is played."""
    since = st.session_state.get(f"{KEY}since")
    asked = st.session_state.get(f"{KEY}step", 0)
    place = STEPS.index(asked) if asked in STEPS else 0
    if since is not None:
        began, at = since
        place = at + math.floor((time.monotonic() - began) / PLAY_S * (len(STEPS) - 1))
    shown = max(0, min(place, available - 1))
    if since is not None:
        st.session_state[f"{KEY}step"] = STEPS[shown]
        if shown == len(STEPS) - 1:
            st.session_state[f"{KEY}since"] = None
    return shown


def _controls(place: int) -> None:
    buttons, settings = st.columns([1.1, 1], gap="medium", vertical_alignment="bottom")
    with buttons, st.container(horizontal=True):
        if playing():
            st.button("Pause", key=f"{KEY}pause", icon=":material/pause:", on_click=_go_to, args=(place,))
        else:
            st.button(
                "Train", key=f"{KEY}train", type="primary", icon=":material/play_arrow:",
                on_click=_play, args=(place,), disabled=place == len(STEPS) - 1,
            )  # fmt: skip
        ahead = min(place + 1, len(STEPS) - 1)
        st.button("Step", key=f"{KEY}next", on_click=_go_to, args=(ahead,), disabled=ahead == place)
        st.button("Reset", key=f"{KEY}reset", on_click=_go_to, args=(0,), disabled=place == 0)
    with settings, st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Seed", 0, SEEDS, 0, key=f"{KEY}seed", width=120, on_change=_go_to, args=(0,))
        st.segmented_control(
            "σ of the decoder",
            tuple(WIDTHS),
            default=next(iter(WIDTHS)),
            required=True,
            key=f"{KEY}sigma",
            on_change=_go_to,
            args=(0,),
        )
    st.select_slider(
        "Steps trained",
        STEPS,
        key=f"{KEY}step",
        format_func=lambda step: f"{step:,}",
        on_change=_moved,
        disabled=playing(),
    )


def _play(place: int) -> None:
    st.session_state[f"{KEY}wanted"] = True
    st.session_state[f"{KEY}since"] = (time.monotonic(), place)


def _go_to(place: int) -> None:
    st.session_state[f"{KEY}since"] = None
    st.session_state[f"{KEY}wanted"] = place > 0 or st.session_state.get(f"{KEY}wanted", False)
    st.session_state[f"{KEY}step"] = STEPS[place]


def _moved() -> None:
    # while the training is played, the browser may report a place that it has already left
    if not playing():
        st.session_state[f"{KEY}wanted"] = True


def _own(model: CurrentModel) -> tuple[Moment, ...]:
    """Return the moments of the current model that were seen here, the untrained one first."""
    first, now = _first(model.config.to_json()), model.snapshot
    if now.step == 0:
        return (first,)
    seen = [one for one in _own_moments().find(model.token) or () if 0 < one.step < now.step]
    found = (first, *seen[-MOST_OWN:], moment_of(now))
    _own_moments().keep(model.token, found)
    return found


def _own_place(moments: tuple[Moment, ...]) -> int:
    if len(moments) < 2:
        return len(moments) - 1
    every = [moment.step for moment in moments]
    step = st.select_slider(
        "Steps of your run that were seen here",
        every,
        value=every[-1],
        key=f"{KEY}own_{every[-1]}",
        format_func=lambda one: f"{one:,}",
    )
    return every.index(step)
