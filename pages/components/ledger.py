"""The ledger of one image in the browser: its cost as a stack of pieces, and what each piece is about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol

import numpy as np
import streamlit as st

from pages.components.packing import pack
from pages.components.pixels import checked_times
from pages.components.register import register

MOST_VALUES = 16
"""Of data that are no images, so many values are listed: those that cost most."""

_ledger = register("ledger")


class Ledger(Protocol):
    """The terms of one image's ELBO, nats: those of an ``ImageLedger`` or of a ``Tug``."""

    @property
    def reconstruction(self) -> float:
        """E_q[log p(x|z)]."""

    @property
    def kl_per_dimension(self) -> Iterable[Any]:
        """KL(q(z_j|x) ‖ p(z_j)) of each latent dimension, (L,)."""


def pack_ledger(
    record: Ledger,
    *,
    x: np.ndarray,
    mean: np.ndarray,
    pixel_map: np.ndarray,
    std: np.ndarray,
    q_mean: np.ndarray,
    image_shape: Sequence[int],
    label: str,
    name: Literal["log-likelihood", "Bernoulli score"] = "log-likelihood",
    dimension: int = 0,
    heard: int = 0,
) -> bytes:
    """Pack a ledger for the browser; see :func:`image_ledger`.

    Args:
        record: The terms. Where it has an ``error``, that is the cost's Monte Carlo standard error, nats.
        x: The image, (D,).
        mean: Its mean reconstruction, (D,).
        pixel_map: E_q log p(x_d|z) of each value, (D,), nats.
        std: σ of q, (L,), prior σ.
        q_mean: μ of q, (L,), prior σ.
        image_shape: (C, H, W), D = C·H·W.
        label: What the image is, in a few words.
        name: What the reconstruction is called.
        dimension: The marked latent dimension, from 0.
        heard: How many choices Python knows of: what it says of an older one is not obeyed.

    Returns:
        The message.

    Raises:
        ValueError: if the shapes don't go together, or no such dimension is there.
    """
    channels, height, width = (int(side) for side in image_shape)
    size = channels * height * width
    values = [np.asarray(array) for array in (x, mean, pixel_map)]
    if channels not in (1, 3) or any(array.shape != (size,) for array in values):
        shapes = ", ".join(str(array.shape) for array in values)
        raise ValueError(
            f"x, mean and pixel_map must be (C·H·W,) with C = 1 or 3, got {shapes} for {tuple(image_shape)}"
        )
    kl = np.array([float(value) for value in record.kl_per_dimension])
    gaussians = [np.asarray(array, dtype=np.float64) for array in (q_mean, std)]
    if not len(kl) or any(array.shape != kl.shape for array in gaussians):
        shapes = " and ".join(str(array.shape) for array in gaussians)
        raise ValueError(f"q_mean and std must be (L,) for {len(kl)} KLs, got {shapes}")
    if not 0 <= dimension < len(kl):
        raise ValueError(f"dimension must be from 0 to {len(kl) - 1}, got {dimension}")
    error = getattr(record, "error", None)
    header = {
        "shape": [channels, height, width],
        # One row of one channel is a list of values and no picture.
        "pictures": height > 1,
        "most_values": MOST_VALUES,
        "label": label,
        "name": name,
        "error": float(error) if error is not None and math.isfinite(error) else None,
        "dimension": int(dimension),
        "heard": int(heard),
    }
    terms = np.array([float(record.reconstruction), *kl])
    levels = [array / 255 if array.dtype == np.uint8 else array for array in values]
    return pack(header, [terms, np.stack(gaussians), *(array.astype(np.float32) for array in levels)])


def image_ledger(
    record: Ledger,
    *,
    x: np.ndarray,
    mean: np.ndarray,
    pixel_map: np.ndarray,
    std: np.ndarray,
    q_mean: np.ndarray,
    image_shape: Sequence[int],
    key: str,
    label: str,
    name: Literal["log-likelihood", "Bernoulli score"] = "log-likelihood",
    dimension: int,
    on_dimension: Callable[[int], None],
) -> None:
    """Show what −ELBO of one image is made of; a piece lights up the pixels or the latent axis it is about.

    Args:
        record: Reconstruction and KLs, nats; its ``error``, where it has one, is shown.
        x: The image, (D,), uint8 or floats, of which [0, 1] can be seen.
        mean: Its mean reconstruction, (D,).
        pixel_map: E_q log p(x_d|z) of each value, (D,), nats; channels of a pixel are added up.
        std: σ of q, (L,), prior σ.
        q_mean: μ of q, (L,), prior σ.
        image_shape: (C, H, W), C = 1 or 3, D = C·H·W; with H = 1 values stand in a table.
        key: The ledger's key; the same elements are filled anew as long as it stays.
        label: What the image is, in a few words: ``image 31``.
        name: What the reconstruction is called; on grey pixels a Bernoulli decoder gives a score.
        dimension: The latent dimension that is marked, from 0.
        on_dimension: Called with another dimension when its piece or its axis is clicked or entered, before
            the rerun.
    """
    kl_count = len(list(record.kl_per_dimension))

    def heard() -> None:
        chosen = checked_dimension(_said(key), kl_count)
        if chosen is not None:
            on_dimension(chosen)

    _ledger(
        key=key,
        data=pack_ledger(
            record,
            x=x,
            mean=mean,
            pixel_map=pixel_map,
            std=std,
            q_mean=q_mean,
            image_shape=image_shape,
            label=label,
            name=name,
            dimension=dimension,
            heard=checked_times(_said(key)),
        ),
        default={"dimension": None},
        on_dimension_change=heard,
    )


def checked_dimension(value: Any, count: int) -> int | None:
    """Return the latent dimension that the browser says was chosen, if there can be such a one."""
    index = value.get("index") if isinstance(value, dict) else None
    believed = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < count
    return index if believed else None


def _said(key: str) -> Any:
    """What the browser said last."""
    return dict(st.session_state.get(key) or {}).get("dimension")
