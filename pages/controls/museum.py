"""The bug museum: a bug is chosen, predicted, run beside its sound twin, and mended."""

import streamlit as st

from pages.controls.chapters.look import RULES as CHAPTER_RULES
from pages.controls.chapters.look import prose
from pages.controls.in_turn import in_turn
from pages.controls.museum_code import CODE_RULES, both_codes
from pages.controls.museum_question import asked, settled
from pages.controls.museum_rows import ROW_RULES, identity_rows, verdict_line
from pages.controls.museum_runs import curves_of, pictures_of, reports_of
from pages.controls.progress import progress
from pages.state.answers import answers
from pages.state.measures import Measure
from pages.state.museum import KIND, choose_bug, chosen_bug, exhibit_measure, mend, mended, opened
from vae_core.museum import Bug, Exhibit, bugs

TICK_S = 0.4
CHOICE = "lab_museum_choice"
MENDED_WORDS = (
    "Both sides run the sound lines from the same weights, with the same images and noise: they agree to the "
    "last bit."
)


def museum() -> None:
    """Show the ten by name, and the chosen one whole."""
    st.html(f"{CHAPTER_RULES}{CODE_RULES}{ROW_RULES}")
    bug = chosen_bug()
    in_turn(lambda: _choice(bug))
    st.subheader(f"{bug.number} · {bug.title}", anchor=False)
    prose(bug.words)
    st.caption(f"Seen in {bug.source}.")
    both_codes(bug, mended=mended(bug))
    asked(bug)
    if answers(f"museum-{bug.slug}").predicted is None and not opened(bug):
        return
    tick = TICK_S if exhibit_measure(bug).pending else None
    st.fragment(_draw, run_every=tick)((bug.number, mended(bug)), tick)


def _choice(bug: Bug) -> None:
    names = {f"{one.number} · {one.title}": one.number for one in bugs()}
    # kept under one key, so that the pressed name keeps the keyboard's focus
    st.session_state.setdefault(CHOICE, f"{bug.number} · {bug.title}")
    st.pills(
        "Which bug",
        list(names),
        required=True,
        key=CHOICE,
        label_visibility="collapsed",
        on_change=lambda: choose_bug(names.get(st.session_state[CHOICE], bug.number)),
    )


def _draw(drawn_for: tuple[int, bool], tick: float | None) -> None:
    bug = chosen_bug()
    measured = exhibit_measure(bug)
    if (bug.number, mended(bug)) != drawn_for or (TICK_S if measured.pending else None) != tick:
        st.rerun()
    _runs(bug, measured)


def _runs(bug: Bug, measured: Measure[Exhibit]) -> None:
    found, off = measured.value, mended(bug)
    settled(bug, None if found is None else found.answer)
    if not measured.done:
        progress(measured, KIND)
    if found is None:
        return
    if measured.done:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.toggle(
                "Bug on",
                value=not off,
                key=f"lab_museum_on_{bug.slug}",
                on_change=lambda: mend(bug, off=not st.session_state[f"lab_museum_on_{bug.slug}"]),
                help="Off: the run on the right uses the sound lines, too.",
            )
            st.html(f'<p class="lab-headline" role="status">{verdict_line(found, mended=off)}</p>')
    curves_of(bug, found, mended=off)
    if not measured.done:
        return
    prose(MENDED_WORDS if off else bug.shows)
    reports_of(bug, found, mended=off)
    pictures_of(bug, found, mended=off)
    identity_rows(bug, found, mended=off)
