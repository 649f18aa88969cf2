"""Exercises that the running model checks: a number, a choice, or a state of the instrument."""

import math
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from pages.controls.chapters.look import COLUMN, verdict
from pages.state import keys
from pages.state.answers import Answer, answers, give, judged
from pages.state.lessons import Exercise, Lesson
from vae_core.lessons import Verdict

Seen = TypeVar("Seen")
Check = Callable[[Seen, Answer], Verdict | None]
"""Judges an answer by what was seen; None while that is being measured."""


def exercises(words: Lesson, checks: tuple[Check[Seen], ...], seen: Seen) -> None:
    """Show the exercises, each with the verdict on its last answer.

    Raises:
        ValueError: If there is not one check for each exercise.
    """
    if len(checks) != len(words.exercises):
        raise ValueError(f"checks must be one an exercise, got {len(checks)} for {len(words.exercises)}")
    given = dict(answers(words.slug).given)
    for place, (exercise, check) in enumerate(zip(words.exercises, checks, strict=True)):
        with st.container(border=True, width=COLUMN, key=f"lab_exercise_{words.slug}_{place}"):
            st.markdown(f"**{place + 1}. {exercise.title}**  \n{exercise.text}")
            _field(words.slug, place, exercise)
            if place in given:
                if place not in dict(answers(words.slug).verdicts):
                    _judge(words.slug, place, check(seen, given[place]))
                _say(words.slug, place)
    solved = len(answers(words.slug).solved)
    st.caption(f"{solved} of {len(checks)} solved in this session; the model at hand judges.")


def _field(slug: str, place: int, exercise: Exercise) -> None:
    key = f"{keys.LESSON}{slug}_exercise_{place}"
    answer: Answer | None = True
    with st.container(horizontal=not exercise.choices, vertical_alignment="bottom"):
        if exercise.choices:
            chosen = st.radio("Answer", exercise.choices, index=None, key=key, label_visibility="collapsed")
            answer = exercise.choices.index(chosen) if chosen in exercise.choices else None
        elif exercise.unit:
            number = st.number_input(
                f"Answer, {exercise.unit}", value=None, key=key, format="%0.3f", step=0.1, width=260
            )
            answer = number if number is not None and math.isfinite(number) else None
        st.button(
            "Check",
            key=f"{key}_check",
            disabled=answer is None,
            on_click=lambda: give(slug, place, answer),
        )


def _judge(slug: str, place: int, found: Verdict | None) -> None:
    if found is not None:
        judged(slug, place, right=found.right, sentence=found.sentence)


def _say(slug: str, place: int) -> None:
    kept = dict(answers(slug).verdicts).get(place)
    if kept is None:
        verdict("Being measured.", "")
    else:
        verdict("✓ Right." if kept[0] else "✗ Not yet.", kept[1])
