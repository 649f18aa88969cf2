"""The view that a link opens: where z stands, which image, which decoders; typed and clamped."""

import math
from collections.abc import Callable, Mapping

import streamlit as st

from pages.state import keys
from pages.state.bug_choice import read_bug
from pages.state.twin_choice import read_twins
from vae_core.latent.walks import Z_LIMIT
from vae_core.models.vae import MAX_LATENT_DIM
from vae_core.sweeps.atlas import atlas_names
from vae_core.sweeps.shelf import SWEEP_ID

MOST_ROWS = 10_000_000
MOST_STOPS = 6
"""Of the guided tour."""

PROJECTOR = "projector"


def read_z(text: str) -> tuple[float, ...] | None:
    """Return the numbers of ``1.25,-0.5``, each clamped to ±6; ``None`` where they are none."""
    parts = text.split(",")
    if len(parts) > MAX_LATENT_DIM:
        return None
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return None
    if not all(map(math.isfinite, values)):
        return None
    return tuple(min(max(value, -Z_LIMIT), Z_LIMIT) for value in values)


def read_sweep(text: str) -> str | None:
    """Return the name of a shipped sweep, or what may be the id of another one; ``None`` for other text."""
    return text if text in atlas_names() or SWEEP_ID.fullmatch(text) else None


def read_row(text: str) -> int | None:
    """Return the row that a text of at most eight digits names; ``None`` for any other text."""
    plain = text.isascii() and text.isdigit() and len(text) <= 8
    return int(text) if plain and int(text) < MOST_ROWS else None


def read_stop(text: str) -> int | None:
    """Return the stop of the guided tour that a text names; ``None`` for any other text."""
    return int(text) if text in map(str, range(1, MOST_STOPS + 1)) else None


def read_show(text: str) -> str | None:
    """Return how the app is shown, if a text says so."""
    return text if text == PROJECTOR else None


def write_z(z: tuple[float, ...]) -> str:
    """Return z as a link writes it: two digits, so that 32 dimensions stay short."""
    return ",".join(f"{round(value, 2) + 0.0:g}" for value in z)


READERS: Mapping[str, tuple[Callable[[str], object], str]] = {
    "z": (read_z, f"must be at most {MAX_LATENT_DIM} numbers with commas between them"),
    "image": (read_row, "must be the number of a row of the data"),
    "sweep": (read_sweep, f"must be the id of a sweep, or one of {', '.join(atlas_names())}"),
    "bug": (read_bug, "must be a bug of the museum, 1 to 10"),
    "tour": (read_stop, f"must be a stop of the guided tour, 1 to {MOST_STOPS}"),
    "show": (read_show, f"must be {PROJECTOR}"),
    "twins": (
        read_twins,
        "must be data and two or three different decoders, like mnist-5k,bernoulli,gaussian-learned",
    ),
}
"""What a link may say of the view: how it is read, and the rule."""


def view() -> Mapping[str, str]:
    """Return this session's view, as a link writes it."""
    return st.session_state.get(keys.VIEW, {})


def show_in_link(**shown: str | None) -> bool:
    """Change parts of the view; ``None`` takes a part out. Returns whether anything changed."""
    before = dict(view())
    after = {name: text for name, text in {**before, **shown}.items() if text is not None}
    st.session_state[keys.VIEW] = after
    return after != before
