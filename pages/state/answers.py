"""What a visitor predicted, answered and unfolded in each chapter; it lasts as long as the session."""

from dataclasses import dataclass

import streamlit as st

from pages.state import keys

Answer = float | int | bool
"""A number, the place of a choice, or that the instrument is where it should be."""


@dataclass(frozen=True)
class Answers:
    """Of one chapter.

    Attributes:
        predicted: The choice that was committed to, from 0; ``None`` before.
        unfolded: How many steps of the derivation are open.
        given: The last answer to each exercise, by its place.
        solved: The places of those that were right at least once.
        verdicts: On the given answers, when they were checked: whether right, and why.
    """

    predicted: int | None = None
    unfolded: int = 1
    given: tuple[tuple[int, Answer], ...] = ()
    solved: frozenset[int] = frozenset()
    verdicts: tuple[tuple[int, tuple[bool, str]], ...] = ()


def answers(slug: str) -> Answers:
    """Return those of a chapter."""
    stored = _stored().get(slug, {})
    return Answers(
        stored.get("predicted"),
        stored.get("unfolded", 1),
        tuple(sorted(stored.get("given", {}).items())),
        frozenset(stored.get("solved", ())),
        tuple(sorted(stored.get("verdicts", {}).items())),
    )


def predict(slug: str, choice: int | None) -> None:
    """Commit to a choice."""
    if choice is not None:
        _change(slug, predicted=choice)


def unfold(slug: str, steps: int) -> None:
    """Open so many steps of the derivation."""
    _change(slug, unfolded=steps)


def give(slug: str, place: int, answer: Answer | None) -> None:
    """Answer an exercise; ``None`` takes the answer back."""
    before = _stored().get(slug, {})
    given = {**before.get("given", {}), place: answer}
    _change(
        slug,
        given={at: one for at, one in given.items() if one is not None},
        verdicts={at: one for at, one in before.get("verdicts", {}).items() if at != place},
    )


def judged(slug: str, place: int, *, right: bool, sentence: str) -> None:
    """Keep the verdict on an answer: it is about what was seen when it was checked."""
    before = _stored().get(slug, {})
    solved = {*before.get("solved", ()), *({place} if right else ())}
    _change(slug, solved=sorted(solved), verdicts={**before.get("verdicts", {}), place: (right, sentence)})


def _stored() -> dict[str, dict]:
    return st.session_state.setdefault(keys.LESSONS, {})


def _change(slug: str, **changes: object) -> None:
    # plain values only: instances of classes do not survive a hot reload
    st.session_state[keys.LESSONS] = {**_stored(), slug: {**_stored().get(slug, {}), **changes}}
