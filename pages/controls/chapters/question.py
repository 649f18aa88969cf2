"""The question that a chapter opens with, and the prediction that one commits to."""

import streamlit as st

from pages.controls.chapters.look import COLUMN, prose, verdict
from pages.state import keys
from pages.state.answers import answers, predict
from pages.state.lessons import Lesson
from vae_core.lessons import Outcome


def question(words: Lesson) -> None:
    """Ask, until the visitor commits to a choice."""
    prose(words.question)
    committed = answers(words.slug).predicted
    key = f"{keys.LESSON}{words.slug}_prediction"
    with st.container(width=COLUMN):
        chosen = st.radio(
            "Your prediction",
            words.choices,
            index=committed,
            key=f"{key}_{committed}",
            disabled=committed is not None,
        )
        if committed is None:
            st.button(
                "Commit",
                key=f"{key}_commit",
                disabled=chosen not in words.choices,
                on_click=lambda: predict(words.slug, _place(words, chosen)),
            )


def settled(words: Lesson, outcome: Outcome | None) -> None:
    """Say what came of the prediction, once there is one."""
    committed = answers(words.slug).predicted
    if committed is None:
        return
    if outcome is None:
        verdict("Being measured.", "The answer comes from the model.")
    elif outcome.choice == committed:
        verdict("✓ As you said.", outcome.sentence)
    else:
        verdict("✗ Not so.", f"{words.choices[outcome.choice]}. {outcome.sentence}")


def _place(words: Lesson, chosen: str | None) -> int | None:
    return words.choices.index(chosen) if chosen in words.choices else None
