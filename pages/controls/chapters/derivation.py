"""A derivation that unfolds: each step names its rule and shows the numbers of both sides."""

import html
from collections.abc import Sequence

import streamlit as st

from pages.components.formula import as_html, parse
from pages.controls.claim_rows import number
from pages.state import keys
from pages.state.answers import answers, unfold
from pages.state.lessons import Lesson
from vae_core.lessons import Step


def derivation(words: Lesson, steps: Sequence[Step]) -> None:
    """Show the steps that are unfolded, and the buttons that unfold more."""
    if not steps:
        st.caption("The numbers are being measured.")
        return
    unfolded = min(answers(words.slug).unfolded, len(steps))
    st.html("".join(step_row(place, step) for place, step in enumerate(steps[:unfolded], start=1)))
    if unfolded < len(steps):
        with st.container(horizontal=True):
            for label, to in (("Next step", unfolded + 1), ("All steps", len(steps))):
                st.button(
                    label,
                    key=f"{keys.LESSON}{words.slug}_unfold_{label}",
                    on_click=lambda to=to: unfold(words.slug, to),
                )
    elif unfolded > 1:
        st.button("Fold up", key=f"{keys.LESSON}{words.slug}_fold", on_click=lambda: unfold(words.slug, 1))


def step_row(place: int, step: Step) -> str:
    """Return a step as HTML."""
    sides = " ".join((as_html(parse(step.left)), html.escape(step.relation), as_html(parse(step.right))))
    mark = "✓" if step.holds else "✗ The two sides differ."
    if step.holds and not step.tells:
        mark = "Too few draws to tell."
    how = {"exact": "both exact", "Monte Carlo": "sampled", "same draws": "on the same draws"}[step.kind]
    return (
        f'<div class="lab-step"><div>{place}</div><h3>{html.escape(step.rule)}</h3>'
        f"<p>{html.escape(step.words)}</p>"
        f'<p class="lab-equation" tabindex="0" role="group" aria-label="Equation">{sides}</p>'
        f'<p class="lab-figures"><b>{number(step.left_value)}</b> {html.escape(step.relation)} '
        f"<b>{number(step.right_value)}</b> {html.escape(step.unit)}, {how}; "
        f"{_apart(step)}. {mark}</p></div>"
    )


def _apart(step: Step) -> str:
    """How far the sides differ: for an inequality, in its own direction, that is no fault."""
    apart = number(abs(step.difference), 3) if step.difference else "0"
    right_way = {"≤": -step.difference, "≥": step.difference}.get(step.relation, 0.0) > 0.0
    if right_way:
        return f"{apart} to spare"
    allowed = f"{step.allowed:.1g}".replace("-", "\N{MINUS SIGN}")
    return f"{apart} apart, {allowed} allowed"
