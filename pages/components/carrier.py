"""What crosses to the browser once: a decoder's weights, the encoder's codes of a data set, its images.

Each is a message of its own, kept by Streamlit as long as it stays the same, and found by its digest by
whatever instrument is on the page. So a layer, a KL or a position never sends a megabyte again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pages.components.images import as_bytes
from pages.components.packing import pack
from pages.components.register import register
from vae_core.training.snapshot import Snapshot

_carrier = register("carrier")

NO_LABEL = 255


@dataclass(frozen=True)
class MapPoints:
    """The encoder's codes of images, as a map shows them.

    Attributes:
        key: A digest of the model and of the choice of images: equal keys mean equal points.
        mean: μ, (N, L) float32.
        std: σ, (N, L) float32.
        labels: The class of each, (N,), or None.
        rows: Which row of the data set's `full` each is, (N,).
        class_names: The name of each label, or None.
        class_colours: The colour of each label.
    """

    key: str
    mean: np.ndarray
    std: np.ndarray
    labels: np.ndarray | None
    rows: np.ndarray
    class_names: tuple[str, ...] | None
    class_colours: tuple[str, ...]


def view_of(image_shape: Sequence[int]) -> Literal["image", "plane", "line"]:
    """Return how a decoded x is shown: (1, 1, 2) is a point of the plane, (1, 1, 1) of a line."""
    channels, height, width = image_shape
    if (channels, height) == (1, 1) and width in (1, 2):
        return "plane" if width == 2 else "line"
    return "image"


def decoder_layers(snapshot: Snapshot) -> list[np.ndarray]:
    """Return weight (outputs, inputs) and bias (outputs,) of each decoder layer in turn, float32."""
    arrays = []
    for index in range(len(snapshot.config.hidden) + 1):
        for part in ("weight", "bias"):
            array = snapshot.weights[f"decoder.layers.{index}.{part}"]
            arrays.append(np.asarray(array, dtype=np.float32))
    return arrays


def pack_decoder(snapshot: Snapshot) -> bytes:
    """Pack a snapshot's decoder for the browser.

    Args:
        snapshot: The model.

    Returns:
        The header and float32 tensors, as :func:`pages.components.packing.pack` writes them.
    """
    header = {
        "kind": "decoder",
        "key": snapshot.key,
        "latent_dim": snapshot.config.latent_dim,
        "image_shape": list(snapshot.image_shape),
        "activation": snapshot.config.activation,
        "likelihood": snapshot.config.likelihood,
        "view": view_of(snapshot.image_shape),
    }
    return pack(header, decoder_layers(snapshot))


def pack_points(points: MapPoints) -> bytes:
    """Pack the points of a map: μ and σ as float32, the class as a byte (255: none), the row as uint32."""
    count = len(points.mean)
    labels = np.full(count, NO_LABEL) if points.labels is None else points.labels
    header = {
        "kind": "points",
        "key": points.key,
        "count": count,
        "latent_dim": points.mean.shape[1],
        "class_names": None if points.class_names is None else list(points.class_names),
        "class_colours": list(points.class_colours),
    }
    arrays = [
        np.asarray(points.mean, dtype=np.float32),
        np.asarray(points.std, dtype=np.float32),
        np.asarray(labels, dtype=np.uint8),
        np.asarray(points.rows, dtype=np.uint32),
    ]
    return pack(header, arrays)


def pack_data_images(key: str, images: np.ndarray, image_shape: Sequence[int]) -> bytes:
    """Pack the images of a data set, one byte a pixel.

    Args:
        key: A digest of the images.
        images: (N, D), uint8 or floats in [0, 1].
        image_shape: (C, H, W).
    """
    header = {
        "kind": "images",
        "key": key,
        "count": len(images),
        "shape": [int(side) for side in image_shape],
    }
    return pack(header, [as_bytes(images)])


def carry_decoder(snapshot: Snapshot, *, key: str) -> None:
    """Bring a snapshot's decoder to the page; instruments find it by ``snapshot.key``.

    Args:
        snapshot: The model.
        key: The carrier's key; the newest decoder under it replaces the one before.
    """
    _carrier(key=key, data=pack_decoder(snapshot))


def carry_points(points: MapPoints, *, key: str) -> None:
    """Bring the points of a map to the page; pads find them by ``points.key``."""
    _carrier(key=key, data=pack_points(points))


def carry_packed(message: bytes, *, key: str) -> None:
    """Bring a message to the page that was packed before (:func:`pack_data_images`)."""
    _carrier(key=key, data=message)
