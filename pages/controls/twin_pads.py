"""One pad a decoder, linked: a drag in one moves the others, to the same z or to the same image."""

from typing import Literal

import streamlit as st
import torch

from pages.components.carrier import carry_packed, carry_points
from pages.components.pad import PadEllipse, PadImage, heard_row, latent_pad
from pages.controls.chosen_image import ChosenImage, choose_row
from pages.controls.encoded import (
    MOST_POINTS,
    chosen_rows,
    kl_of,
    map_points,
    model_of,
    packed_images,
    principal_of,
)
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
    points = map_points(model)
    images = packed_images(model.config.dataset)
    with st.container(gap=None):
        carry_points(points, key=f"lab_twin_points_{place}")
        if images is not None:
            carry_packed(images[1], key=f"lab_twin_images_{place}")
    with torch.no_grad():
        q = model_of(model.snapshot.key, model.snapshot).encode(image.x)
    mean, std = q.mean[0].tolist(), q.std[0].tolist()
    key = f"lab_twin_pad_{place}_{model.config.latent_dim}"

    def pick() -> None:
        picked = heard_row(key, len(points.mean))
        if picked is not None:
            carried = chosen_rows(model.config.dataset, most=MOST_POINTS)
            choose_row(model.config.dataset, int(carried[points.rows[picked]]))

    latent_pad(
        [model.snapshot],
        key=key,
        point_count=len(points.mean),
        on_change=pick,
        points=points.key,
        images=None if images is None else images[0],
        kl_per_dimension=kl_of(points),
        principal=principal_of(points),
        ellipses=[PadEllipse("image", mean, std, f"q(z|x) of {image.label}, at 1 and 2 σ")],
        image=PadImage(image.label, mean),
        link="twins",
        follow=follow,
        home=model.token,
        name=f"{name_of((model.config.likelihood, model.config.sigma))}, latent space",
    )
