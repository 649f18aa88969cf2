"""A drawing board, and what Python hears. ?live pushes data four times a second; ?wide puts it in columns."""

import zlib

import numpy as np
import streamlit as st

from pages.components.draw import drawing_board
from pages.components.images import image_grid
from vae_core.data.handwriting import normalise_drawing


def draw_part() -> None:
    """The board with a counter that clears it, the ink in words, and the image that a model would get."""
    live = "live" in st.query_params

    def board() -> None:
        ticks = st.session_state["ticks"] = st.session_state.get("ticks", -1) + 1
        if st.button("Start afresh"):
            st.session_state["reset"] = st.session_state.get("reset", 0) + 1
        if st.toggle("Hide"):
            st.text("hidden")
            return
        left, right = st.columns([1, 1])
        with left:
            label = f"Draw a digit {ticks}" if live else "Draw a digit"
            drawing = drawing_board(key="board", label=label, reset=st.session_state.get("reset", 0))
        with right:
            if drawing is None:
                st.text("heard nothing")
            else:
                rows, columns = np.nonzero(drawing.ink)
                box = f"{columns.min()} {rows.min()} {columns.max()} {rows.max()}"
                print_of_ink = zlib.crc32(drawing.ink.tobytes())
                st.text(
                    f"heard {drawing.strokes} strokes box {box} ink {drawing.ink.sum():.1f} {print_of_ink}"
                )
                image = normalise_drawing(drawing.ink, image_shape=(1, 28, 28), support="unit")
                image_grid(
                    image.numpy()[None], (1, 28, 28), columns=1, key="image", alt="As the model sees it"
                )
            st.text(f"ticks {ticks}")

    st.fragment(board, run_every=0.25 if live else None)()
