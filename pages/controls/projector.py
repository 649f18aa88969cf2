"""The switch between a student's screen and a projector: larger type, and only the essential controls."""

import streamlit as st

from pages.state import keys
from pages.state.view import PROJECTOR, show_in_link, view

RULES = """
<style>
:root:root { font-size: 20px; }
.st-key-lab_settings [class*="st-key-lab_setting_"]:not([class*="_beta"]),
.st-key-lab_settings [class*="st-key-lab_preset"],
.st-key-lab_downloads, .stMain [data-testid="stExpander"], .stMain [data-testid="stPopover"],
.stMain [data-testid="stDownloadButton"] { display: none; }
[data-testid="stSidebar"] { font-size: 0.85rem; }
</style>
"""


def shown_on_projector() -> bool:
    """Return whether the link or the switch says so."""
    return view().get("show") == PROJECTOR


def projector_rules() -> None:
    """Write the rules of the projector where it is on."""
    if shown_on_projector():
        st.html(RULES)


def projector_switch() -> None:
    """Show the switch."""
    st.toggle(
        "Projector",
        value=shown_on_projector(),
        key=keys.PROJECTOR,
        on_change=_switch,
        help="Larger type, and only the controls that a lecture needs. Part of the link.",
    )


def _switch() -> None:
    show_in_link(show=PROJECTOR if st.session_state[keys.PROJECTOR] else None)
