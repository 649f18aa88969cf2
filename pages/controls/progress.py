"""How far a long measurement is, and the button that ends it or begins it again."""

from typing import Any

import streamlit as st

from pages.state.measures import Measure, drop, stop


def progress(measured: Measure[Any], kind: str) -> None:
    """Show both.

    Args:
        measured: What there is; not the whole yet.
        kind: Which measurement.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, measured.fraction), text=measured.sentence, width="stretch")
        if measured.pending:
            st.button("Stop", on_click=lambda: stop(kind), key=f"lab_stop {kind}")
        else:
            st.button("Begin again", on_click=lambda: drop(kind), key=f"lab_again {kind}")
