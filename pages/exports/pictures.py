"""Decoded frames as animations and strips: every image pixel a square of whole pixels, never blurred."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

FRAME_MS = 80
"""GIF counts in hundredths of a second: twelve and a half frames a second."""

REST_MS = 480
"""How long the first and the last frame stand still."""

ANIMATION_SIDE = 224
STRIP_SIDE = 84
WHITE = 255


def animated_gif(
    films: Sequence[np.ndarray], image_shape: Sequence[int], *, scale: int | None = None
) -> bytes:
    """Return an endless GIF that goes there and back; grey images keep each of their levels.

    Args:
        films: One (F, D) for each film, uint8 or floats in [0, 1]; they stand side by side.
        image_shape: (C, H, W), C = 1 or 3.
        scale: Pixels of the picture a pixel of an image; by default as many as give about 224 a side.

    Raises:
        ValueError: If the shapes don't go together.
    """
    frames, milliseconds = _there_and_back(films, image_shape, scale)
    return _animation(frames, "GIF", duration=milliseconds, loop=0, optimize=False, disposal=1)


def animated_webp(
    films: Sequence[np.ndarray], image_shape: Sequence[int], *, scale: int | None = None
) -> bytes:
    """Return an endless WebP without losses that goes there and back; see :func:`animated_gif`."""
    frames, milliseconds = _there_and_back(films, image_shape, scale)
    frames = [frame.convert("RGB") for frame in frames]
    return _animation(frames, "WEBP", duration=milliseconds, loop=0, lossless=True, exact=True)


def png_strips(
    films: Sequence[np.ndarray],
    image_shape: Sequence[int],
    *,
    names: Sequence[str] = (),
    scale: int | None = None,
) -> bytes:
    """Return the frames of each film as a row, the rows aligned, on white.

    Args:
        films: One (F, D) for each row, as :func:`animated_gif` takes them.
        image_shape: (C, H, W).
        names: Of the rows; they are written into the file's description.
        scale: Pixels of the picture a pixel of an image; by default as many as give about 84 a side.

    Raises:
        ValueError: If the shapes don't go together.
    """
    rows = [beside(list(levels), image_shape) for levels in _levels(films, image_shape)]
    picture = np.concatenate(_spaced(rows, _gap(image_shape), axis=0), axis=0)
    about = PngInfo()
    if names:
        about.add_text("Description", f"From top to bottom: {', '.join(names)}")
    packed = io.BytesIO()
    _enlarged(picture, _scale(scale, image_shape, STRIP_SIDE)).save(packed, "PNG", pnginfo=about)
    return packed.getvalue()


def beside(images: Sequence[np.ndarray], image_shape: Sequence[int]) -> np.ndarray:
    """Return images side by side on white, one pixel for each of theirs.

    Args:
        images: (H, W) or (H, W, 3) each, uint8.
        image_shape: (C, H, W).
    """
    return np.concatenate(_spaced(images, _gap(image_shape), axis=1), axis=1)


def _there_and_back(
    films: Sequence[np.ndarray], image_shape: Sequence[int], scale: int | None
) -> tuple[list[Image.Image], list[int]]:
    """Return the pictures of one round and how long each stands: 0, 1, …, F − 1, F − 2, …, 1."""
    levels = _levels(films, image_shape)
    size = _scale(scale, image_shape, ANIMATION_SIDE)
    there = [
        _enlarged(beside([film[frame] for film in levels], image_shape), size)
        for frame in range(len(levels[0]))
    ]
    last = len(there) - 1
    rest = {0, last}
    order = [*range(len(there)), *range(last - 1, 0, -1)]
    return [there[frame] for frame in order], [REST_MS if frame in rest else FRAME_MS for frame in order]


def _animation(frames: list[Image.Image], kind: str, **settings: object) -> bytes:
    packed = io.BytesIO()
    frames[0].save(packed, kind, save_all=True, append_images=frames[1:], **settings)
    return packed.getvalue()


def _levels(films: Sequence[np.ndarray], image_shape: Sequence[int]) -> list[np.ndarray]:
    """Return each film as uint8, (F, H, W) or (F, H, W, 3)."""
    channels, height, width = (int(side) for side in image_shape)
    arrays = [np.asarray(film) for film in films]
    good = {(array.ndim, *array.shape) for array in arrays}
    pixels = channels * height * width
    if channels not in (1, 3) or len(good) != 1 or any(a.ndim != 2 or a.shape[1] != pixels for a in arrays):
        shapes = [array.shape for array in arrays]
        raise ValueError(f"films must be (F, C·H·W) each with C = 1 or 3, got {shapes} for {image_shape}")
    found = []
    for array in arrays:
        if array.dtype != np.uint8:
            array = np.rint(np.clip(np.nan_to_num(array), 0.0, 1.0) * 255.0).astype(np.uint8)
        planes = array.reshape(-1, channels, height, width)
        found.append(planes[:, 0] if channels == 1 else planes.transpose(0, 2, 3, 1))
    return found


def _scale(scale: int | None, image_shape: Sequence[int], side: int) -> int:
    return max(1, round(side / max(image_shape[1:]))) if scale is None else max(1, int(scale))


def _gap(image_shape: Sequence[int]) -> int:
    return max(1, round(image_shape[2] / 14))


def _spaced(parts: Sequence[np.ndarray], gap: int, *, axis: int) -> list[np.ndarray]:
    """Return the parts with a white gap between each two."""
    shape = list(parts[0].shape)
    shape[axis] = gap
    white = np.full(shape, WHITE, np.uint8)
    spaced = [piece for part in parts for piece in (white, part)]
    return spaced[1:]


def _enlarged(picture: np.ndarray, scale: int) -> Image.Image:
    return Image.fromarray(picture.repeat(scale, axis=0).repeat(scale, axis=1))
