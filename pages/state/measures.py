"""Long measurements beside the page: one job of each kind a session; what is found is kept for everybody."""

import hashlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st
from torch import Tensor

from pages.state import keys
from pages.state.engine import engine, visitor
from pages.state.kept import Kept
from vae_core.checks import SettingError
from vae_core.engine import JobControl, JobView

MOST = 64
"""Results kept of each kind; the largest, of one image, has about 400 kilobytes."""

Value = TypeVar("Value")
MeasureKey = tuple[str, ...]
Measuring = Generator[tuple[float, str, Value | None], None, Value]
"""Yields how much is done (0 to 1), what comes next, and what there is so far; returns the whole."""


@dataclass(frozen=True, eq=False)
class Measure(Generic[Value]):
    """What there is of a measurement.

    Attributes:
        value: The result, or a part of it; ``None`` while there is nothing.
        done: Whether it is the whole result.
        fraction: How much is done, 0 to 1.
        sentence: What is going on, where it is not the whole.
        pending: Whether somebody is at it.
    """

    value: Value | None
    done: bool
    fraction: float
    sentence: str
    pending: bool


@dataclass(frozen=True)
class Asked:
    """What a session asked for.

    Attributes:
        job: Which job does it.
        key: What is measured.
        own: Whether this session began it; others that ask for the same look on.
        stopped: Whether it was ended by hand.
    """

    job: str
    key: MeasureKey
    own: bool
    stopped: bool = False


@st.cache_resource(show_spinner=False)
def _results(kind: str) -> Kept[MeasureKey, tuple[Any, bool]]:
    return Kept(MOST)


@st.cache_resource(show_spinner=False)
def _jobs_by_key() -> Kept[MeasureKey, str]:
    return Kept(MOST)


def digest_of(x: Tensor) -> str:
    """Return what stands for images in the key of a measurement."""
    return hashlib.sha256(x.numpy().tobytes()).hexdigest()[:16]


def found(key: MeasureKey) -> Measure[Any]:
    """Return what there is, and ask nobody for more."""
    value, done = _results(key[0]).find(key) or (None, False)
    return Measure(value, done, 1.0 if done else 0.0, "", pending=False)


def measure(key: MeasureKey, work: Callable[[], Measuring[Value]], *, go_on: bool = False) -> Measure[Value]:
    """Return what there is of a measurement, and see to it that somebody goes on with it.

    A session has one measurement of each kind at work: a new one takes the place of the old one.

    Args:
        key: The kind first, then all that the result depends on.
        work: Starts the measurement.
        go_on: Whether one of this kind that is at work goes on to its end first (while a model trains,
            each moment would else end the measurement of the one before); its result stands in meanwhile.
    """
    there = found(key)
    if there.done:
        return there
    asked = _asked(key[0])
    view = engine().job(asked.job) if asked else None
    value = there.value
    if asked and go_on and value is None:
        value = found(asked.key).value
    if asked and asked.key == key and (asked.stopped or (view is not None and view.state == "failed")):
        sentence = "Stopped." if asked.stopped or view is None else view.sentence
        return Measure(value, False, 0.0 if view is None else view.fraction, sentence, pending=False)
    if asked and view is not None and _at_work(view) and (asked.key == key or go_on):
        return Measure(value, False, view.fraction, view.sentence, pending=True)
    drop(key[0])
    try:
        _ask(key, work)
    except SettingError as error:
        return Measure(value, False, 0.0, f"Waiting: {error}", pending=True)
    return Measure(value, False, 0.0, "Waiting for its turn.", pending=True)


def stop(kind: str) -> None:
    """End the measurement of a kind; what there is of it stays."""
    asked = _asked(kind)
    if asked:
        drop(kind)
        st.session_state[keys.MEASURES][kind] = Asked(asked.job, asked.key, asked.own, stopped=True)


def drop(kind: str) -> None:
    """Forget the measurement of a kind, and end it where this session began it; it may begin again."""
    asked = st.session_state.setdefault(keys.MEASURES, {}).pop(kind, None)
    if asked and asked.own:
        engine().cancel(asked.job)


def _asked(kind: str) -> Asked | None:
    return st.session_state.setdefault(keys.MEASURES, {}).get(kind)


def _at_work(view: JobView | None) -> bool:
    return view is not None and view.state in ("queued", "running")


def _ask(key: MeasureKey, work: Callable[[], Measuring[Value]]) -> None:
    """Have the measurement made, or look on where somebody else is having it made."""
    lab, others = engine(), _jobs_by_key()
    job = others.find(key)
    own = job is None or not _at_work(lab.job(job))
    if own:
        job = lab.submit_job(key[0], _job(key, work), visitor=visitor())
        others.keep(key, job)
    st.session_state[keys.MEASURES][key[0]] = Asked(job, key, own)


def _job(
    key: MeasureKey, work: Callable[[], Measuring[Value]]
) -> Callable[[JobControl], Generator[None, None, None]]:
    """Return the work of a job, which keeps each part that is measured."""
    results = _results(key[0])

    def steps(control: JobControl) -> Generator[None, None, None]:
        measuring = work()
        while True:
            try:
                fraction, sentence, part = next(measuring)
            except StopIteration as end:
                results.keep(key, (end.value, True))
                return
            except FloatingPointError as error:
                raise SettingError(f"weights must give finite numbers: {error}.") from error
            if part is not None:
                results.keep(key, (part, False))
            control.progress(min(fraction, 1.0), sentence)
            yield

    return steps
