"""Checks of the arrays that become a Dataset: each rule broken is one sentence."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from vae_core.checks import check_choice, check_number, refuse

SUPPORTS = ("binary", "unit", "real")


def checked_rows(x: Any) -> tuple[torch.Tensor, tuple[int, int, int] | None]:
    """Copy x to (N, D) float32; with the (C, H, W) that x itself has, or None where x is flat rows."""
    array = _numbers("x", x)
    if array.ndim not in (2, 3, 4) or 0 in array.shape[1:]:
        refuse("x", "must have the shape (N, D), (N, H, W) or (N, C, H, W)", f"shape {array.shape}")
    if len(array) < 3:
        refuse("x", "must have at least 3 rows, so that no split is empty", f"shape {array.shape}")
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused as such
        array = np.array(array, dtype=np.float32, order="C")
    broken = array.size - int(np.isfinite(array).sum())
    if broken:
        refuse("x", "must be finite (no NaN, no infinity)", f"{broken} values that are not")
    shape = array.shape[1:] if array.ndim == 4 else (1, *array.shape[1:]) if array.ndim == 3 else None
    return torch.from_numpy(array.reshape(len(array), -1)), shape


def checked_image_shape(
    image_shape: Any, *, dimensions: int, found: tuple[int, int, int] | None
) -> tuple[int, int, int]:
    """Check (C, H, W) against the D values of a row; by default that of x, or (1, 1, D)."""
    if image_shape is None:
        return found or (1, 1, dimensions)
    rule = f"must be three whole numbers (C, H, W) with C·H·W = {dimensions}, the values of a row"
    if not isinstance(image_shape, tuple | list) or len(image_shape) != 3:
        refuse("image_shape", rule, image_shape)
    if not all(isinstance(side, int | np.integer) and side > 0 for side in image_shape):
        refuse("image_shape", rule, image_shape)
    channels, height, width = (int(side) for side in image_shape)
    if channels * height * width != dimensions or (found and found != (channels, height, width)):
        refuse("image_shape", rule, image_shape)
    return channels, height, width


def checked_support(x: torch.Tensor, support: str) -> None:
    """Check that x (N, D) really lies on its support."""
    check_choice("support", support, SUPPORTS)
    low, high = float(x.min()), float(x.max())
    if support == "binary" and not bool(((x == 0) | (x == 1)).all()):
        other = float(x[(x != 0) & (x != 1)][0])
        refuse("x", "must be 0 or 1 everywhere where the support is binary", other)
    if support == "unit" and (low < 0 or high > 1):
        refuse("x", "must lie in [0, 1] where the support is unit", f"{low:g} to {high:g}")


def checked_labels(labels: Any, *, rows: int) -> torch.Tensor | None:
    """Copy labels to (N,) int64: one whole number from 0 for each row."""
    if labels is None:
        return None
    array = _numbers("labels", labels)
    if array.shape != (rows,):
        refuse("labels", f"must be one for each of the {rows} rows", f"shape {array.shape}")
    whole = np.isfinite(array) & (array == np.round(array)) & (array >= 0)
    if not whole.all():
        refuse("labels", "must be whole numbers from 0", array[~whole][0].item())
    return torch.from_numpy(array.astype(np.int64))


def checked_class_names(
    class_names: Sequence[str] | None, labels: torch.Tensor | None
) -> tuple[str, ...] | None:
    """Check that each label has a name."""
    if class_names is None:
        return None
    if labels is None:
        refuse("class_names", "must come with labels", "no labels")
    names = tuple(str(name) for name in class_names)
    if len(names) <= int(labels.max()):
        refuse("class_names", f"must name each label from 0 to {int(labels.max())}", f"{len(names)} names")
    return names


def checked_grey_levels(grey_levels: int | None, x: torch.Tensor, support: str) -> int | None:
    """Check that x (N, D) lies on 0, 1/(levels−1), … 1."""
    if grey_levels is None:
        return None
    if support != "unit":
        refuse("grey_levels", "must be None unless the support is unit", f"support {support}")
    levels = int(check_number("grey_levels", grey_levels, low=2, high=65536, integer=True))
    for block in torch.split(x, 512):  # a block at a time stays in the processor's cache
        steps = block * (levels - 1)
        # float32 keeps the products to 65535 · 2⁻²⁴ < 0.004 of a step
        if float((steps - steps.round()).abs().max()) > 0.01:
            refuse("grey_levels", "must be how many equally spaced levels x has in [0, 1]", levels)
    return levels


def checked_seed(seed: Any) -> int:
    """Check the seed of the split."""
    return int(check_number("seed", seed, low=0, high=2**31 - 1, integer=True))


def checked_fractions(fractions: Any) -> tuple[float, float, float]:
    """Check the shares of train, validation and test."""
    rule = "must be three positive numbers with the sum 1 (train, validation, test)"
    if not isinstance(fractions, tuple | list) or len(fractions) != 3:
        refuse("fractions", rule, fractions)
    if not all(isinstance(share, int | float) and share > 0 for share in fractions):
        refuse("fractions", rule, fractions)
    if not math.isclose(sum(fractions), 1.0, abs_tol=1e-6):
        refuse("fractions", rule, fractions)
    train, validation, test = (float(share) for share in fractions)
    return train, validation, test


def _numbers(setting: str, values: Any) -> np.ndarray:
    """Read an array, a tensor or nested lists of real numbers."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
        values = values.float() if values.dtype == torch.bfloat16 else values
        values = values.resolve_conj().resolve_neg().numpy()
    try:
        array = np.asarray(values)
    except ValueError:  # numpy's own words for rows of unequal length are about its internals
        refuse(setting, "must be an array of numbers", "rows of unequal length")
    if array.dtype.kind not in "biuf":
        refuse(setting, "must be an array of numbers", f"values of type {array.dtype}")
    return array
