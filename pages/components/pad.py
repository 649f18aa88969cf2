"""The latent pad: a plane through latent space on which the decoder follows the pointer.

Everything that moves under a hand is computed in the browser. Python hears of settled values only: where z
was left, which image was picked, how pins and ellipses stand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import streamlit as st

from pages.components.carrier import carry_decoder
from pages.components.decoder import checked_z
from pages.components.pad_arrows import PadArrow, arrow_settings
from pages.components.register import register
from vae_core.divergences import UNUSED_BELOW
from vae_core.training.snapshot import Snapshot

LAYERS = ("points", "rings", "ellipses", "density", "holes", "stretch", "manifold", "forces")
"""What can be switched, as the browser names it."""

MOST_PINS = 12
WIDEST_ELLIPSE = 12.0
"""Prior σ."""

MOST_BELIEVED = 1e12
"""A larger number from a browser is no coordinate."""

_pad = register("pad", styles=["decoder/sliders.css"])


@dataclass(frozen=True)
class PadEllipse:
    """A Gaussian on the pad, drawn at 1 and 2 σ, to scale.

    Attributes:
        id: Its name; what Python hears of a drag carries it.
        mean: (L,), or (2,) for one that can be dragged: the pad's own coordinates.
        std: σ of each latent dimension (L,); of a draggable one the two half-axes (2,).
        label: What it is, in a few words.
        angle: Of the first half-axis of a draggable one, radians from the horizontal, anticlockwise.
        draggable: Whether centre, axes and angle follow a hand.
    """

    id: str
    mean: Sequence[float]
    std: Sequence[float]
    label: str
    angle: float = 0.0
    draggable: bool = False


@dataclass(frozen=True)
class PadPath:
    """A line on the pad.

    Attributes:
        style: "straight", "spherical" or "geodesic": its colour.
        z: (M, L).
    """

    style: str
    z: np.ndarray


@dataclass(frozen=True)
class PadImage:
    """The image that the page is about.

    Attributes:
        label: What it is, in a few words: ``image 31``, ``your drawing``.
        mean: Its μ, (L,).
    """

    label: str
    mean: Sequence[float]


@dataclass(frozen=True)
class Principal:
    """The plane of the two directions in which the encoder's means vary most.

    Attributes:
        directions: (2, L), orthonormal.
        shares: The share of the variance of the means along each, (2,).
    """

    directions: np.ndarray
    shares: Sequence[float]


@dataclass(frozen=True)
class DraggedEllipse:
    """How an ellipse was left.

    Attributes:
        id: Which one.
        centre: In the pad's coordinates, prior σ.
        axes: The two half-axes at 1 σ, prior σ.
        angle: Of the first, radians from the horizontal, anticlockwise.
    """

    id: str
    centre: tuple[float, float]
    axes: tuple[float, float]
    angle: float


@dataclass(frozen=True)
class PadAnswer:
    """What was last heard of the pad.

    Attributes:
        z: Where z was left, (L,), each within ±6.
        row: The point that was picked (its place among the points), if the last move was such a pick.
        pins: The pins, each (L,); as they were given while nothing was heard.
        ellipse: The ellipse that was dragged last.
        moves: How many moves of z were heard of.
    """

    z: tuple[float, ...]
    row: int | None
    pins: tuple[tuple[float, ...], ...]
    ellipse: DraggedEllipse | None
    moves: int = field(default=0)


def checked_position(value: Any, latent_dim: int, points: int) -> tuple[tuple[float, ...], int | None, int]:
    """Return z, the picked point and the number of moves, as far as the browser's answer can be believed."""
    if not isinstance(value, dict):
        return (0.0,) * latent_dim, None, 0
    row, moves = value.get("row"), value.get("moves")
    picked = isinstance(row, int) and not isinstance(row, bool) and 0 <= row < points
    counted = isinstance(moves, int) and not isinstance(moves, bool) and 0 <= moves < 1 << 53
    z = checked_z(value.get("z"), latent_dim)
    return z, row if picked else None, moves if counted else 0


def heard_row(key: str, points: int) -> int | None:
    """Return the point that was picked last, for a callback, which runs before the page does.

    Args:
        key: The pad's key.
        points: How many points its map has.
    """
    state = st.session_state.get(key)
    return None if state is None else checked_position(state.get("position"), 1, points)[1]


def checked_pins(
    value: Any, latent_dim: int, given: Sequence[Sequence[float]]
) -> tuple[tuple[float, ...], ...]:
    """Return the pins as the browser says they stand, or those that were given if that can't be."""
    fallback = tuple(checked_z([float(entry) for entry in pin], latent_dim) for pin in given)
    if not isinstance(value, list) or not min(2, len(given)) <= len(value) <= MOST_PINS:
        return fallback
    origin = (0.0,) * latent_dim
    pins = tuple(checked_z(pin, latent_dim) for pin in value)
    broken = any(pin == origin and raw != [0] * latent_dim for pin, raw in zip(pins, value, strict=True))
    return fallback if broken else pins


def checked_ellipse(value: Any, ids: Sequence[str]) -> DraggedEllipse | None:
    """Return a dragged ellipse, or ``None`` where the browser's answer can't be one."""
    if not isinstance(value, dict) or value.get("id") not in ids:
        return None
    centre, axes, angle = value.get("centre"), value.get("axes"), value.get("angle")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in (centre, axes)):
        return None
    entries = [*centre, *axes, angle]
    if not all(map(_is_number, entries)):
        return None
    x, y = (min(max(float(n), -WIDEST_ELLIPSE), WIDEST_ELLIPSE) for n in entries[:2])
    first, second = (min(max(float(n), 1e-3), WIDEST_ELLIPSE) for n in entries[2:4])
    return DraggedEllipse(value["id"], (x, y), (first, second), math.remainder(entries[4], math.tau))


def _is_number(value: Any) -> bool:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return real and abs(value) < MOST_BELIEVED


def numbers(values: Sequence[float] | np.ndarray, digits: int = 5) -> list[float]:
    """Return numbers that are short as JSON."""
    return [round(float(value), digits) for value in values]


def pad_settings(
    snapshots: Sequence[Snapshot],
    *,
    labels: Sequence[str] = (),
    points: str | None = None,
    images: str | None = None,
    mode: Literal["explore", "walk"] = "explore",
    start: Sequence[float] | None = None,
    z: Sequence[float] | None = None,
    spread: float = 3.0,
    kl_per_dimension: Sequence[float] | np.ndarray | None = None,
    layers: Sequence[str] = ("points", "rings", "ellipses", "forces"),
    principal: Principal | None = None,
    ellipses: Sequence[PadEllipse] = (),
    arrows: Sequence[PadArrow] = (),
    image: PadImage | None = None,
    pins: Sequence[Sequence[float]] | None = None,
    paths: Sequence[PadPath] = (),
    dots: Sequence[Sequence[float]] | np.ndarray = (),
    link: str | None = None,
    follow: Literal["z", "image"] = "z",
    home: str = "",
    name: str = "Latent pad",
) -> dict[str, Any]:
    """Return the small message of a pad; see :func:`latent_pad`."""
    latent_dim = snapshots[0].config.latent_dim
    kl = [] if kl_per_dimension is None else [float(value) for value in kl_per_dimension]
    known = len(kl) == latent_dim and all(map(math.isfinite, kl))
    names = [*labels, *[""] * len(snapshots)]
    return {
        "decoders": [
            {"key": snapshot.key, "label": label} for snapshot, label in zip(snapshots, names, strict=False)
        ],
        "points": points,
        "images": images,
        "latent_dim": latent_dim,
        "spread": float(spread),
        "mode": mode,
        "start": None if start is None else numbers(start),
        "z": None if z is None else numbers(z),
        "kl_per_dimension": numbers(kl, 4) if known else None,
        "unused": [value < UNUSED_BELOW for value in kl] if known else None,
        "layers": [layer for layer in LAYERS if layer in layers],
        "principal": None
        if principal is None
        else {
            "directions": [numbers(row, 7) for row in principal.directions],
            "shares": numbers(principal.shares, 4),
        },
        "ellipses": [
            {
                "id": e.id,
                "mean": numbers(e.mean),
                "std": numbers(e.std, 6),
                "angle": round(float(e.angle), 6),
                "label": e.label,
                "draggable": e.draggable,
            }
            for e in ellipses
        ],
        "arrows": arrow_settings(arrows, latent_dim),
        "image": None if image is None else {"label": image.label, "mean": numbers(image.mean)},
        "pins": None if pins is None else [numbers(pin) for pin in pins],
        "most_pins": MOST_PINS,
        "paths": [{"style": path.style, "z": [numbers(row, 4) for row in path.z]} for path in paths],
        "dots": [numbers(z) for z in dots],
        "link": link,
        "follow": follow,
        "home": home,
        "name": name,
    }


def latent_pad(
    snapshots: Sequence[Snapshot],
    *,
    key: str,
    point_count: int = 0,
    on_change: Callable[[], None] | None = None,
    **settings: Any,
) -> PadAnswer:
    """Show a pad with sliders, and the images that its z decodes to.

    New weights under the same ``key`` redraw the images where z stands, also in the middle of a drag. The
    points and images of the map are carried by :mod:`pages.components.carrier` and named here by their keys.

    Args:
        snapshots: The models whose decoders answer, of equal latent dimension; the first one's map is drawn.
        key: The widget's key.
        point_count: How many points the map has: a picked one lies within.
        on_change: Called before the rerun that follows a release.
        **settings: As :func:`pad_settings` takes them: ``labels`` of the decoders; ``points`` and
            ``images``, keys of what was carried; ``mode``, "walk" for pins; ``start``, where z stands at
            first; ``z`` moves the pad whenever it differs from the call before; ``pins`` likewise; ``spread``
            of the sliders; ``kl_per_dimension`` (L,) in nats per image; ``layers`` that are on at first;
            ``principal`` plane; ``ellipses``; ``arrows``, forces on codes; the ``image`` that the page is
            about; ``paths``; ``dots``, draws of z = μ + σ ε; a ``link`` on which pads and films follow each
            other; ``follow``: pads on a link share "z" or the "image", whose code in all latent dimensions
            is nearest to z where a hand moves it, and to whose own code each other pad goes, by the ``rows``
            of its points; ``home``, another one shows the map whole again; a ``name`` for those who cannot
            see it.

    Returns:
        What was heard last.
    """
    latent_dim = snapshots[0].config.latent_dim
    start, given = settings.get("start"), settings.get("z")
    z = None if given is None else list(checked_z(numbers(given), latent_dim))
    _set_once(key, "position", None if z is None else {"z": z, "row": None, "moves": 0})
    pins = settings.get("pins") or ()
    _set_once(key, "pins", [numbers(pin) for pin in pins] or None)
    ids = [e.id for e in settings.get("ellipses", ()) if e.draggable]
    heard = on_change or (lambda: None)
    with st.container(gap=None):
        for place, snapshot in enumerate(snapshots):
            carry_decoder(snapshot, key=f"{key} weights {place}")
        result = _pad(
            key=key,
            data=pad_settings(snapshots, **settings),
            default={
                "position": {"z": numbers(start or [0.0] * latent_dim), "row": None, "moves": 0},
                "pins": [numbers(pin) for pin in pins],
                "ellipse": None,
            },
            on_position_change=heard,
            on_pins_change=heard,
            on_ellipse_change=heard,
        )
    left, row, moves = checked_position(result.position, latent_dim, point_count)
    return PadAnswer(
        z=left,
        row=row,
        pins=checked_pins(result.pins, latent_dim, pins),
        ellipse=checked_ellipse(result.ellipse, ids),
        moves=moves,
    )


def _set_once(key: str, name: str, value: Any) -> None:
    """Overwrite what the browser said, whenever Python gives another value than in the call before."""
    remembered = f"{key} given {name}"
    before = st.session_state.get(remembered)
    st.session_state[remembered] = value
    if value is None or value == before:
        return
    state = st.session_state.get(key)
    st.session_state[key] = {**(dict(state) if state is not None else {}), name: value}
