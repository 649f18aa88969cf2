"""The decoder in the browser: one slider per latent dimension, and the image that they decode to.

The weights go to the browser once per snapshot. A drag is decoded there; Python hears of z on release.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from pages.components.carrier import carry_decoder
from pages.components.register import register
from vae_core.divergences import UNUSED_BELOW
from vae_core.latent.walks import Z_LIMIT
from vae_core.training.snapshot import Snapshot

_instrument = register("decoder", styles=["decoder/sliders.css"])


@dataclass(frozen=True)
class LatentPosition:
    """Where the sliders stand, as last heard from the browser.

    Attributes:
        z: One value per latent dimension, each within ±6.
    """

    z: tuple[float, ...]


def instrument_settings(
    snapshot: Snapshot,
    *,
    spread: float,
    z: Sequence[float] | None,
    kl_per_dimension: Sequence[float] | np.ndarray | None,
) -> dict[str, Any]:
    """Return what the instrument needs beside the weights; see :func:`latent_sliders`."""
    latent_dim = snapshot.config.latent_dim
    kl = [] if kl_per_dimension is None else [float(value) for value in kl_per_dimension]
    known = len(kl) == latent_dim and all(map(math.isfinite, kl))
    return {
        "key": snapshot.key,
        "latent_dim": latent_dim,
        "spread": float(spread),
        "z": None if z is None else [round(float(value), 6) for value in z],
        "kl_per_dimension": [round(value, 4) for value in kl] if known else None,
        "unused": [value < UNUSED_BELOW for value in kl] if known else None,
    }


def checked_z(value: Any, latent_dim: int) -> tuple[float, ...]:
    """Return z as the browser sent it, if it can be one: else the origin.

    Args:
        value: Anything; what a browser sends is not to be trusted.
        latent_dim: How many numbers z must have.

    Returns:
        ``latent_dim`` finite numbers within ±6.
    """
    origin = (0.0,) * latent_dim
    if not isinstance(value, list | tuple) or len(value) != latent_dim:
        return origin
    if not all(isinstance(entry, int | float) and not isinstance(entry, bool) for entry in value):
        return origin
    if not all(abs(entry) < math.inf for entry in value):
        return origin
    return tuple(float(min(max(entry, -Z_LIMIT), Z_LIMIT)) for entry in value)


def latent_sliders(
    snapshot: Snapshot,
    *,
    key: str,
    z: Sequence[float] | None = None,
    spread: float = 3.0,
    kl_per_dimension: Sequence[float] | np.ndarray | None = None,
    on_change: Callable[[], None] | None = None,
) -> LatentPosition:
    """Show one slider per latent dimension and the image that they decode to.

    New weights under the same ``key`` redraw the image where the sliders stand, also in the middle of a drag.

    Args:
        snapshot: The model whose decoder answers.
        key: The widget's key.
        z: Moves the sliders whenever it differs from the call before, (L,); the result is not to be fed in.
        spread: The sliders run from -spread to +spread.
        kl_per_dimension: KL of each latent dimension, (L,), in nats per image; shown beside the sliders.
        on_change: Called before the rerun that follows a release.

    Returns:
        Where the sliders stand.
    """
    latent_dim = snapshot.config.latent_dim
    given = None if z is None else checked_z([float(value) for value in z], latent_dim)
    remembered = f"{key} given"
    if given is not None and st.session_state.get(remembered) != given:
        st.session_state[remembered] = given
        st.session_state[key] = {"z": list(given)}
    with st.container(gap=None):
        carry_decoder(snapshot, key=f"{key} weights")
        result = _instrument(
            key=key,
            data=instrument_settings(snapshot, spread=spread, z=given, kl_per_dimension=kl_per_dimension),
            default={"z": [0.0] * latent_dim},
            on_z_change=on_change or (lambda: None),
        )
    return LatentPosition(z=checked_z(result.z, latent_dim))
