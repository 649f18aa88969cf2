"""The question before the runs, and what the runs said of the prediction."""

import streamlit as st

from pages.controls.chapters.look import COLUMN, prose, verdict
from pages.state.answers import answers, predict
from pages.state.museum import open_it, opened
from vae_core.museum import Answer, Bug


def asked(bug: Bug) -> None:
    """Ask, until the visitor commits to a choice or looks without one."""
    committed = answers(_slug(bug)).predicted
    prose(f"**{bug.question}**")
    if committed is None and opened(bug):
        return
    key = f"lab_museum_prediction_{bug.slug}"
    with st.container(width=COLUMN):
        chosen = st.radio(
            "Your prediction",
            bug.choices,
            index=committed,
            key=f"{key}_{committed}",
            disabled=committed is not None,
            label_visibility="collapsed",
        )
        if committed is not None:
            return
        with st.container(horizontal=True):
            st.button(
                "Commit and run both",
                key=f"{key}_commit",
                type="primary",
                disabled=chosen not in bug.choices,
                on_click=lambda: predict(_slug(bug), bug.choices.index(chosen)),
            )
            st.button(
                "Run without a prediction", key=f"{key}_open", type="tertiary", on_click=lambda: open_it(bug)
            )


def settled(bug: Bug, answer: Answer | None) -> None:
    """Say what the runs answered."""
    committed = answers(_slug(bug)).predicted
    if answer is None:
        verdict("Being measured.", "The answer comes from the two runs.")
    elif committed is None:
        verdict("The runs say:", f"{bug.choices[answer.choice]}. {answer.sentence}")
    elif answer.choice == committed:
        verdict("✓ As you said.", answer.sentence)
    else:
        verdict("✗ Not so.", f"{bug.choices[answer.choice]}. {answer.sentence}")


def _slug(bug: Bug) -> str:
    return f"museum-{bug.slug}"
