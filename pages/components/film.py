"""Filmstrips of a walk through latent space: the codes go to the browser, and are decoded there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pages.components.register import register

_film = register("film")


@dataclass(frozen=True)
class Strip:
    """One filmstrip.

    Attributes:
        style: "straight", "spherical" or "geodesic": its colour.
        label: Its name.
        note: What is said beside the name, like ``18.2 pixels long``.
        z: The code of each frame, (F, L).
    """

    style: str
    label: str
    note: str
    z: np.ndarray


def film_settings(
    snapshot_key: str,
    strips: Sequence[Strip],
    *,
    stops: Sequence[int] = (),
    link: str | None = None,
    name: str = "walk",
) -> dict[str, Any]:
    """Return the small message of a film; see :func:`film`.

    Raises:
        ValueError: if the strips are not of one shape.
    """
    shapes = {np.asarray(strip.z).shape for strip in strips}
    if len(shapes) > 1 or any(len(shape) != 2 or 0 in shape for shape in shapes):
        raise ValueError(f"strips must have codes of one shape (frames, L), got {sorted(shapes)}")
    frames = len(strips[0].z) if strips else 0
    return {
        "key": snapshot_key,
        "strips": [
            {
                "style": strip.style,
                "label": strip.label,
                "note": strip.note,
                "z": [[round(float(value), 5) for value in row] for row in strip.z],
            }
            for strip in strips
        ],
        "stops": [int(stop) for stop in stops if 0 <= stop < frames],
        "link": link,
        "name": name,
    }


def film(
    snapshot_key: str,
    strips: Sequence[Strip],
    *,
    key: str,
    stops: Sequence[int] = (),
    link: str | None = None,
    name: str = "walk",
) -> None:
    """Show aligned filmstrips, one below the other, with one playhead through all of them.

    Args:
        snapshot_key: Of the decoder, which a carrier on the page brings
            (:func:`pages.components.carrier.carry_decoder`).
        strips: The strips, all of the same number of frames.
        key: The film's key; new strips under it leave the playhead where it is.
        stops: The frames that are pins, in their order.
        link: Where the playhead is said; a pad on the same link shows it.
        name: What is shown, for those who cannot see it.
    """
    _film(key=key, data=film_settings(snapshot_key, strips, stops=stops, link=link, name=name))
