"""The image that the latent pages are about: one of the data, or one that was drawn by hand."""

from dataclasses import dataclass

import streamlit as st
from torch import Tensor

from pages.components.draw import Drawing, checked_drawing, drawing_board
from pages.state import keys
from pages.state.view import read_row, show_in_link, view
from vae_core.data import Dataset, load_dataset
from vae_core.data.handwriting import normalise_drawing

BOARD = "lab_board"
DRAWING = -1
"""In place of a row: the image is on the drawing board."""


@dataclass(frozen=True)
class ChosenImage:
    """An image.

    Attributes:
        x: (1, D).
        label: What it is, in a few words.
        class_name: The name of its class, if it has one.
        row: Which row of the data set's `full` it is; `DRAWING` for one that was drawn by hand.
    """

    x: Tensor
    label: str
    class_name: str | None
    row: int

    @property
    def drawn(self) -> bool:
        """Whether it was drawn by hand."""
        return self.row == DRAWING


def choose_row(dataset: str, row: int) -> None:
    """Make a row of a data set's `full`, or the drawing, the chosen image; ε begins anew."""
    st.session_state[keys.IMAGE] = (dataset, row)
    st.session_state[keys.NOISE] = 1
    show_in_link(image=None if row == DRAWING else str(row))


def chosen_image(dataset: str) -> ChosenImage:
    """Return the chosen image: the link's, or the first validation image, until one is chosen."""
    data = load_dataset(dataset)
    linked = read_row(view().get("image", ""))
    first = int(data.validation.index[0])
    named, row = st.session_state.setdefault(keys.IMAGE, (dataset, first if linked is None else linked))
    if named != dataset or row >= len(data.full):
        show_in_link(image=None)
        return _image_at(data, first)
    if row != DRAWING:
        return _image_at(data, row)
    drawing = _drawing()
    return _image_at(data, first) if drawing is None else _drawn_image(data, drawing)


def can_be_drawn(data: Dataset) -> bool:
    """Return whether the data are images of one channel, larger than a stroke."""
    channels, height, width = data.image_shape
    return channels == 1 and min(height, width) > 3


def board(dataset: str) -> None:
    """Show the drawing board: what is drawn becomes the chosen image when the pen is lifted."""
    drawing_board(key=BOARD, label="Draw a digit", on_change=lambda: choose_row(dataset, DRAWING))


def _drawing() -> Drawing | None:
    state = st.session_state.get(BOARD)
    return None if state is None else checked_drawing(dict(state).get("drawing"), reset=0)


def _drawn_image(data: Dataset, drawing: Drawing) -> ChosenImage:
    x = normalise_drawing(drawing.ink, image_shape=data.image_shape, support=data.support)
    return ChosenImage(x[None], "your drawing", None, DRAWING)


def _image_at(data: Dataset, row: int) -> ChosenImage:
    label = None if data.full.labels is None else int(data.full.labels[row])
    name = None if label is None else (data.class_names[label] if data.class_names else str(label))
    noun = "point" if data.image_shape[1] == 1 else "image"
    return ChosenImage(data.full.x[row : row + 1], f"{noun} {row:,}", name, row)
