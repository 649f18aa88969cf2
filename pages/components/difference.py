"""Signed differences as colours: blue where too much, orange where too little, the ground where nothing."""

import numpy as np

from pages.figures.theme import GROUND, ThemeName

TOO_MUCH, TOO_LITTLE = "#0072B2", "#E69F00"


def difference_image(difference: np.ndarray, *, channels: int, theme: ThemeName) -> np.ndarray:
    """Return pictures of differences.

    Args:
        difference: (N, D) in [-1, 1]; what lies beyond is drawn as ±1. Channels are averaged.
        channels: C of D = C·H·W.
        theme: Of the page.

    Returns:
        (N, 3·H·W) uint8, channel by channel.
    """
    grey = np.clip(difference.reshape(len(difference), channels, -1).mean(1), -1.0, 1.0)[:, None]
    ground, above, below = (_rgb(colour) for colour in (GROUND[theme], TOO_MUCH, TOO_LITTLE))
    full = np.where(grey > 0, above, below)
    return np.rint(ground + np.abs(grey) * (full - ground)).astype(np.uint8).reshape(len(grey), -1)


def _rgb(colour: str) -> np.ndarray:
    """Return #rrggbb as (1, 3, 1), 0 to 255."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float64)[None, :, None]
