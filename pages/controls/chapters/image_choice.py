"""The image that a chapter is about, small, and the button that takes another one."""

from collections.abc import Callable

import streamlit as st
import torch

from pages.controls.chosen_image import ChosenImage, choose_row
from pages.controls.thumbnail import thumbnail
from vae_core.data import load_dataset
from vae_core.rng import generator


def image_choice(image: ChosenImage, *, dataset: str, key: str) -> None:
    """Show which image is chosen, and offer another one.

    Args:
        image: The chosen one.
        dataset: Where it is from.
        key: Begins the keys of the controls.
    """
    shape = load_dataset(dataset).image_shape
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        if min(shape[1:]) > 1:
            st.html(thumbnail(image.x[0].numpy(), shape, alt=image.label, size=64), width="content")
        with st.container(width="content", gap="small"):
            st.html(f'<p class="lab-settled">{image.label[:1].upper()}{image.label[1:]}</p>')
            another_image(image, dataset=dataset, key=key)


def another_image(
    image: ChosenImage, *, dataset: str, key: str, on_row: Callable[[str, int], None] = choose_row
) -> None:
    """Offer another image of the validation data.

    Args:
        image: The chosen one.
        dataset: Where it is from.
        key: Begins the button's key.
        on_row: Called with the data set and the row of the other one.
    """
    st.button("Another image", key=f"{key}another", on_click=_another, args=(dataset, image.row, on_row))


def _another(dataset: str, row: int, on_row: Callable[[str, int], None]) -> None:
    rows = load_dataset(dataset).validation.index
    order = rows[torch.randperm(len(rows), generator=generator(0, "another image"))]
    here = torch.nonzero(order == row)
    on_row(dataset, int(order[(int(here[0]) + 1) % len(order) if len(here) else 0]))
