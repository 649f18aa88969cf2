"""One small picture as a piece of HTML, every pixel crisp."""

import base64
import html
import io

import numpy as np
from PIL import Image

from pages.components.images import as_bytes


def thumbnail(image: np.ndarray, image_shape: tuple[int, int, int], *, alt: str, size: int = 84) -> str:
    """Return an ``<img>`` of an image.

    Args:
        image: (D,), uint8 or floats in [0, 1].
        image_shape: (C, H, W).
        alt: What it shows.
        size: About its longer side, CSS pixels; a whole number of them to each pixel of the image.
    """
    channels, height, width = image_shape
    levels = as_bytes(image[None])[0].reshape(channels, height, width)
    file = io.BytesIO()
    Image.fromarray(levels[0] if channels == 1 else levels.transpose(1, 2, 0)).save(file, format="png")
    scale = max(1, size // max(height, width))
    return (
        f'<img alt="{html.escape(alt)}" width="{width * scale}" height="{height * scale}" '
        'style="display: block; image-rendering: pixelated; border-radius: 2px" '
        f'src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'
    )
