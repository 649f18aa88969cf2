"""One pixel of the chosen image: its predicted distribution under each decoder, the true values on it."""

from collections.abc import Sequence

import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.pixels import pixel_picker
from pages.controls.chosen_image import ChosenImage
from pages.controls.encoded import model_of
from pages.controls.shown import show, title
from pages.controls.twin_words import decoder_of
from pages.figures.pixel_distribution import pixel_distribution
from pages.state import keys
from pages.state.current import CurrentModel
from pages.state.theme import theme_name
from pages.state.twin_choice import name_of
from vae_core.data import load_dataset
from vae_core.diagnostics.pixel import PixelPrediction, pixel_prediction
from vae_core.rng import generator
from vae_core.training.snapshot import Snapshot

HEIGHT = 240


def twin_pixel(models: Sequence[CurrentModel], image: ChosenImage) -> None:
    """Show the chosen image to pick a pixel on, and the pixel's distribution under each decoder."""
    shape = models[0].snapshot.image_shape
    if view_of(shape) != "image":
        st.caption("A pixel’s distribution is shown for images.")
        return
    row, column = _pixel(shape)
    columns = st.columns([1, *[1.3] * len(models)], gap="medium")
    with columns[0]:
        title(f"{image.label[0].upper()}{image.label[1:]}: pick a pixel.")
        pixel_picker(
            image.x[0].numpy(),
            shape,
            key=f"lab_twin_pixel {models[0].config.dataset}",
            alt=f"{image.label}, on which a pixel can be picked",
            picked=(row, column),
            on_pick=lambda r, c: st.session_state.update({keys.TWIN_PIXEL: (r, c)}),
        )
        st.caption(f"Row {row}, column {column}; a point on a pad chooses another image.")
    for place, model in enumerate(models):
        with columns[place + 1]:
            found = _predicted(
                model.snapshot.key, model.config.dataset, image.x, row * shape[2] + column, model.snapshot
            )
            figure = pixel_distribution(
                found, theme=theme_name(), place=place, name=name_of(decoder_of(model))
            )
            show(figure, key=f"lab_twin_pixel_{place}", height=HEIGHT)


@st.cache_resource(
    max_entries=32, show_spinner=False, hash_funcs={torch.Tensor: lambda x: x.numpy().tobytes()}
)
def _predicted(key: str, dataset: str, x: torch.Tensor, pixel: int, _snapshot: Snapshot) -> PixelPrediction:
    data = load_dataset(dataset)
    return pixel_prediction(
        model_of(key, _snapshot),
        x,
        pixel=pixel,
        data=data.validation.x,
        support=data.support,
        generator=generator(_snapshot.config.seed, "pixel"),
    )


def _pixel(shape: tuple[int, int, int]) -> tuple[int, int]:
    """Return row and column of the picked pixel: the middle until one is picked."""
    _, height, width = shape
    row, column = st.session_state.get(keys.TWIN_PIXEL, (height // 2, width // 2))
    return min(row, height - 1), min(column, width - 1)
