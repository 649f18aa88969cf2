"""The gaps of the whole data: how they are distributed, and what they are made of."""

import streamlit as st
import torch

from pages.controls.chosen_image import ChosenImage
from pages.controls.progress import progress
from pages.controls.shown import show, title
from pages.figures.gap_causes import gap_causes
from pages.figures.gap_histogram import gap_histogram
from pages.state.current import CurrentModel
from pages.state.gaps import DATA, SetFound
from pages.state.measures import Measure
from pages.state.theme import theme_name

HEIGHT = 300
IMAGE_FIRST = "The gaps of all images are measured when the chosen image has been."


def gap_data(model: CurrentModel, measured: Measure[SetFound] | None, image: ChosenImage) -> None:
    """Show the distribution of the gaps and their causes.

    Args:
        model: The current model.
        measured: What there is; ``None`` where the data are not measured now.
        image: The chosen image, which is marked.
    """
    st.subheader("All images")
    if model.config.latent_dim > 2:
        st.caption("The gaps of all images are measured for models with one or two latent dimensions.")
        return
    if measured is None:
        st.caption("The gaps of all images are measured when the training rests.")
        return
    if measured.sentence == IMAGE_FIRST:
        st.caption(IMAGE_FIRST)
    elif not measured.done:
        progress(measured, DATA)
    found = measured.value
    if found is None or not found.sets:
        return
    left, right = st.columns(2, gap="medium")
    theme = theme_name()
    with left:
        figure = gap_histogram(found.sets, theme=theme, chosen=_gap_of(found, image))
        show(figure, key="lab_gap_histogram", height=HEIGHT)
    with right:
        if found.causes is not None:
            show(
                gap_causes(found.causes, theme=theme, chosen_row=image.row),
                key="lab_gap_causes",
                height=HEIGHT,
            )
        else:
            title("The causes come when the validation images are measured.")


def _gap_of(found: SetFound, image: ChosenImage) -> float | None:
    for gaps in found.sets:
        place = torch.nonzero(gaps.rows == image.row)
        if len(place):
            return float(gaps.total[place[0, 0]])
    return None
