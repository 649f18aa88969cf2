"""A digit drawn by hand, brought into the form that the training digits have.

A model knows only digits that were prepared in one way. So a drawing goes the same way: MNIST's, or for 8×8
pixels that of the small digits.

Sources:
    MNIST: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document
    recognition, Proceedings of the IEEE 86(11), 1998, section III.A.
    The 8×8 digits: the description of "Optical Recognition of Handwritten Digits" at the UCI repository
    (doi:10.24432/C50P49), which names the NIST programs of M. D. Garris et al.: NIST Form-Based Handprint
    Recognition System, NISTIR 5469, 1994.
"""

from typing import Any

import numpy as np
import torch

from vae_core.checks import check_choice, refuse

# MNIST: the digit fits a box of 20×20 pixels in an image of 28×28.
BOX_SHARE = 20 / 28

# The 8×8 digits: bilevel images of 32×32, in which the digit fills 20 columns and all rows.
NIST_SHAPE = (1, 8, 8)
NIST_SIDE, NIST_WIDTH, NIST_BLOCK = 32, 20, 4
# (pixels of ink, how often to thin): strokes too thick or too thin for the 32×32 pixels are mended.
NIST_THICK = ((560, 2), (412, 1))
NIST_THIN = ((108, 2), (256, 1))


def normalise_drawing(ink: Any, *, image_shape: tuple[int, int, int], support: str) -> torch.Tensor:
    """Bring a drawing into the form of the training digits.

    As MNIST does it: the box around the ink is scaled, aspect kept, until it just fits 20/28 of the image;
    each new pixel is the mean of the old ones that it covers. It is laid so, by whole pixels, that its centre
    of mass lies in the pixel (H//2, W//2), as in all MNIST digits here; but no ink leaves the image.

    8×8 digits fill their image instead, as NIST's programs made them: the box is stretched to 20×32 pixels in
    a bilevel image of 32×32; strokes are thinned or thickened there until they cover a usual share; the digit
    is set upright; and each 4×4 block gives its share of ink, in sixteenths.

    Args:
        ink: The drawing, white on black, (H', W') in [0, 1]; its size is its own.
        image_shape: (1, H, W) of the model's images.
        support: Where they live: "unit", or "binary", where 0.5 and more becomes 1.

    Returns:
        The image, (D,) float32 in [0, 1], D = H·W.

    Raises:
        SettingError: Where there is no ink, or the images are not grey, or not in [0, 1].
    """
    height, width = checked_image(image_shape)
    check_choice("support", support, ("binary", "unit"))
    box = cropped(checked_ink(ink))
    image = nist_image(box) if (1, height, width) == NIST_SHAPE else mnist_image(box, height, width)
    if support == "binary":
        image = bilevel(image)
    return torch.from_numpy(np.clip(image, 0.0, 1.0).reshape(-1).astype(np.float32))


def mnist_image(box: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scale a box of ink (h, w) and lay it on an image (H, W) by its centre of mass."""
    # s = min(20/28 · H/h, 20/28 · W/w)
    scale = min(BOX_SHARE * height / box.shape[0], BOX_SHARE * width / box.shape[1])
    rows = min(max(1, round(scale * box.shape[0])), height)
    columns = min(max(1, round(scale * box.shape[1])), width)
    small = resampled(box, rows, columns)
    # What is symmetric has its centre on a pixel's edge: rounding errors shall not choose the pixel.
    row, column = (int(place + 1e-6) for place in centre_of_mass(small))
    top = min(max(0, height // 2 - row), height - rows)
    left = min(max(0, width // 2 - column), width - columns)
    image = np.zeros((height, width))
    image[top : top + rows, left : left + columns] = small
    return image


def nist_image(box: np.ndarray) -> np.ndarray:
    """Stretch a box of ink (h, w) over a bilevel 32×32 image, mend it, count its blocks: (8, 8)."""
    image = np.zeros((NIST_SIDE, NIST_SIDE))
    left = (NIST_SIDE - NIST_WIDTH) // 2
    image[:, left : left + NIST_WIDTH] = bilevel(resampled(box, NIST_SIDE, NIST_WIDTH))
    pixels = image.sum()
    thinner = next((times for bound, times in NIST_THICK if pixels > bound), 0)
    thicker = next((times for bound, times in NIST_THIN if pixels < bound), 0)
    for _ in range(thinner):
        image = image * neighbours(image, edge=1.0).min(0)
    for _ in range(thicker):
        image = np.maximum(image, neighbours(image, edge=0.0).max(0))
    blocks = NIST_SIDE // NIST_BLOCK
    return upright(image).reshape(blocks, NIST_BLOCK, blocks, NIST_BLOCK).mean((1, 3))


def upright(image: np.ndarray) -> np.ndarray:
    """Shear a bilevel image (H, W) until its first and its last row begin in the same column."""
    rows = np.flatnonzero(image.any(1))
    top, bottom = int(rows[0]), int(rows[-1])
    slant = (int(image[bottom].argmax()) - int(image[top].argmax())) / max(1, bottom - top)
    sheared = np.zeros_like(image)
    for row in range(top, bottom + 1):
        columns = np.flatnonzero(image[row]) - round(slant * (row - (top + bottom) / 2))
        sheared[row, columns[(columns >= 0) & (columns < image.shape[1])]] = 1.0
    return sheared


def resampled(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Resample an image (h, w) to (rows, columns): each pixel is the mean of the area that it covers."""
    return coverage(image.shape[0], rows) @ image @ coverage(image.shape[1], columns).T


def coverage(old: int, new: int) -> np.ndarray:
    """Return (new, old): the share of each new pixel that lies on each old one, on the same length."""
    edges = np.arange(new + 1) * (old / new)
    low = np.maximum(edges[:-1, None], np.arange(old)[None, :])
    high = np.minimum(edges[1:, None], np.arange(1, old + 1)[None, :])
    return np.maximum(high - low, 0.0) * (new / old)


def centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    """Return where the centre of mass lies, in pixels from the upper left corner; a pixel's middle is ½."""
    mass = image.sum()
    rows, columns = (np.arange(side) + 0.5 for side in image.shape)
    return float(image.sum(1) @ rows / mass), float(image.sum(0) @ columns / mass)


def bilevel(image: np.ndarray) -> np.ndarray:
    """Return 1 where there is half of full ink or more; where nothing has that, half of the most there is."""
    most = image.max()
    return (image >= (0.5 if most >= 0.5 else most / 2)).astype(float)


def neighbours(image: np.ndarray, *, edge: float) -> np.ndarray:
    """Return the pixel above, below, left and right of each, (4, H, W); beyond the image lies `edge`."""
    padded = np.pad(image, 1, constant_values=edge)
    return np.stack([padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]])


def cropped(ink: np.ndarray) -> np.ndarray:
    """Cut the box around all ink out of a drawing."""
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def checked_ink(ink: Any) -> np.ndarray:
    """Check a drawing: (H', W') of numbers in [0, 1], not all 0; as float64."""
    array = ink.detach().cpu().numpy() if isinstance(ink, torch.Tensor) else np.asarray(ink)
    rule = "must be a drawing (H, W) of numbers from 0 to 1"
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "buif":
        refuse("ink", rule, f"{array.dtype} of shape {array.shape}")
    array = array.astype(np.float64)
    if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
        refuse("ink", rule, "values that are not")
    if not array.any():
        refuse("ink", "must have something drawn on it", "an empty board")
    return array


def checked_image(image_shape: Any) -> tuple[int, int]:
    """Check that images are grey, and more than a line: (1, H, W) with H and W from 2; return H and W."""
    sides = tuple(image_shape) if isinstance(image_shape, tuple | list) else ()
    whole = all(isinstance(side, int | np.integer) and not isinstance(side, bool) for side in sides)
    if len(sides) != 3 or not whole or sides[0] != 1 or min(sides[1:]) < 2:
        refuse("image_shape", "must be that of grey images, (1, H, W) with H and W from 2", image_shape)
    return int(sides[1]), int(sides[2])
