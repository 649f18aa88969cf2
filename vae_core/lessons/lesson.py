"""The records of a chapter: a step of a derivation, what came of a prediction, the verdict on an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from vae_core.checks import refuse

Relation = Literal["=", "≤", "≥", "≈"]


@dataclass(frozen=True)
class Step:
    """One step of a derivation, with both of its sides computed from their own definitions.

    Attributes:
        rule: Which rule it uses, in two or three words.
        words: What the rule does here, in one sentence.
        left: A formula, as `pages.components.formula` reads it.
        right: The formula that takes its place.
        left_value: What the left one is on the model at hand.
        right_value: What the right one is.
        allowed: How far they may differ (on the wrong side, for an inequality): a tolerance where both are
            exact, four standard errors where one is sampled.
        kind: How they were found.
        relation: Between left and right.
        unit: Of both.
    """

    rule: str
    words: str
    left: str
    right: str
    left_value: float
    right_value: float
    allowed: float
    kind: Literal["exact", "Monte Carlo", "same draws"] = "exact"
    relation: Relation = "="
    unit: str = "nats per image"

    @property
    def difference(self) -> float:
        """Left less right."""
        return self.left_value - self.right_value

    @property
    def tells(self) -> bool:
        """Whether the numbers could speak against it: not with draws whose error is as large as they."""
        return self.kind == "exact" or self.allowed < max(abs(self.left_value), abs(self.right_value))

    @property
    def holds(self) -> bool:
        """Whether the numbers bear the step out; what is no number never does."""
        wrong = {"≤": self.difference, "≥": -self.difference}.get(self.relation, abs(self.difference))
        return wrong <= self.allowed


@dataclass(frozen=True)
class Outcome:
    """What came of the question that a chapter opens with.

    Attributes:
        choice: Which of the choices was right on the model at hand, from 0.
        sentence: The numbers that say so.
    """

    choice: int
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Whether an answer to an exercise is right.

    Attributes:
        right: Whether it is.
        sentence: Why, or a hint; it does not give the answer away.
    """

    right: bool
    sentence: str


def number_verdict(answer: float, truth: float, *, within: float, why: str, hint: str) -> Verdict:
    """Judge a number that was answered.

    Args:
        answer: What was answered.
        truth: What the running model gives.
        within: How far off still counts as right, in the unit of both.
        why: The sentence where it is right.
        hint: The sentence where it is not, after whether it is too high or too low.

    Raises:
        SettingError: If the model gives no number to judge by.
    """
    if not math.isfinite(truth):
        refuse("truth", "must be a finite number to judge an answer by", truth)
    if abs(answer - truth) <= within:
        return Verdict(True, why)
    return Verdict(False, f"Too {'high' if answer > truth else 'low'}. {hint}")
