"""A claim as an object: what it says, what it assumes, both of its sides, and the verdict on one model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from vae_core.checks import SettingError
from vae_core.theorems.case import Case

Verdict = Literal["holds", "fails", "does not apply"]
Relation = Literal["=", "≤", "≥"]
Measured = Literal["exact", "Monte Carlo", "same draws"]
"""Each side of an identity on the same draws is an estimate, and the difference is exact."""

STANDARD_ERRORS = 4.0
"""A Monte Carlo difference may be so many of its standard errors."""
CLEAR = 0.2
"""Of the distance in the right order: an inequality may have such an error, however large."""
ROUNDING = 1e-11
"""Of the larger side: what float64 sums may be off."""


@dataclass(frozen=True)
class Assumption:
    """What a theorem takes for granted.

    Attributes:
        name: In two or three words.
        sentence: What has to be so, for a reader whose model lacks it.
        test: Whether it is so.
    """

    name: str
    sentence: str
    test: Callable[[Case], bool]


@dataclass(frozen=True)
class Side:
    """What stands on one side.

    Attributes:
        symbol: As it stands in a formula.
        value: Nats per image, unless the theorem names another unit.
        error: One standard error, or a bound on the error of an exact value.
        kind: How it was found.
    """

    symbol: str
    value: float
    error: float
    kind: Measured


@dataclass(frozen=True)
class Link:
    """Two sides that a theorem relates; a chain of inequalities has several links.

    Attributes:
        left: One side.
        right: The other.
        error: Of the difference. Where both sides rest on the same draws it is below that of each.
    """

    left: Side
    right: Side
    error: float

    @staticmethod
    def between(left: Side, right: Side) -> Link:
        """Return the link of two sides whose errors are independent."""
        return Link(left, right, math.hypot(left.error, right.error))

    @property
    def difference(self) -> float:
        """Left less right."""
        return self.left.value - self.right.value

    @property
    def sampled(self) -> bool:
        """Whether a side is a Monte Carlo estimate, so that the error decides, and not a tolerance."""
        return "Monte Carlo" in (self.left.kind, self.right.kind)


@dataclass(frozen=True)
class Outcome:
    """What was found on one model.

    Attributes:
        number: Of the theorem.
        verdict: "does not apply" never counts as holding.
        left: The left side of the link that fails, or of that which comes closest to it; None where the
            theorem does not apply.
        right: Its right side.
        difference: Left less right.
        error: Of the difference.
        tolerance: What the difference may be, on the wrong side only where the relation is an inequality.
        relation: How the theorem relates both sides.
        sentence: The verdict and its reason, for a reader.
        missing: The assumption that does not hold, as a sentence.
    """

    number: int
    verdict: Verdict
    left: Side | None
    right: Side | None
    difference: float | None
    error: float | None
    tolerance: float | None
    relation: Relation
    sentence: str
    missing: str | None


@dataclass(frozen=True)
class Theorem:
    """One of the twenty claims.

    Attributes:
        number: 1 to 20.
        title: In a few words.
        statement: In words.
        formula: In symbols.
        source: Where it comes from.
        relation: Between left and right.
        assumptions: In the order in which they are looked at.
        measure: Both sides on a case, each from its own definition; several links where it is a chain.
        exact: Whether nothing is sampled on any model.
        tolerance: Of two sides that are both exact, beside the bounds on their errors; elsewhere four
            standard errors of the difference decide.
        most_error: A larger error of a difference counts as failing, whatever the difference.
        most_share: What is added to that, as a share of the right side.
        break_it: Alters a case so that one assumption is broken.
        breaks: What it alters, in words.
        unit: Of both sides.
    """

    number: int
    title: str
    statement: str
    formula: str
    source: str
    relation: Relation
    assumptions: tuple[Assumption, ...]
    measure: Callable[[Case], tuple[Link, ...]]
    exact: bool
    tolerance: float
    most_error: float
    break_it: Callable[[Case], Case]
    breaks: str
    most_share: float = 0.0
    unit: str = "nats"


def check(theorem: Theorem, case: Case) -> Outcome:
    """Measure both sides of a theorem on a case and judge.

    Args:
        theorem: One of `theorems()`.
        case: A model with images.

    Returns:
        "does not apply" where an assumption is missing, or where what the theorem needs can't be measured on
        this model.
    """
    if not case.finite:
        return _beside(theorem, "All weights and images must be finite numbers.")
    for assumption in theorem.assumptions:
        if not assumption.test(case):
            return _beside(theorem, assumption.sentence)
    try:
        with torch.no_grad():
            links = theorem.measure(case)
    except SettingError as error:
        return _beside(theorem, str(error))
    return judge(theorem, links)


def judge(theorem: Theorem, links: Sequence[Link]) -> Outcome:
    """Return the verdict on links that were measured: all of them have to hold.

    Args:
        theorem: Whose relation and tolerances count.
        links: At least one.
    """
    # The link that fails by most, or comes closest to failing
    link = max(links, key=lambda one: _excess(theorem, one))
    wide = [one for one in links if not one.error <= _allowed_error(theorem, one)]
    difference, tolerance = abs(link.difference), _tolerance(theorem, link)
    if _excess(theorem, link) > 0.0:
        how = "differ by" if theorem.relation == "=" else "are the wrong way round by"
        sentence = f"{_both(link)} {how} {difference:.3g}, and {tolerance:.3g} is allowed."
        return _outcome(theorem, "fails", link, sentence)
    if wide:
        most = _allowed_error(theorem, wide[0])
        error = f"is {wide[0].error:.3g}, and above {most:.3g} it says nothing"
        return _outcome(theorem, "fails", wide[0], f"The error of {_both(wide[0])} {error}.")
    if theorem.relation == "=":
        sentence = f"{_both(link)} differ by {difference:.3g}, within the {tolerance:.3g} allowed."
    else:
        sentence = f"{_both(link)} stand in their order, {difference:.3g} apart."
        if _backwards(theorem, link) > 0.0:
            sentence = f"{_both(link)} are within {tolerance:.3g} of each other, as far as their error shows."
    return _outcome(theorem, "holds", link, sentence)


def _backwards(theorem: Theorem, link: Link) -> float:
    """How far a link lies on the wrong side."""
    difference = link.difference
    return {"=": abs(difference), "≤": difference, "≥": -difference}[theorem.relation]


def _excess(theorem: Theorem, link: Link) -> float:
    """How far a link is from holding: above 0 it fails; what is no number fails by most."""
    excess = _backwards(theorem, link) - _tolerance(theorem, link)
    return math.inf if math.isnan(excess) else excess


def _tolerance(theorem: Theorem, link: Link) -> float:
    rounding = ROUNDING * max(abs(link.left.value), abs(link.right.value))
    # The error of an exact value bounds it, that of a sampled one is typical of it
    return rounding + (STANDARD_ERRORS * link.error if link.sampled else theorem.tolerance + link.error)


def _allowed_error(theorem: Theorem, link: Link) -> float:
    """The largest error with which a link still counts."""
    # Far from equality an inequality is clear at five standard errors.
    clear = 0.0 if theorem.relation == "=" else CLEAR * max(0.0, -_backwards(theorem, link))
    return max(theorem.most_error + theorem.most_share * abs(link.right.value), clear)


def _both(link: Link) -> str:
    return f"{link.left.symbol} and {link.right.symbol}"


def _outcome(theorem: Theorem, verdict: Verdict, link: Link, sentence: str) -> Outcome:
    return Outcome(
        theorem.number,
        verdict,
        link.left,
        link.right,
        link.difference,
        link.error,
        _tolerance(theorem, link),
        theorem.relation,
        sentence,
        None,
    )


def _beside(theorem: Theorem, missing: str) -> Outcome:
    sentence = f"Does not apply: {missing[:1].lower()}{missing[1:]}"
    return Outcome(
        theorem.number, "does not apply", None, None, None, None, None, theorem.relation, sentence, missing
    )
