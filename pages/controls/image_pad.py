"""The pad of one model's codes, on which a click chooses the image that the page is about."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components.carrier import carry_packed, carry_points
from pages.components.pad import PadAnswer, PadEllipse, PadImage, heard_row, latent_pad
from pages.controls.chosen_image import ChosenImage, choose_row
from pages.controls.encoded import (
    MOST_POINTS,
    chosen_rows,
    kl_of,
    map_points,
    packed_images,
    principal_of,
)
from pages.state.current import CurrentModel


def image_pad(
    model: CurrentModel,
    image: ChosenImage,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    key: str,
    carried: str,
    **settings: Any,
) -> PadAnswer:
    """Show the pad of a model with the codes of its data and q(z|x) of the chosen image.

    Args:
        model: The model.
        image: The chosen image; a click on a point chooses another one.
        mean: μ of its q, (L,).
        std: σ of its q, (L,).
        key: The pad's key.
        carried: Begins the keys of what the pad is given to draw.
        **settings: Others of :func:`latent_pad`.

    Returns:
        What was heard last.
    """
    points = map_points(model)
    images = packed_images(model.config.dataset)
    with st.container(gap=None):
        carry_points(points, key=f"{carried}_points")
        if images is not None:
            carry_packed(images[1], key=f"{carried}_images")

    def pick() -> None:
        picked = heard_row(key, len(points.mean))
        if picked is not None:
            rows = chosen_rows(model.config.dataset, most=MOST_POINTS)
            choose_row(model.config.dataset, int(rows[points.rows[picked]]))

    return latent_pad(
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
        home=model.token,
        **settings,
    )
