"""One theorem as a row that can be read from the back of the room."""

import html
import re

from pages.figures.theme import nats
from vae_core.theorems import Outcome, Side, Theorem, Verdict

MARKS: dict[Verdict, str] = {"holds": "✓ holds", "fails": "✗ fails", "does not apply": "– does not apply"}

SUBSCRIPT = re.compile(r"_(?:\{([^}]*)\}|([0-9A-Za-z]+))")

RULES = """
<style>
.lab-claim { display: grid; grid-template-columns: 1.8rem minmax(0, 1fr) auto; gap: 0.1rem 0.6rem;
  align-items: baseline; font-variant-numeric: tabular-nums; line-height: 1.4; }
.lab-claim h3 { all: unset; font-weight: 600; font-size: 1.05rem; }
.lab-claim p { margin: 0; font-size: 0.9rem; grid-column: 2 / -1; max-width: 52rem; }
.lab-claim .lab-formula { font-style: italic; }
.lab-claim sub { font-size: 0.75em; line-height: 0; }
.lab-claim .lab-mark { font-weight: 700; white-space: nowrap; }
.lab-claim .lab-mark[data-verdict="does not apply"] { font-weight: 400; opacity: 0.8; }
.lab-claim .lab-sides { grid-column: 2 / -1; display: grid; grid-template-columns: 1fr 1.5rem 1fr 1fr;
  gap: 0.2rem 1rem; padding-top: 0.5rem; align-items: baseline; }
.lab-claim .lab-sides b { font-size: 1.3rem; font-weight: 600; white-space: nowrap; }
.lab-claim small { display: block; font-size: 0.8rem; opacity: 0.85; }
.lab-claim .lab-relation { font-size: 1.2rem; text-align: center; }
.lab-claim .lab-reason { padding-top: 0.3rem; }
@media (max-width: 640px) {
  .lab-claim .lab-sides { grid-template-columns: 1fr 1rem 1fr; }
  .lab-claim .lab-apart { grid-column: 1 / -1; }
}
</style>
"""


def claim_row(theorem: Theorem, outcome: Outcome | None, *, broken: bool) -> str:
    """Return a theorem and what was found on a model, as HTML.

    Args:
        theorem: What is claimed.
        outcome: What was found; ``None`` until it is measured.
        broken: Whether that is with one of its assumptions broken.
    """
    verdict = "" if outcome is None else outcome.verdict
    mark = "measuring" if outcome is None else MARKS[outcome.verdict]
    parts = [
        f"<div>{theorem.number}</div><h3>{html.escape(theorem.title)}</h3>",
        f'<div class="lab-mark" data-verdict="{verdict}">{mark}</div>',
        f"<p>{html.escape(theorem.statement)}</p>",
        f'<p class="lab-formula">{typeset(theorem.formula)}</p>',
    ]
    if outcome is not None and outcome.left is not None and outcome.right is not None:
        parts.append(
            f'<div class="lab-sides">{_side(outcome.left, theorem.unit)}'
            f'<div class="lab-relation">{_relation(outcome)}</div>'
            f"{_side(outcome.right, theorem.unit)}{_apart(outcome)}</div>"
        )
    if outcome is not None and (broken or outcome.verdict != "holds"):
        why = f"{theorem.breaks} {outcome.sentence}" if broken else outcome.sentence
        parts.append(f'<p class="lab-reason">{html.escape(why)}</p>')
    return f'<div class="lab-claim">{"".join(parts)}</div>'


def _side(side: Side, unit: str) -> str:
    return (
        f"<div><b>{number(side.value)}</b><small>{typeset(side.symbol)}</small>"
        f"<small>{html.escape(unit)}, {html.escape(side.kind)}</small></div>"
    )


def _apart(outcome: Outcome) -> str:
    """The difference: of what was sampled in standard errors, else beside what is allowed."""
    if outcome.difference is None or outcome.error is None:
        return ""
    sampled = "Monte Carlo" in (side.kind for side in (outcome.left, outcome.right) if side is not None)
    if sampled and outcome.error > 0.0:
        errors = number(outcome.difference / outcome.error, 3)
        return f'<div class="lab-apart"><b>{errors}</b><small>standard errors apart</small></div>'
    allowed = f"{outcome.tolerance:.0e}".replace("-", "\N{MINUS SIGN}")
    apart = number(outcome.difference, 3)
    return f'<div class="lab-apart"><b>{apart}</b><small>apart, {allowed} allowed</small></div>'


def _relation(outcome: Outcome) -> str:
    return "≠" if outcome.relation == "=" and outcome.verdict == "fails" else html.escape(outcome.relation)


def typeset(formula: str) -> str:
    """Return a formula as HTML: ``L_{K+1}`` with its index below the line."""
    return SUBSCRIPT.sub(lambda found: f"<sub>{found[1] or found[2]}</sub>", html.escape(formula))


def number(value: float, digits: int = 6) -> str:
    """Return a number with so many digits that count: 163.602, 0.0411, 1.2e-07."""
    if value and abs(value) < 1e-3:
        return f"{value:.2e}".replace("-", "\N{MINUS SIGN}")
    before = len(f"{abs(value):.0f}")
    return nats(value, max(0, digits - before))
