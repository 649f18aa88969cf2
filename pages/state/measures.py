"""Long measurements beside the page: one job of each kind a session; what is found is kept for everybody."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from pages.state import keys
from pages.state.engine import engine, visitor
from pages.state.kept import Kept
from vae_core.checks import SettingError
from vae_core.engine import JobControl

MOST = 64
"""Results kept; the largest, of one image, has about 400 kilobytes."""

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


@st.cache_resource(show_spinner=False)
def _results() -> Kept[MeasureKey, tuple[Any, bool]]:
    return Kept(MOST)


def found(key: MeasureKey) -> Measure[Any]:
    """Return what there is, and ask nobody for more."""
    value, done = _results().find(key) or (None, False)
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
    value, done = _results().find(key) or (None, False)
    if done:
        return Measure(value, True, 1.0, "", pending=False)
    lab, jobs = engine(), st.session_state.setdefault(keys.MEASURES, {})
    asked, of, stopped = jobs.get(key[0], ("", (), False))
    view = lab.job(asked) if asked else None
    if go_on and value is None and of:
        value, _ = _results().find(of) or (None, False)
    at_work = view is not None and view.state in ("queued", "running")
    if stopped and of == key:
        return Measure(value, False, 0.0, "Stopped.", pending=False)
    if view is not None and of == key and view.state == "failed":
        return Measure(value, False, 0.0, view.sentence, pending=False)
    if view is not None and at_work and (of == key or go_on):
        return Measure(value, False, view.fraction, view.sentence, pending=True)
    if at_work:
        lab.cancel(asked)
    try:
        job = lab.submit_job(key[0], _job(key, work), visitor=visitor())
    except SettingError as error:
        return Measure(value, False, 0.0, f"Waiting: {error}", pending=True)
    jobs[key[0]] = (job, key, False)
    return Measure(value, False, 0.0, "Waiting for its turn.", pending=True)


def stop(kind: str) -> None:
    """End the measurement of a kind; what there is of it stays."""
    jobs = st.session_state.setdefault(keys.MEASURES, {})
    job, of, _ = jobs.get(kind, ("", (), False))
    if job:
        engine().cancel(job)
        jobs[kind] = (job, of, True)


def resume(kind: str) -> None:
    """Let the measurement of a kind begin again."""
    st.session_state.setdefault(keys.MEASURES, {}).pop(kind, None)


def _job(
    key: MeasureKey, work: Callable[[], Measuring[Value]]
) -> Callable[[JobControl], Generator[None, None, None]]:
    """Return the work of a job, which keeps each part that is measured."""
    results = _results()

    def steps(control: JobControl) -> Generator[None, None, None]:
        measuring = work()
        while True:
            try:
                fraction, sentence, part = next(measuring)
            except StopIteration as end:
                results.keep(key, (end.value, True))
                return
            if part is not None:
                results.keep(key, (part, False))
            control.progress(fraction, sentence)
            yield

    return steps
