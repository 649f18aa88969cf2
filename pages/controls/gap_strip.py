"""Which image the gap is looked at of: the worst ones first, a row, one at random, or one drawn by hand."""

import streamlit as st
import torch
from torch import Tensor

from pages.components.carrier import view_of
from pages.components.images import image_picker
from pages.controls.chosen_image import ChosenImage, board, can_be_drawn, choose_row
from pages.controls.encoded import class_names
from pages.controls.shown import title
from pages.figures.theme import nats
from pages.state import keys
from pages.state.current import CurrentModel
from pages.state.gaps import SetFound
from vae_core.data import Dataset, load_dataset
from vae_core.diagnostics.gap_set import GapSet
from vae_core.rng import generator

WORST = 12
ALL = "all classes"


def gap_strip(model: CurrentModel, found: SetFound | None, image: ChosenImage) -> None:
    """Show the images with the widest gaps, and the other ways to choose one.

    Args:
        model: The current model.
        found: What there is about its data.
        image: The chosen image.
    """
    data = load_dataset(model.config.dataset)
    measured = found is not None and bool(found.sets)
    if measured and view_of(data.image_shape) == "image":
        _worst(data, found.sets[0], image)
    _choices(data, image, can_filter=measured)


def worst_rows(
    data: Dataset, gaps: GapSet, *, class_name: str = ALL, most: int = WORST
) -> tuple[Tensor, Tensor]:
    """Return the rows of a data set's `full` with the widest gaps, the widest first, and these, (n,) each."""
    rows, total = gaps.rows, gaps.total
    names = class_names(data) or ()
    if class_name in names:
        own = data.full.labels[rows] == names.index(class_name)
        rows, total = rows[own], total[own]
    order = total.argsort(descending=True)[:most]
    return rows[order], total[order]


def take_row(dataset: str, key: str, *, drawn_with: int) -> None:
    """Choose the row that was typed.

    A tick of the page may still carry this field when another image's has taken its place; then it says what
    it was drawn with, and nobody typed that.
    """
    row = int(st.session_state[key])
    if row != drawn_with:
        choose_row(dataset, row)


def _worst(data: Dataset, gaps: GapSet, image: ChosenImage) -> None:
    chosen_class = st.session_state.get(f"{keys.GAP_CLASS} {data.name}", ALL)
    rows, total = worst_rows(data, gaps, class_name=chosen_class)
    if not len(rows):
        st.caption("No image of this class has been measured yet.")
        return
    of = "" if chosen_class == ALL else f" of class {chosen_class}"
    title(f"The widest gaps of validation images{of}, in nats: pick one.")
    listed = rows.tolist()
    captions = [nats(float(gap)) for gap in total]
    image_picker(
        data.full.x[rows].numpy(),
        data.image_shape,
        columns=WORST,
        key="lab_gap_worst",
        alt=f"The {len(listed)} validation images with the widest gaps, the widest first",
        captions=captions,
        names=[f"image {row:,}: {gap} nats" for row, gap in zip(listed, captions, strict=True)],
        picked=listed.index(image.row) if image.row in listed else None,
        on_pick=lambda place: choose_row(data.name, listed[place]),
    )


def _choices(data: Dataset, image: ChosenImage, *, can_filter: bool) -> None:
    noun = "point" if data.image_shape[1] == 1 else "image"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = class_names(data)
        if names and can_filter:
            st.selectbox("Class", [ALL, *names], key=f"{keys.GAP_CLASS} {data.name}", width=150)
        row_key = f"{keys.GAP_ROW} {data.name} {image.row}"
        st.number_input(
            f"Row of the {noun}",
            min_value=0,
            max_value=len(data.full) - 1,
            value=max(image.row, 0),
            key=row_key,
            on_change=lambda: take_row(data.name, row_key, drawn_with=max(image.row, 0)),
            width=150,
        )
        st.button("Random", on_click=lambda: _choose_any(data), key="lab_gap_random")
        if can_be_drawn(data):
            with st.popover("Draw one"):
                board(data.name)


def _choose_any(data: Dataset) -> None:
    """Choose a validation image at random: another one at each press."""
    count = int(st.session_state.get(keys.GAP_DRAWS, 0)) + 1
    st.session_state[keys.GAP_DRAWS] = count
    rows = data.validation.index
    place = torch.randint(len(rows), (1,), generator=generator(count, "an image at random"))
    choose_row(data.name, int(rows[place]))
