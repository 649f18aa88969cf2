"""Where a visitor is on the guided tour; the link says so as well."""

import streamlit as st

from pages.state import keys
from pages.state.view import MOST_STOPS, show_in_link, view


def stop() -> int | None:
    """Return the number of the stop, from 1; ``None`` when no tour is on."""
    said = view().get("tour", "")
    return int(said) if said.isdigit() and 1 <= int(said) <= MOST_STOPS else None


def go_to(number: int | None) -> None:
    """Go to a stop, or end the tour."""
    show_in_link(tour=None if number is None else str(number))
    if number is None:
        st.session_state.pop(keys.TOUR, None)


def begun() -> bool:
    """Return whether a stop was made ready before."""
    return keys.TOUR in st.session_state


def entered(number: int) -> bool:
    """Return whether a stop was made ready in this session."""
    return st.session_state.get(keys.TOUR, (None,))[0] == number


def enter(number: int, before: str, trouble: str) -> None:
    """Note that a stop is ready, what its key step starts from, and why it is not ready if it is not."""
    st.session_state[keys.TOUR] = (number, before, trouble)


def before() -> str:
    """Return what the key step of this stop started from."""
    return st.session_state.get(keys.TOUR, (None, "", ""))[1]


def trouble() -> str:
    """Return why this stop could not be made ready; "" where it could."""
    return st.session_state.get(keys.TOUR, (None, "", ""))[2]
