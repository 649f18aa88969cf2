"""The identities as rows: both sides for the sound code and for the code on the right, and the verdicts."""

import html

import streamlit as st

from pages.controls.claim_rows import MARKS, number, typeset
from vae_core.museum import Bug, Exhibit, Identity
from vae_core.theorems import Outcome, Side

ROW_RULES = """
<style>
.lab-identity { font-variant-numeric: tabular-nums; line-height: 1.4; }
.lab-identity, .lab-museum-reports, .lab-fails { --lab-wrong: light-dark(#B3261E, #F2857A); }
.lab-fails { color: var(--lab-wrong); font-weight: 600; }
.lab-identity h4 { all: unset; display: block; font-weight: 600; font-size: 1.05rem; }
.lab-identity p { margin: 0; font-size: 0.9rem; max-width: 52rem; }
.lab-identity .lab-formula { font-style: italic; }
.lab-identity sub { font-size: 0.75em; line-height: 0; }
.lab-identity small { display: block; font-size: 0.8rem; opacity: 0.85; font-weight: 400; }
.lab-side-row { display: grid; gap: 0.2rem 1rem; align-items: baseline; padding: 0.45rem 0 0.35rem;
  grid-template-columns: 7rem minmax(0, 1fr) 1.2rem minmax(0, 1fr) minmax(0, 0.8fr) 4.5rem;
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); margin-top: 0.4rem; }
.lab-side-row + .lab-side-row { margin-top: 0.1rem; }
.lab-side-row b { font-size: 1.15rem; font-weight: 600; white-space: nowrap; }
.lab-side-row .lab-mark { font-weight: 700; white-space: nowrap; text-align: right; }
.lab-side-row[data-verdict="fails"] b, .lab-side-row[data-verdict="fails"] .lab-mark,
.lab-museum-reports tr[data-off="true"] td { color: var(--lab-wrong); }
.lab-museum-reports caption { text-align: left; font-weight: 600; font-size: 0.95rem; }
.lab-museum-reports td { text-align: right; }
@media (max-width: 700px) {
  .lab-side-row { grid-template-columns: minmax(0, 1fr) 1.2rem minmax(0, 1fr); }
  .lab-side-row .lab-who { grid-column: 1 / 3; }
  .lab-side-row .lab-mark { order: -1; }
  .lab-side-row .lab-who { order: -2; }
  .lab-side-row .lab-apart { grid-column: 1 / -1; }
}
</style>
"""


def verdict_line(found: Exhibit, *, mended: bool) -> str:
    """Say how many identities fail on either side, as HTML."""
    if found.sound is None or found.wrong is None:
        return ""
    right, name = (found.sound, "Mended code") if mended else (found.wrong, "Wrong code")
    return f"{name}: {_counted(right.outcomes)}. Sound code: {_counted(found.sound.outcomes)}."


def _counted(outcomes: tuple[Outcome, ...]) -> str:
    failing, every = sum(outcome.verdict != "holds" for outcome in outcomes), len(outcomes)
    if 0 < failing < every:
        return f'<span class="lab-fails">✗ {failing} of {every} identities fail</span>'
    whole = {1: "its identity", 2: "both identities"}.get(every, f"all {every} identities")
    ending = "s" if every == 1 else ""
    return f'<span class="lab-fails">✗ {whole} fail{ending}</span>' if failing else f"✓ {whole} hold{ending}"


def identity_rows(bug: Bug, found: Exhibit, *, mended: bool) -> None:
    """Show each identity, measured with either code."""
    if found.sound is None or found.wrong is None:
        return
    right = found.sound if mended else found.wrong
    for place, identity in enumerate(bug.identities):
        with st.container(border=True):
            st.html(identity_row(identity, found.sound.outcomes[place], right.outcomes[place], mended=mended))


def identity_row(identity: Identity, sound: Outcome, right: Outcome, *, mended: bool) -> str:
    """Return an identity with what was found for both codes, as HTML.

    Args:
        identity: What is claimed.
        sound: What was found with the sound code.
        right: What was found with the code on the right.
        mended: Whether that is the sound code, too.
    """
    name = "Mended code" if mended else "Wrong code"
    return (
        f'<div class="lab-identity"><h4>{html.escape(identity.title)}</h4>'
        f"<p>{html.escape(identity.statement)}</p>"
        f'<p class="lab-formula">{typeset(identity.formula)}</p>'
        f"{_row('Sound code', sound, identity.unit)}{_row(name, right, identity.unit)}</div>"
    )


def _row(name: str, outcome: Outcome, unit: str) -> str:
    if outcome.left is None or outcome.right is None:
        return ""
    equal = outcome.relation == "="
    relation = {True: "≠" if equal else "≰"}.get(outcome.verdict == "fails", outcome.relation)
    return (
        f'<div class="lab-side-row" data-verdict="{outcome.verdict}"><div class="lab-who">{name}</div>'
        f"{_side(outcome.left, unit)}<div>{html.escape(relation)}</div>{_side(outcome.right, unit)}"
        f'{_apart(outcome)}<div class="lab-mark">{MARKS[outcome.verdict]}</div></div>'
    )


def _side(side: Side, unit: str) -> str:
    figure = _figure(side)
    symbol = "" if side.symbol == figure else f"<small>{typeset(side.symbol)}</small>"
    return f"<div><b>{figure}</b>{symbol}<small>{html.escape(unit)}, {html.escape(side.kind)}</small></div>"


def _figure(side: Side) -> str:
    whole = side.kind == "exact" and side.value in (0.0, 1.0)
    return f"{side.value:.0f}" if whole else number(side.value)


def _apart(outcome: Outcome) -> str:
    sampled = "Monte Carlo" in (side.kind for side in (outcome.left, outcome.right) if side is not None)
    why = "four standard errors" if sampled else "rounding"
    return (
        f'<div class="lab-apart">{_brief(abs(outcome.difference or 0.0))} apart'
        f"<small>{_brief(outcome.tolerance or 0.0)} allowed, {why}</small></div>"
    )


def _brief(value: float) -> str:
    """Return a size with two digits that count: 24, 0.051, 3.2e−04."""
    if 1e-3 <= value < 10.0:
        return f"{value:.2g}"
    return number(value, 2) if value else "0"
