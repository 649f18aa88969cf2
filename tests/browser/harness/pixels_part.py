"""A grey and a colour image on which pixels are picked, and what Python hears. ?live runs it all the time."""

import numpy as np
import streamlit as st

from pages.components.pixels import pixel_picker

SHAPES = {"grey": (1, 28, 28), "colour": (3, 6, 8)}


def fixed_image(name: str) -> np.ndarray:
    """Values in [0, 1], (D,); the left half of the grey one is dark and the right half light."""
    values = np.random.default_rng(5).uniform(0.0, 1.0, np.prod(SHAPES[name]))
    if name == "colour":
        return values
    half = np.tile(np.arange(28) >= 14, 28)
    return 0.05 * values + 0.95 * half


def pixels_part() -> None:
    """The pickers, and what Python heard of each."""

    def pickers() -> None:
        for name, shape in SHAPES.items():
            picked, times = st.session_state.get(f"{name} heard", ((0, 0), 0))

            def hear(row: int, column: int, *, name: str = name, times: int = times) -> None:
                st.session_state[f"{name} heard"] = ((row, column), times + 1)

            values = fixed_image(name)
            alt = f"The {name} image"
            pixel_picker(values, shape, key=name, alt=alt, picked=picked, on_pick=hear)
            st.text(f"{name} {picked[0]} {picked[1]} times {times}")

    st.fragment(pickers, run_every=0.25 if "live" in st.query_params else None)()
