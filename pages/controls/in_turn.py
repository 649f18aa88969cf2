"""Controls whose messages wait for their turn, while other parts of the page tick.

A message of the whole page stops the run that a tick began and starts another one beside it. The two share
the session's state, and the end of the first one forgets the press that the second is about to obey. Messages
of fragments wait for each other instead, so such controls are a fragment of their own.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState


def in_turn(draw: Callable[[], None]) -> None:
    """Draw controls as a fragment; whenever one of them is used, the whole page follows."""
    st.fragment(_draw)(draw)


def _draw(draw: Callable[[], None]) -> None:
    if _drawn_now() is not None:
        st.rerun()
    draw()


def came_with_a_tick() -> bool:
    """Return whether the press that a callback answers came with another fragment's tick.

    The browser sends a press a moment after it has noted it. A tick that falls between brings the press too,
    and the press's own message follows: whoever obeys both acts twice.
    """
    drawn = _drawn_now()
    return drawn is not None and ThreadState.get().fragment_id not in drawn


def _drawn_now() -> list[str] | None:
    """Return the fragments that this run draws, or ``None`` where it draws the whole page."""
    context = get_script_run_ctx()
    return context.fragment_ids_this_run if context is not None else None
