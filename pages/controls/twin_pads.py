"""One pad a decoder, linked: a drag in one moves the others, to the same z or to the same image."""

from typing import Literal

import streamlit as st
import torch

from pages.controls.chosen_image import ChosenImage
from pages.controls.encoded import model_of
from pages.controls.image_pad import image_pad
from pages.state.current import CurrentModel
from pages.state.twin_choice import name_of

FOLLOWS: dict[str, Literal["z", "image"]] = {"the same z": "z", "the same image": "image"}


def follow_switch() -> Literal["z", "image"]:
    """Show the switch that says what a drag carries from one pad to the others."""
    chosen = st.segmented_control(
        "A drag in one pad takes the others to",
        list(FOLLOWS),
        default="the same z",
        required=True,
        key="lab_twin_follow",
        help="The same z: what each decoder makes of one place. The same image: each goes to its own code of "
        "the image whose code is nearest to the hand.",
    )
    return FOLLOWS[chosen]


def twin_pad(model: CurrentModel, image: ChosenImage, *, place: int, follow: Literal["z", "image"]) -> None:
    """Show one decoder's pad.

    Args:
        model: The decoder's model.
        image: The chosen image; a click on a point chooses another one.
        place: Its place among those compared.
        follow: What a drag carries to the other pads.
    """
    with torch.no_grad():
        q = model_of(model.snapshot.key, model.snapshot).encode(image.x)
    image_pad(
        model,
        image,
        mean=q.mean[0].tolist(),
        std=q.std[0].tolist(),
        key=f"lab_twin_pad_{place}_{model.config.latent_dim}",
        carried=f"lab_twin_{place}",
        link="twins",
        follow=follow,
        name=f"{name_of((model.config.likelihood, model.config.sigma))}, latent space",
    )
