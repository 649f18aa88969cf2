"""What training does to the gap: how it goes from step to step, and what training on the bound costs."""

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.images import image_grid
from pages.controls.estimate import in_words
from pages.controls.progress import progress
from pages.controls.shown import show, title
from pages.figures.bound_cost import bound_cost_curves, family_gaps
from pages.figures.gap_history import exact_and_elbo, gap_over_steps
from pages.state import keys
from pages.state.current import CurrentModel, describe
from pages.state.gaps import COST, HISTORY, HISTORY_IMAGES, HISTORY_MOMENTS, cost_measure, history_measure
from pages.state.measures import Measure, drop
from pages.state.theme import theme_name
from vae_core.data import load_dataset
from vae_core.diagnostics.bound_cost import (
    BoundCost,
    Trained,
    default_experiment,
    exact_training_minutes,
    experiment_of,
    unaffordable,
)
from vae_core.training import TrainConfig

HEIGHT = 320
ACROSS = 7
REACH = 2.0
"""Prior σ that the pictures of a decoder cover."""


def training_measures(model: CurrentModel) -> tuple[Measure | None, Measure | None]:
    """Return what there is of both experiments; ``None`` for one that nobody has asked for."""
    asked = st.session_state.get(keys.GAP_ASKED, {})
    history = cost = None
    if asked.get(HISTORY) == model.token and model.config.latent_dim <= 2 and not _rests_not(model):
        interventions = () if model.view is None else model.view.interventions
        history = history_measure(model.config, interventions, last=model.snapshot.step)
    else:
        drop(HISTORY)
    if asked.get(COST) == model.token:
        cost = cost_measure(experiment(model))
    else:
        drop(COST)
    return history, cost


def _rests_not(model: CurrentModel) -> bool:
    """Whether there is no training yet that could be followed, or it still goes on."""
    return model.moving or model.snapshot.step == 0


def experiment(model: CurrentModel) -> TrainConfig:
    """Return the settings of the comparison: the model's own if they can be afforded, else smaller ones."""
    own = experiment_of(model.config)
    if unaffordable(own, load_dataset(own.dataset)) is None:
        return own
    return default_experiment(seed=model.config.seed)


def gap_training(model: CurrentModel, history: Measure | None, cost: Measure | None) -> None:
    """Show both experiments, or the buttons that begin them."""
    st.subheader("Along the training")
    if model.config.latent_dim > 2:
        st.caption("The exact gap along a training needs one or two latent dimensions.")
    elif _rests_not(model):
        st.caption("The gap is measured along the training when the training rests.")
    else:
        _history(model, history)
    st.subheader("What did the bound cost?")
    _cost(model, cost)


def _ask(model: CurrentModel, kind: str) -> None:
    drop(kind)
    st.session_state[keys.GAP_ASKED] = {**st.session_state.get(keys.GAP_ASKED, {}), kind: model.token}


def _begin(model: CurrentModel, kind: str, label: str, about: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(label, on_click=lambda: _ask(model, kind), key=f"lab_gap_ask_{kind}")
        st.caption(about, width="stretch")


def _history(model: CurrentModel, measured: Measure | None) -> None:
    if measured is None:
        about = (
            "Trains this model again from its seed, through the same weights, and measures log p(x) and the "
            f"ELBO of {HISTORY_IMAGES} train and validation images at up to {HISTORY_MOMENTS} moments."
        )
        _begin(model, HISTORY, "Measure along the training", about)
        return
    if not measured.done:
        progress(measured, HISTORY)
    record, theme = measured.value, theme_name()
    if record is None or not len(record.steps):
        return
    left, right = st.columns(2, gap="medium")
    with left:
        show(gap_over_steps(record, theme=theme), key="lab_gap_over_steps", height=HEIGHT)
    with right:
        show(exact_and_elbo(record, theme=theme), key="lab_gap_exact_and_elbo", height=HEIGHT)
    st.caption(
        f"Means over the first {HISTORY_IMAGES} images of each part; bands of two standard errors. "
        "Each log p(x) is a sum over lattices of z, an estimate to about 0.01 nats."
    )
    if record.ending is not None:
        st.caption(f"{record.ending} A run that kept its best weights ends with these, a step back.")


def _cost(model: CurrentModel, measured: Measure | None) -> None:
    config = experiment(model)
    reason = unaffordable(experiment_of(model.config), load_dataset(model.config.dataset))
    if reason is not None:
        st.caption(f"{reason} A smaller model stands in.")
    if measured is None:
        data = load_dataset(config.dataset)
        minutes = exact_training_minutes(config, data)
        about = (
            f"The same decoder from the same seed, trained twice: on the ELBO and on log p(x) itself, summed "
            f"over z at every step ({describe(config)}, {config.steps:,} steps). Takes about "
            f"{in_words(60 * minutes)}."
        )
        _begin(model, COST, "Train both", about)
        return
    if not measured.done:
        progress(measured, COST)
    record, theme = measured.value, theme_name()
    if record is None or not len(record.steps):
        return
    st.caption(f"{describe(config)}, {config.steps:,} steps.")
    left, right = st.columns([1.5, 1], gap="medium")
    with left:
        show(bound_cost_curves(record, theme=theme), key="lab_gap_cost", height=HEIGHT)
    with right:
        if record.family_gap is not None:
            show(family_gaps(record, theme=theme), key="lab_gap_families", height=HEIGHT)
    _pictures(record)


def _pictures(record: BoundCost) -> None:
    """The plane of z through each decoder."""
    columns = st.columns(2, gap="medium")
    words = {"elbo": "trained on the ELBO", "exact": "trained on log p(x)"}
    for column, trained in zip(columns, (record.elbo, record.exact), strict=True):
        if trained.snapshot is None or view_of(trained.snapshot.image_shape) != "image":
            continue
        with column:
            title(f"What the decoder {words[trained.name]} makes of z.")
            image_grid(
                _plane(trained),
                trained.snapshot.image_shape,
                columns=ACROSS,
                key=f"lab_gap_plane_{trained.name}",
                alt=f"Means of p(x|z) on a plane of z within ±{REACH:g} prior σ, {words[trained.name]}",
            )


def _plane(trained: Trained) -> np.ndarray:
    """What the decoder makes of the plane of z, row by row from above, (N, D)."""
    model = trained.snapshot.model()
    line = torch.linspace(-REACH, REACH, ACROSS)
    if model.latent_dim == 1:
        z = line[:, None]
    else:
        up, across = torch.meshgrid(line.flip(0), line, indexing="ij")
        z = torch.stack([across.flatten(), up.flatten()], 1)
    with torch.no_grad():
        return model.decode(z).mean.numpy()
