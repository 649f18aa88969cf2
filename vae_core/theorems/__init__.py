"""Twenty claims about VAEs as objects: each is measured on a model at hand, and can be broken."""

from __future__ import annotations

from vae_core.theorems.annealing import SANDWICH
from vae_core.theorems.bounds import FALLING_GAP, MONOTONE, WEIGHTED_MEAN
from vae_core.theorems.case import Case, Recipe
from vae_core.theorems.claim import Assumption, Link, Outcome, Side, Theorem, Verdict, check, judge
from vae_core.theorems.codes import CLOSED_KL, RATE, SURGERY, TOTAL_CORRELATION
from vae_core.theorems.decoders import BEST_SIGMA, BETA_IS_SIGMA, FLOOR, OTHER_UNITS
from vae_core.theorems.gaps import GAP_IS_KL, GAP_SPLITS, HALF_VARIANCE
from vae_core.theorems.gradients import STICKING, TWO_ESTIMATORS
from vae_core.theorems.linear import ACTIVE, OPTIMUM, principal_model
from vae_core.theorems.two_joints import TWO_JOINTS

__all__ = [
    "Assumption",
    "Case",
    "Link",
    "Outcome",
    "Recipe",
    "Side",
    "Theorem",
    "Verdict",
    "check",
    "check_all",
    "judge",
    "principal_model",
    "theorems",
]

_ALL = (
    MONOTONE,
    GAP_IS_KL,
    TWO_JOINTS,
    SURGERY,
    TOTAL_CORRELATION,
    GAP_SPLITS,
    HALF_VARIANCE,
    FALLING_GAP,
    WEIGHTED_MEAN,
    SANDWICH,
    OPTIMUM,
    ACTIVE,
    RATE,
    BEST_SIGMA,
    BETA_IS_SIGMA,
    FLOOR,
    OTHER_UNITS,
    TWO_ESTIMATORS,
    STICKING,
    CLOSED_KL,
)


def theorems() -> tuple[Theorem, ...]:
    """Return all twenty, by number."""
    return _ALL


def check_all(case: Case) -> tuple[Outcome, ...]:
    """Check all twenty on one case."""
    return tuple(check(theorem, case) for theorem in _ALL)
