"""The twenty theorems on the current model: two numbers each, a verdict, and a button that breaks it."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from pages.controls.claim_rows import RULES, claim_row
from pages.controls.in_turn import came_with_a_tick
from pages.controls.progress import progress
from pages.controls.settings import settings_of
from pages.state.claims import (
    ALL,
    IMAGES,
    ONE_BROKEN,
    ClaimsFound,
    broken,
    broken_measure,
    outcomes_measure,
    set_broken,
)
from pages.state.current import CurrentModel, current
from pages.state.measures import Measure
from vae_core.theorems import Outcome, Theorem, theorems

TICK_S = 1.0
COUNTS = {"holds": "hold", "fails": "fail", "does not apply": "do not apply"}


def claims(model: CurrentModel) -> None:
    """Show all twenty; those that are not measured yet fill in."""
    st.html(RULES)
    tick = _tick(model)
    st.fragment(_draw, run_every=tick)((model.token, model.moving, broken()), tick)


def _measured(model: CurrentModel) -> tuple[Measure[ClaimsFound], Measure[Outcome] | None]:
    beta = settings_of(model).beta
    every = outcomes_measure(model.snapshot, beta=beta, moving=model.moving)
    number = broken()
    if number is None:
        return every, None
    return every, broken_measure(model.snapshot, number, beta=beta, moving=model.moving)


def _tick(model: CurrentModel) -> float | None:
    every, one = _measured(model)
    return TICK_S if model.moving or every.pending or (one is not None and one.pending) else None


def _draw(drawn_for: tuple[object, ...], tick: float | None) -> None:
    model = current()
    if (model.token, model.moving, broken()) != drawn_for or _tick(model) != tick:
        st.rerun()
    every, one = _measured(model)
    found = {} if every.value is None else {outcome.number: outcome for outcome in every.value.outcomes}
    if one is not None:
        found = {number: outcome for number, outcome in found.items() if number != broken()}
        found |= {} if one.value is None else {one.value.number: one.value}
    st.html(f'<p class="lab-headline" role="status">{verdict_counts(tuple(found.values()))}</p>')
    if not every.done:
        progress(every, ALL)
    if one is not None and not one.done:
        progress(one, ONE_BROKEN)
    _about(model, every.value)
    for theorem in theorems():
        _row(theorem, found.get(theorem.number), is_broken=broken() == theorem.number)


def _about(model: CurrentModel, found: ClaimsFound | None) -> None:
    when = f" Weights of step {found.step:,}." if model.view is not None and found is not None else ""
    st.caption(
        f"Both sides on the first {IMAGES} validation images, each from its own definition, at β = 1. What "
        "is exact may differ by a stated tolerance, what is sampled by four standard errors. A large error "
        f"never counts as agreement.{when}"
    )


def _row(theorem: Theorem, outcome: Outcome | None, *, is_broken: bool) -> None:
    with st.container(border=True):
        words, press = st.columns([9, 1.2], vertical_alignment="center")
        with words:
            st.html(claim_row(theorem, outcome, broken=is_broken))
        press.button(
            "Mend it" if is_broken else "Break it",
            key=f"lab_break_{theorem.number}_{is_broken}",
            help=theorem.breaks,
            on_click=_press,
            args=(None if is_broken else theorem.number,),
            width="stretch",
        )


def _press(number: int | None) -> None:
    if not came_with_a_tick():
        set_broken(number)


def verdict_counts(outcomes: Sequence[Outcome]) -> str:
    """Return how many hold, fail and do not apply, in words."""
    counts, every = Counter(outcome.verdict for outcome in outcomes), len(theorems())
    said = ", ".join(f"{counts[verdict]} {words}" for verdict, words in COUNTS.items())
    return said if len(outcomes) == every else f"{len(outcomes)} of {every} measured: {said}"
