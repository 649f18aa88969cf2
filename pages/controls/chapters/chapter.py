"""A chapter: question and prediction, instrument, formula, derivation, exercises, and the way to the next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from pages.components.formula import Shown, formula
from pages.controls.chapters.derivation import derivation
from pages.controls.chapters.exercises import Check, exercises
from pages.controls.chapters.look import RULES, prose
from pages.controls.chapters.question import question, settled
from pages.state.lessons import Lesson, lesson, lessons
from vae_core.lessons import Outcome, Step

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Chapter(Generic[Seen]):
    """What a chapter does; its words are in ``assets/lessons``.

    Attributes:
        slug: Its address.
        instrument: Draws the instrument with its controls, and returns what it is set to and what was
            computed for it. It has to be quick: what takes longer is a measurement beside the page.
        outcome: Which prediction came true, from what was seen; ``None`` while that is being measured.
        symbols: What each word of the formula is.
        steps: The derivation with the numbers of both sides; empty while they are being measured.
        checks: Of the exercises, in order: each judges an answer by what was seen.
    """

    slug: str
    instrument: Callable[[], Seen]
    outcome: Callable[[Seen], Outcome | None]
    symbols: Callable[[Seen], Mapping[str, Shown]]
    steps: Callable[[Seen], Sequence[Step]]
    checks: tuple[Check[Seen], ...]


def chapter(what: Chapter[Seen], *, tick: Callable[[], float | None] = lambda: None) -> None:
    """Show a chapter as the page.

    Args:
        what: The chapter.
        tick: Seconds until it is drawn again by itself, while something is being measured or trained.
    """
    words = lesson(what.slug)
    st.html(RULES)
    st.title(f"{words.number} · {words.title}")
    every = tick()

    def draw() -> None:
        if tick() != every:
            st.rerun()
        _draw(what, words)

    st.fragment(draw, run_every=every)()
    _next(words)


def _draw(what: Chapter[Seen], words: Lesson) -> None:
    ask = st.container(key=f"lab_lesson_{what.slug}_question")
    with st.container(key=f"lab_lesson_{what.slug}_instrument"):
        if words.instrument:
            prose(words.instrument)
        seen = what.instrument()
    with ask:
        question(words)
        settled(words, what.outcome(seen))
    with st.container(key=f"lab_lesson_{what.slug}_formula"):
        st.header("Formula", anchor=False)
        prose(words.formula_words)
        formula(
            words.formula,
            code=words.code,
            symbols=what.symbols(seen),
            key=f"lab_lesson_{what.slug}_formula_part",
        )
    with st.container(key=f"lab_lesson_{what.slug}_derivation"):
        st.header("Derivation", anchor=False)
        prose(words.derivation)
        derivation(words, what.steps(seen))
    with st.container(key=f"lab_lesson_{what.slug}_exercises"):
        st.header("Exercises", anchor=False)
        exercises(words, what.checks, seen)


def _next(words: Lesson) -> None:
    after = [one for one in lessons() if one.number == words.number + 1]
    if after:
        st.page_link(
            f"learn/{after[0].slug}.py", label=f"Next: {after[0].title}", icon=":material/arrow_forward:"
        )
