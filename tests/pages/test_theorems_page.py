"""The page Theorems: what it shows is what the core finds; one that is broken fails."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.controls.claim_rows import claim_row, number, typeset
from pages.state import claims, keys
from pages.state.measures import _results
from tests.fakes import wait_until
from tests.pages.opened import open_page, texts, until
from vae_core.theorems import Outcome, Theorem, check, theorems
from vae_core.training.shipped import load_shipped

PAGE = "proof/theorems.py"
QUICK = {16, 20}
"""Theorems whose sides take a few milliseconds on any model."""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure two of them: the core's tests measure all."""
    _results.clear()
    some = tuple(theorem for theorem in theorems() if theorem.number in QUICK)
    monkeypatch.setattr(claims, "theorems", lambda: some)


def opened(**link: str) -> AppTest:
    page = open_page(**link).switch_page(PAGE)

    def measured() -> bool:
        page.run()
        assert not page.exception
        return texts(page).count("measuring") == len(theorems()) - len(QUICK)

    wait_until(measured, seconds=60)
    return page


def row(page: AppTest, number: int) -> str:
    """The HTML of a theorem."""
    return next(
        part for part in re.findall(r'<div class="lab-claim">.*', texts(page)) if f">{number}<" in part
    )


@pytest.mark.parametrize("name", ["binary-digits-2d", "two-moons"])
def test_both_sides_and_the_verdict_are_those_of_the_core(name: str) -> None:
    page = opened(model=f"shipped:{name}")
    case = claims.case_of(load_shipped(name), beta=1.0)
    for theorem in claims.theorems():
        outcome = check(theorem, case)
        assert outcome.verdict in row(page, theorem.number)
        for side in (outcome.left, outcome.right):
            assert side is None or number(side.value) in row(page, theorem.number)


def test_one_that_is_broken_fails_and_is_mended() -> None:
    page = opened()
    holds = row(page, 20)
    assert "✓ holds" in holds
    page.main.button("lab_break_20_False").click().run()
    until(page, "✗ fails")
    assert "✗ fails" in row(page, 20)
    assert next(t for t in theorems() if t.number == 20).breaks.rstrip(".") in row(page, 20)
    page.main.button("lab_break_20_True").click().run()
    assert page.session_state[keys.BROKEN] is None
    assert row(page, 20) == holds


def test_what_is_not_measured_yet_says_so() -> None:
    page = opened()
    assert row(page, 2).count("measuring") == 1


def test_a_row_says_what_is_missing() -> None:
    theorem: Theorem = theorems()[10]
    missing = Outcome(
        11, "does not apply", None, None, None, None, None, "=", "Does not apply: no <b> linear decoder.", "x"
    )
    shown = claim_row(theorem, missing, broken=False)
    assert "– does not apply" in shown
    assert "no &lt;b&gt; linear decoder" in shown
    assert typeset("L_{K+1} ≤ L_K") == "L<sub>K+1</sub> ≤ L<sub>K</sub>"
