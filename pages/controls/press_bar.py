"""A row of buttons that act on runs: what each says, whether it can be pressed, and what it does."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

Act = TypeVar("Act")
Press = tuple[str, str, bool, Act, str]
"""Label, icon, whether it can be pressed, what it does, and a hint."""


def press_bar(
    presses: Sequence[Press[Act]], *, key: str, on_press: Callable[..., None], args: tuple[Any, ...] = ()
) -> None:
    """Show the buttons; the one that starts stands out.

    Args:
        presses: From left to right.
        key: Begins the key of each button; its icon follows.
        on_press: Called with what the button does, then with `args`.
        args: The same for all.
    """
    for label, icon, enabled, act, hint in presses:
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"{key}_{icon}",
            help=hint,
            disabled=not enabled,
            type="primary" if icon == "play_arrow" else "secondary",
            on_click=on_press,
            args=(act, *args),
        )
