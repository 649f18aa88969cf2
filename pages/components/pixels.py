"""One image, large, on which a pixel can be picked. Rows and columns count from 0, as in the array."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.components.images import as_bytes
from pages.components.packing import pack
from pages.components.register import register

_picker = register("pixels")


def pack_pixels(
    image: np.ndarray, image_shape: Sequence[int], *, alt: str, picked: tuple[int, int], heard: int = 0
) -> bytes:
    """Pack an image for the browser: a byte a pixel and channel to be seen, and the values to be said.

    Args:
        image: (D,), uint8 or floats in [0, 1].
        image_shape: (C, H, W), C = 1 or 3, D = C·H·W.
        alt: What is to be seen, in a sentence.
        picked: Row and column of the marked pixel.
        heard: How many picks Python knows of: what it says of an older one is not obeyed.

    Returns:
        The message.

    Raises:
        ValueError: if the shapes don't go together, or no such pixel is there.
    """
    array = np.asarray(image)
    channels, height, width = (int(side) for side in image_shape)
    if channels not in (1, 3) or array.shape != (channels * height * width,):
        raise ValueError(
            f"image must be (C·H·W,) with C = 1 or 3, got {array.shape} for {tuple(image_shape)}"
        )
    row, column = (int(place) for place in picked)
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(f"picked must lie within {height} rows and {width} columns, got {tuple(picked)}")
    values = array.astype(np.float32)
    header = {
        "shape": [channels, height, width],
        "alt": alt,
        "picked": [row, column],
        "heard": int(heard),
    }
    return pack(header, [as_bytes(array), values / np.float32(255) if array.dtype == np.uint8 else values])


def pixel_picker(
    image: np.ndarray,
    image_shape: Sequence[int],
    *,
    key: str,
    alt: str,
    picked: tuple[int, int],
    on_pick: Callable[[int, int], None],
) -> None:
    """Show an image on which a click, a tap or the arrow keys pick a pixel.

    Args:
        image: (D,), uint8 or floats in [0, 1].
        image_shape: (C, H, W), C = 1 or 3, D = C·H·W.
        key: The picker's key; the same canvas is painted over as long as it stays.
        alt: What is to be seen, in a sentence, for those who cannot see it.
        picked: Row and column of the marked pixel, from 0.
        on_pick: Called with row and column of another pixel when it is picked, before the rerun; a held
            arrow key picks once, when it rests.
    """
    _, height, width = image_shape

    def heard() -> None:
        place = checked_pixel(_said(key), height, width)
        if place is not None:
            on_pick(*place)

    _picker(
        key=key,
        data=pack_pixels(image, image_shape, alt=alt, picked=picked, heard=checked_times(_said(key))),
        default={"picked": None},
        on_picked_change=heard,
    )


def checked_pixel(value: Any, height: int, width: int) -> tuple[int, int] | None:
    """Return row and column of the pixel that the browser says was picked, if there can be such a pixel."""
    if not isinstance(value, dict):
        return None
    row, column = value.get("row"), value.get("column")
    return (row, column) if _is_below(row, height) and _is_below(column, width) else None


def checked_times(value: Any) -> int:
    """Return how many picks the browser says there were, as far as it can be believed."""
    times = value.get("times") if isinstance(value, dict) else None
    return times if _is_below(times, 1 << 53) else 0


def _is_below(value: Any, limit: int) -> bool:
    """Whether a value is a whole number from 0 on and below a limit."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit


def _said(key: str) -> Any:
    """What the browser said last."""
    return dict(st.session_state.get(key) or {}).get("picked")
