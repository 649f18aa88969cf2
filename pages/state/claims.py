"""The theorems on the current model: jobs of the engine, each theorem shown as soon as it is measured."""

from dataclasses import dataclass

import streamlit as st

from pages.state import keys
from pages.state.measures import Measure, Measuring, drop, measure
from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.theorems import Case, Outcome, check, theorems
from vae_core.training.snapshot import Snapshot

ALL = "theorems"
ONE_BROKEN = "a broken theorem"
IMAGES = 16
SEED = 0


@dataclass(frozen=True)
class ClaimsFound:
    """What was found about a model.

    Attributes:
        step: Of its weights.
        outcomes: By number, as many as are measured.
    """

    step: int
    outcomes: tuple[Outcome, ...]


def outcomes_measure(snapshot: Snapshot, *, beta: float, moving: bool) -> Measure[ClaimsFound]:
    """Return what there is about a model trained with β now, and see to it that the rest is measured."""
    key = (ALL, snapshot.key, snapshot.config.to_json(), f"{beta:g}")
    return measure(key, lambda: _all(snapshot, beta), go_on=moving)


def broken_measure(snapshot: Snapshot, number: int, *, beta: float, moving: bool) -> Measure[Outcome]:
    """Return the outcome of one theorem where an assumption of it is broken."""
    key = (ONE_BROKEN, snapshot.key, snapshot.config.to_json(), f"{beta:g}", str(number))
    return measure(key, lambda: _broken(snapshot, beta, number), go_on=moving)


def broken() -> int | None:
    """Return the number of the theorem that is broken at the moment."""
    return st.session_state.get(keys.BROKEN)


def set_broken(number: int | None) -> None:
    """Break a theorem, or mend the one that is broken."""
    drop(ONE_BROKEN)
    st.session_state[keys.BROKEN] = number


def case_of(snapshot: Snapshot, *, beta: float) -> Case:
    """Return the model with its first validation images.

    Raises:
        SettingError: If its weights are no finite numbers.
    """
    if not snapshot.finite:
        refuse("weights", "must be finite numbers to be measured", "others")
    data = load_dataset(snapshot.config.dataset)
    return Case(
        snapshot.model(),
        data.validation.x[:IMAGES],
        data.support,
        dataset=data.name,
        beta=beta,
        seed=SEED,
        train=data.train.x,
    )


def _all(snapshot: Snapshot, beta: float) -> Measuring[ClaimsFound]:
    case, found, every = case_of(snapshot, beta=beta), ClaimsFound(snapshot.step, ()), theorems()
    for place, theorem in enumerate(every):
        yield place / len(every), f"Measuring both sides of theorem {theorem.number}.", found
        found = ClaimsFound(snapshot.step, (*found.outcomes, check(theorem, case)))
    return found


def _broken(snapshot: Snapshot, beta: float, number: int) -> Measuring[Outcome]:
    theorem = next(one for one in theorems() if one.number == number)
    yield 0.0, "Measuring both sides.", None
    return check(theorem, theorem.break_it(case_of(snapshot, beta=beta)))
