"""A grid of images on one canvas: crisp pixels, and no flicker while they change."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.components.packing import pack
from pages.components.register import register

_grid = register("images")


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Return images as uint8: unchanged if they are, else from [0, 1], rounded and clipped."""
    array = np.asarray(images)
    if array.dtype == np.uint8:
        return array
    return np.rint(np.clip(np.nan_to_num(array), 0.0, 1.0) * 255.0).astype(np.uint8)


def pack_images(
    images: np.ndarray,
    image_shape: Sequence[int],
    *,
    columns: int,
    alt: str,
    captions: Sequence[str] | None = None,
    row_labels: Sequence[str] | None = None,
    picks: Sequence[str] = (),
    picked: int | None = None,
) -> bytes:
    """Pack images for the browser, one byte a pixel and channel.

    Args:
        images: (N, D), uint8 or floats in [0, 1].
        image_shape: (C, H, W), C = 1 or 3, D = C·H·W.
        columns: Images in a row.
        alt: What is to be seen, in a sentence.
        captions: One short text under each image, (N,).
        row_labels: One short text for each row.
        picks: The name of each image, (N,), where they can be picked.
        picked: Which one is.

    Returns:
        The message.

    Raises:
        ValueError: if the shapes don't go together.
    """
    pixels = as_bytes(images)
    channels, height, width = (int(side) for side in image_shape)
    if channels not in (1, 3) or pixels.ndim != 2 or pixels.shape[1] != channels * height * width:
        raise ValueError(
            f"images must be (N, C·H·W) with C = 1 or 3, got {pixels.shape} for {tuple(image_shape)}"
        )
    header = {
        "count": len(pixels),
        "columns": max(1, min(int(columns), len(pixels))),
        "shape": [channels, height, width],
        "alt": alt,
        "captions": None if captions is None else [str(text) for text in captions][: len(pixels)],
        "row_labels": None if row_labels is None else [str(text) for text in row_labels],
        "picks": [str(name) for name in picks][: len(pixels)],
        "picked": picked,
    }
    return pack(header, [pixels])


def image_grid(
    images: np.ndarray,
    image_shape: Sequence[int],
    *,
    columns: int,
    key: str,
    alt: str,
    captions: Sequence[str] | None = None,
    row_labels: Sequence[str] | None = None,
) -> None:
    """Show images in a grid. Where a row does not fit, all rows are broken at the same column.

    Args:
        images: (N, D), uint8 or floats in [0, 1], row by row.
        image_shape: (C, H, W), C = 1 or 3, D = C·H·W.
        columns: Images in a row.
        key: The grid's key; the same canvas is painted over as long as it stays.
        alt: What is to be seen, in a sentence, for those who cannot see it.
        captions: One short text under each image, (N,).
        row_labels: One short text for each row ("originals", "reconstructions").
    """
    _grid(
        key=key,
        data=pack_images(
            images, image_shape, columns=columns, alt=alt, captions=captions, row_labels=row_labels
        ),
    )


def image_picker(
    images: np.ndarray,
    image_shape: Sequence[int],
    *,
    columns: int,
    key: str,
    alt: str,
    captions: Sequence[str],
    names: Sequence[str],
    picked: int | None,
    on_pick: Callable[[int], None],
) -> None:
    """Show images in a grid, each of them a button.

    Args:
        images: (N, D), uint8 or floats in [0, 1], row by row.
        image_shape: (C, H, W), C = 1 or 3, D = C·H·W.
        columns: Images in a row.
        key: The grid's key.
        alt: What is to be seen, in a sentence, for those who cannot see it.
        captions: One short text under each image, (N,).
        names: What each one is, (N,), for those who cannot see it.
        picked: Which one is marked as picked.
        on_pick: Called with the place of the image that was pressed, before the rerun.
    """

    def heard() -> None:
        place = checked_pick(dict(st.session_state.get(key) or {}).get("picked"), len(images))
        if place is not None:
            on_pick(place)

    _grid(
        key=key,
        data=pack_images(
            images, image_shape, columns=columns, alt=alt, captions=captions, picks=names, picked=picked
        ),
        default={"picked": None},
        on_picked_change=heard,
    )


def checked_pick(value: Any, count: int) -> int | None:
    """Return which of so many images the browser says was pressed, as far as it can be believed."""
    place = value.get("image") if isinstance(value, dict) else None
    believed = isinstance(place, int) and not isinstance(place, bool) and 0 <= place < count
    return place if believed else None
