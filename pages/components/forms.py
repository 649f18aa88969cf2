"""The eight forms of the ELBO as rows that end on one line, while a share is dragged in the browser."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.components.formula import as_tree, parse
from pages.components.register import register
from vae_core.finite_world import FiniteWorld
from vae_core.lessons.forms import WORDS, written

_forms = register("forms")


def message(
    worlds: Sequence[FiniteWorld], *, shares: Sequence[float], notch: int, label: str, home: str
) -> dict[str, Any]:
    """Return what the browser needs: each term once, with its value at every share.

    Args:
        worlds: What was measured at each share.
        shares: From 0 to 1.
        notch: Which share is shown at first.
        label: Of the slider.
        home: Of model and pattern: while it stays, the slider stays where a hand has left it.
    """
    symbols = list(dict.fromkeys(term.symbol for form in worlds[0].forms for _, term in form.terms))
    return {
        "home": home,
        "label": label,
        "shares": list(shares),
        "notch": notch,
        "terms": [
            {
                "formula": as_tree(parse(written(symbol))),
                "word": WORDS.get(symbol, ""),
                "values": [world.term(symbol).value for world in worlds],
            }
            for symbol in symbols
        ],
        "forms": [
            {
                "number": form.number,
                "name": form.name,
                "terms": [[sign, symbols.index(term.symbol)] for sign, term in form.terms],
            }
            for form in worlds[0].forms
        ],
        "spreads": [max(world.spread, world.stability) for world in worlds],
    }


def checked_notch(value: Any, *, home: str, count: int, notch: int) -> int:
    """Return the notch that the browser names, or the first one if that can't be.

    Args:
        value: The browser's word: home and notch.
        home: Of what is shown: an answer to anything else counts for nothing.
        count: How many there are.
        notch: Where it began.
    """
    if not isinstance(value, dict) or value.get("home") != home:
        return notch
    said = value.get("notch")
    fits = isinstance(said, int) and not isinstance(said, bool) and 0 <= said < count
    return said if fits else notch


def forms(
    worlds: Sequence[FiniteWorld],
    *,
    shares: Sequence[float],
    notch: int,
    label: str,
    home: str,
    key: str,
    on_change: Callable[[], None] | None = None,
) -> int:
    """Show the forms above a slider over the shares; the browser answers each drag from the numbers it has.

    Args:
        worlds: What was measured at each share.
        shares: From 0 to 1.
        notch: Where the slider begins.
        label: Of the slider.
        home: Of model and pattern.
        key: The component's key.
        on_change: Called before the rerun that follows a release.

    Returns:
        The share, by its place, where the slider was left.
    """
    stored = st.session_state.get(key)
    at = checked_notch(
        None if stored is None else dict(stored).get("left"), home=home, count=len(shares), notch=notch
    )
    result = _forms(
        key=key,
        data=message(worlds, shares=shares, notch=at, label=label, home=home),
        default={"left": None},
        on_left_change=on_change or (lambda: None),
    )
    return checked_notch(result.left, home=home, count=len(shares), notch=notch)
