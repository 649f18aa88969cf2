"""An identity that a bug breaks: what it says, and the verdict on both of its sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vae_core.theorems import Link, Outcome, Theorem, judge
from vae_core.theorems.claim import Relation


@dataclass(frozen=True)
class Identity:
    """Two sides that any sound code keeps together.

    Attributes:
        title: In a few words.
        statement: In words.
        formula: In symbols.
        relation: Between left and right.
        tolerance: Of two sides that are both exact, beside the bounds on their errors; where one is sampled,
            four standard errors of the difference decide.
        most_error: A larger error of a difference counts as failing, whatever the difference.
        unit: Of both sides.
    """

    title: str
    statement: str
    formula: str
    relation: Relation = "="
    tolerance: float = 1e-6
    most_error: float = 0.1
    unit: str = "nats per image"

    def theorem(self, number: int) -> Theorem:
        """Return it as a theorem, which has a judge and a look; a bug measures its links itself.

        Args:
            number: Its place among the identities of a bug, from 1.
        """
        return Theorem(
            number=number,
            title=self.title,
            statement=self.statement,
            formula=self.formula,
            source="",
            relation=self.relation,
            assumptions=(),
            measure=lambda case: (),
            exact=False,
            tolerance=self.tolerance,
            most_error=self.most_error,
            break_it=lambda case: case,
            breaks="",
            unit=self.unit,
        )


def verdicts(identities: Sequence[Identity], links: Sequence[Sequence[Link]]) -> tuple[Outcome, ...]:
    """Return the verdict on each identity, by the judge of the theorems."""
    pairs = zip(identities, links, strict=True)
    return tuple(judge(identity.theorem(place), found) for place, (identity, found) in enumerate(pairs, 1))


GAP = Identity(
    title="The gap is the KL to the true posterior",
    statement="What the bound lacks to log p(x) is the KL of q from p(z|x). Two held-out images: log p(x) "
    "and the KL on a grid over z, the bound by many calls of the code.",
    formula="log p(x) = bound + KL(q(z|x) ‖ p(z|x))",
)
BELOW = Identity(
    title="A bound lies below",
    statement="What is reported as a lower bound must not exceed log p(x). 16 held-out images: the bound by "
    "many calls of the code, log p(x) by quadrature.",
    formula="bound ≤ log p(x)",
    relation="≤",
)
