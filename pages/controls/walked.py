"""Walks past pins, as the page shows them: computed once for each model and choice of pins."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from pages.controls.encoded import model_of
from pages.controls.pins import Pin
from pages.state.current import CurrentModel
from pages.state.geodesics import Found, geodesic_of
from vae_core.latent.travelled import travelled
from vae_core.latent.walks import Walk, walk
from vae_core.training.snapshot import Snapshot

FRAMES = 12
"""Steps per leg: 12 can be halved, and taken in thirds, where a strip is short of room."""

Code = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Walked:
    """One walk, and how far it has come.

    Attributes:
        way: The walk.
        travelled: The length in pixels at each point of its path, (M,).
        step: Of the weights that it was computed with, where they are older than the page's; else ``None``.
    """

    way: Walk
    travelled: np.ndarray
    step: int | None = None


def walks_past(model: CurrentModel, pins: tuple[Pin, ...]) -> tuple[list[Walked], Found]:
    """Return the walks of all styles that there are by now, and what there is of the geodesic.

    Raises:
        SettingError: If the decoder gives no finite numbers on the way.
    """
    snapshot = model.snapshot
    codes = tuple(pin.z for pin in pins)
    walks = list(_plain(snapshot.key, codes, snapshot))
    found = geodesic_of(snapshot, codes, frames=FRAMES, walk_name=name_of(model, pins), moving=model.moving)
    if found.fresh and found.walk is not None:
        walks.append(_measured(snapshot.key, codes, snapshot, found.walk))
    elif found.walk is not None:
        older = np.linspace(0.0, found.walk.pixel_length, len(found.walk.path))  # equal steps in pixels
        walks.append(Walked(found.walk, older, step=found.step))
    return walks, found


def name_of(model: CurrentModel, pins: tuple[Pin, ...]) -> str:
    """Return a name that stays while images move along with the weights, and changes with every hand."""
    return f"{model.token} {[pin.z if pin.row is None else pin.row for pin in pins]}"


@st.cache_resource(max_entries=16, show_spinner=False)
def _plain(key: str, codes: tuple[Code, ...], _snapshot: Snapshot) -> tuple[Walked, ...]:
    vae = model_of(key, _snapshot)
    stops = torch.tensor(codes, dtype=torch.float64)
    ways = [walk(vae, stops, style=style, frames=FRAMES) for style in ("straight", "spherical")]
    return tuple(Walked(way, travelled(vae, way).numpy()) for way in ways)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measured(key: str, codes: tuple[Code, ...], _snapshot: Snapshot, _way: Walk) -> Walked:
    return Walked(_way, travelled(model_of(key, _snapshot), _way).numpy())
