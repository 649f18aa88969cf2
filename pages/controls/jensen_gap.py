"""The Jensen gap page's moving part: one image's gap, the data's, and what training does to it."""

from dataclasses import replace

import streamlit as st
import torch

from pages.controls.chosen_image import ChosenImage, chosen_image
from pages.controls.gap_data import IMAGE_FIRST, gap_data
from pages.controls.gap_image import gap_image
from pages.controls.gap_strip import gap_strip
from pages.controls.gap_training import gap_training, training_measures
from pages.state import keys
from pages.state.current import CurrentModel, current
from pages.state.gaps import DATA, ImageFound, SetFound, image_measure, set_key, set_measure
from pages.state.measures import Measure, drop, found

TICK_S = 0.6
MOVING_TICK_S = 1.0
SLOW_TICK_S = 1.2
"""Of what takes long and is looked at now and then."""


def jensen_gap(model: CurrentModel) -> None:
    """Show the gap of the current model; the image's part follows while the model trains.

    Each part is a fragment of its own, and ticks only while something in it is being measured.
    """
    parts = ((_draw_image, _image_tick), (_draw_data, _data_tick), (_draw_training, _training_tick))
    drawn_for = _identity(model)
    for draw, tick_of in parts:
        tick = tick_of(model)
        st.fragment(draw, run_every=tick)(drawn_for, tick)


def _identity(model: CurrentModel) -> tuple[str, int, int]:
    """Return what the parts of one page have in common: the model, and the chosen image."""
    image = chosen_image(model.config.dataset)
    return model.token, image.row, hash(image.x.numpy().tobytes())


def _image_of(model: CurrentModel) -> tuple[ChosenImage, Measure[ImageFound]]:
    """Return the chosen image and what there is about it, and see to it that it is measured."""
    image = chosen_image(model.config.dataset)
    return image, image_measure(model.snapshot, image.x, moving=model.moving)


def _data_of(model: CurrentModel) -> Measure[SetFound] | None:
    """Return what there is about the data; they are measured after the chosen image, which is looked at."""
    if model.config.latent_dim > 2 or model.moving:
        drop(DATA)
        return None
    there = found(set_key(model.snapshot))
    if there.done:
        return there
    if _image_of(model)[1].pending:
        return replace(there, pending=True, sentence=IMAGE_FIRST)
    return set_measure(model.snapshot)


def _image_tick(model: CurrentModel) -> float | None:
    if model.moving:
        return MOVING_TICK_S
    data = _data_of(model)
    strip_waits = data is not None and data.pending and (data.value is None or not data.value.sets)
    return TICK_S if _image_of(model)[1].pending or strip_waits else None


def _data_tick(model: CurrentModel) -> float | None:
    data = _data_of(model)
    return SLOW_TICK_S if data is not None and data.pending else None


def _training_tick(model: CurrentModel) -> float | None:
    at_work = [measured for measured in training_measures(model) if measured is not None and measured.pending]
    return SLOW_TICK_S if at_work else None


def _draw_image(drawn_for: tuple[str, int, int], tick: float | None) -> None:
    model = current()
    if _identity(model) != drawn_for or _image_tick(model) != tick:
        st.rerun()
    image, one = _image_of(model)
    data = _data_of(model)
    gap_strip(model, None if data is None else data.value, image)
    label, shown = _newest(model, image, one)
    if shown is None:
        st.caption(one.sentence or "Integrating over z.")
        return
    if not model.moving and not _is_of(shown, model, image):
        named = f"{image.label[0].upper()}{image.label[1:]}"
        state = "is being measured" if one.pending else f"has no gap: {one.sentence}"
        st.caption(f"{named} {state}; below is still {label}.")
    gap_image(model, shown, label)


def _is_of(shown: ImageFound, model: CurrentModel, image: ChosenImage) -> bool:
    """Whether a measurement is of this model's weights and of this image."""
    return shown.snapshot.key == model.snapshot.key and torch.equal(shown.x, image.x)


def _draw_data(drawn_for: tuple[str, int, int], tick: float | None) -> None:
    model = current()
    if _identity(model) != drawn_for or _data_tick(model) != tick:
        st.rerun()
    gap_data(model, _data_of(model), chosen_image(model.config.dataset))


def _draw_training(drawn_for: tuple[str, int, int], tick: float | None) -> None:
    model = current()
    if _identity(model) != drawn_for or _training_tick(model) != tick:
        st.rerun()
    gap_training(model, *training_measures(model))


def _newest(
    model: CurrentModel, image: ChosenImage, one: Measure[ImageFound]
) -> tuple[str, ImageFound | None]:
    """Return what is shown: what was found about the chosen image, or about the one before until then."""
    token, label, before = st.session_state.get(keys.GAP_SEEN, ("", "", None))
    if token != model.token:
        before = None
    new = one.value
    ours = new is not None and new.snapshot.config == model.config and torch.equal(new.x, image.x)
    if ours and (new.gap is not None or before is None):
        label = f"{image.label}, at step {new.snapshot.step:,}" if model.moving else image.label
        before = new
        st.session_state[keys.GAP_SEEN] = (model.token, label, before)
    return label, before
