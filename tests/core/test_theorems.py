"""The twenty theorems: each holds on a model, is caught where it is broken, and says what it lacks."""

import dataclasses

import pytest

from tests.core.theorem_cases import BY_NUMBER, case
from vae_core import load_dataset
from vae_core.theorems import Case, check, check_all, theorems
from vae_core.training.shipped import load_shipped

EVERY = theorems()

# Where each theorem is looked at
HOME = dict.fromkeys(range(1, 21), "binary") | {11: "linear", 12: "linear", 19: "linear"}
HOME |= {6: "linear", 14: "gaussian", 16: "score", 15: "gaussian", 17: "gaussian"}

LACKING = [
    (1, "deep", "one or two latent dimensions"),
    (2, "deep", "one or two latent dimensions"),
    (3, "gaussian", "must be a Bernoulli"),
    (3, "score", "must be a Bernoulli"),
    (6, "deep", "one or two latent dimensions"),
    (7, "deep", "one or two latent dimensions"),
    (8, "deep", "one or two latent dimensions"),
    (11, "gaussian", "linear and Gaussian"),
    (12, "binary", "linear and Gaussian"),
    (14, "binary", "must be Gaussian"),
    (15, "binary", "must be Gaussian"),
    (16, "gaussian", "probability for each pixel"),
    (17, "score", "must be Gaussian"),
    (19, "gaussian", "linear and Gaussian"),
]


def names(theorem):
    return f"{theorem.number}"


@pytest.mark.parametrize("theorem", EVERY, ids=names)
def test_it_holds_on_a_model(theorem):
    outcome = check(theorem, case(HOME[theorem.number]))
    assert outcome.verdict == "holds", outcome
    assert outcome.number == theorem.number
    assert outcome.missing is None
    assert outcome.difference == pytest.approx(outcome.left.value - outcome.right.value)
    # An exact claim is held to at most a thousandth of a nat or so
    sampled = "Monte Carlo" in (outcome.left.kind, outcome.right.kind)
    assert sampled or outcome.tolerance < 0.0101


@pytest.mark.parametrize("theorem", EVERY, ids=names)
def test_the_broken_case_is_caught(theorem):
    broken = theorem.break_it(case(HOME[theorem.number]))
    outcome = check(theorem, broken)
    assert outcome.verdict == ("does not apply" if theorem.number == 16 else "fails"), outcome
    assert theorem.breaks.endswith(".")
    # and the case itself is as it was
    assert check(theorem, case(HOME[theorem.number])).verdict == "holds"


@pytest.mark.parametrize("theorem", EVERY, ids=names)
def test_a_planted_side_is_caught(theorem):
    """Half a nat, or a quarter of the value, on the wrong side: no error bar hides it."""

    def planted(of):
        links = theorem.measure(of)
        wrong = links[-1]
        upward = 1.0 if theorem.relation == "=" else -1.0
        if theorem.relation == "≥":
            upward = 1.0
        size = abs(wrong.difference) + max(0.5, 0.25 * abs(wrong.right.value), 4.0 * wrong.error)
        right = dataclasses.replace(wrong.right, value=wrong.right.value + upward * 1.01 * size)
        return (*links[:-1], dataclasses.replace(wrong, right=right))

    outcome = check(dataclasses.replace(theorem, measure=planted), case(HOME[theorem.number]))
    assert outcome.verdict == "fails", outcome


@pytest.mark.parametrize(("number", "name", "words"), LACKING)
def test_a_missing_assumption_is_said_and_never_counts_as_holding(number, name, words):
    outcome = check(BY_NUMBER[number], case(name))
    assert outcome.verdict == "does not apply"
    assert words in outcome.missing
    assert outcome.missing.endswith(".")
    assert outcome.left is None
    assert outcome.right is None
    assert outcome.difference is None


def test_all_twenty_are_there_in_order_and_say_what_they_are():
    assert [theorem.number for theorem in EVERY] == list(range(1, 21))
    assert len({theorem.title for theorem in EVERY}) == 20
    for theorem in EVERY:
        assert theorem.statement.endswith(".")
        assert theorem.formula
        assert theorem.source
        for assumption in theorem.assumptions:
            assert assumption.sentence.endswith(".")
            assert assumption.name


def test_fourteen_hold_on_the_default_shipped_model_and_none_fails():
    images = load_dataset("mnist-5k-binary")
    outcomes = check_all(Case(load_shipped("binary-digits-2d").model(), images.test.x[:8], images.support))
    holding = {outcome.number for outcome in outcomes if outcome.verdict == "holds"}
    assert holding == {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16, 18, 20}
    assert not [outcome for outcome in outcomes if outcome.verdict == "fails"]
    # the exact ones are far closer than their bounds: quadrature, grids and fits agree
    for outcome in outcomes:
        if outcome.number in {2, 6, 7}:
            assert abs(outcome.difference) < 1e-5
