"""The Jensen gap page's moving part: one image's gap, the data's, and what training does to it."""

import streamlit as st
import torch

from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.gap_data import gap_data
from pages.controls.gap_image import gap_image
from pages.controls.gap_strip import gap_strip
from pages.controls.gap_training import gap_training, training_measures
from pages.state import keys
from pages.state.current import CurrentModel, current
from pages.state.gaps import ImageFound, SetFound, image_measure, set_key, set_measure
from pages.state.measures import Measure, found

TICK_S = 0.6
MOVING_TICK_S = 1.0


def jensen_gap(model: CurrentModel) -> None:
    """Show the gap of the current model; it follows while the model trains."""
    tick = _tick(model, *_measures(model), *training_measures(model))
    st.fragment(_draw, run_every=tick)(model.token, tick)


def _measures(model: CurrentModel) -> tuple[Measure[ImageFound], Measure[SetFound] | None]:
    """Return what there is about the chosen image and the data, and see to it that they are measured."""
    image = chosen_image(model.config.dataset)
    one = image_measure(model.snapshot, image.x, moving=model.moving)
    if model.config.latent_dim > 2 or model.moving:
        return one, None
    if not one.done and not found(set_key(model.snapshot)).done:
        return one, found(set_key(model.snapshot))  # the image first: somebody looks at it
    return one, set_measure(model.snapshot)


def _tick(model: CurrentModel, *measures: Measure | None) -> float | None:
    if model.moving:
        return MOVING_TICK_S
    return TICK_S if any(measured is not None and measured.pending for measured in measures) else None


def _draw(token: str, tick: float | None) -> None:
    model = current()
    one, data = _measures(model)
    history, cost = training_measures(model)
    if model.token != token or _tick(model, one, data, history, cost) != tick:
        st.rerun()
    image = chosen_image(model.config.dataset)
    gap_strip(model, data, image)
    label, shown = _newest(model, image, one)
    if shown is None:
        st.caption(one.sentence or "Integrating over z.")
    else:
        if not one.done and label != image.label:
            st.caption(
                f"{image.label[0].upper()}{image.label[1:]} is being measured; below is still {label}."
            )
        gap_image(model, shown, label)
    gap_data(model, data, image)
    gap_training(model, history, cost)


def _newest(
    model: CurrentModel, image: ChosenImage, one: Measure[ImageFound]
) -> tuple[str, ImageFound | None]:
    """Return what is shown: what was found about the chosen image, or about the one before until then."""
    token, label, before = st.session_state.get(keys.GAP_SEEN, ("", "", None))
    if token != model.token:
        before = None
    new = one.value
    if new is not None and torch.equal(new.x, image.x) and (new.gap is not None or before is None):
        label, before = f"{image.label}, at step {new.step:,}" if model.moving else image.label, new
        st.session_state[keys.GAP_SEEN] = (model.token, label, before)
    return label, before
