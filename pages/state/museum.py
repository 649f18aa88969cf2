"""The bug museum: which bug is looked at, whether it is on, and the runs of both twins."""

import streamlit as st

from pages.state.bug_choice import read_bug
from pages.state.measures import Measure, measure
from pages.state.view import READERS, show_in_link, view
from vae_core.museum import Bug, Exhibit, bugs, exhibit

KIND = "bug museum"
CHOSEN = "lab_museum_bug"
"""The number of the bug that is looked at."""
OPENED = "lab_museum_opened"
"""The slugs of the bugs whose runs were asked for without a prediction."""
MENDED = "lab_museum_mended"
"""The slugs of the bugs that are switched off."""
IN_LINK = "bug"
"""Its name in a link, once `READERS` has it."""


def chosen_bug() -> Bug:
    """Return the bug that is looked at: the chosen one, that of the link, or the first."""
    number = st.session_state.get(CHOSEN) or read_bug(view().get(IN_LINK, "")) or 1
    return bugs()[number - 1]


def choose_bug(number: int) -> None:
    """Look at another one."""
    st.session_state[CHOSEN] = number
    if IN_LINK in READERS:
        show_in_link(**{IN_LINK: str(number)})


def opened(bug: Bug) -> bool:
    """Return whether the runs were asked for without a prediction."""
    return bug.slug in st.session_state.get(OPENED, ())


def open_it(bug: Bug) -> None:
    """Ask for the runs without a prediction."""
    st.session_state[OPENED] = sorted({*st.session_state.get(OPENED, ()), bug.slug})


def mended(bug: Bug) -> bool:
    """Return whether the bug is switched off."""
    return bug.slug in st.session_state.get(MENDED, ())


def mend(bug: Bug, *, off: bool) -> None:
    """Switch the bug off, or on again."""
    others = {*st.session_state.get(MENDED, ())} - {bug.slug}
    st.session_state[MENDED] = sorted(others | ({bug.slug} if off else set()))


def exhibit_measure(bug: Bug) -> Measure[Exhibit]:
    """Return what there is of both runs, and see to it that they go on; everybody shares them."""
    return measure((KIND, str(bug.number)), lambda: exhibit(bug))
