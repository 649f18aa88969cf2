"""The geodesics of walks: each leg is computed once, beside the page, by a job of the engine."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import streamlit as st
import torch

from pages.state import keys
from pages.state.engine import engine, visitor
from pages.state.kept import Kept
from vae_core.checks import SettingError
from vae_core.engine import JobControl
from vae_core.latent.legs import join_walks
from vae_core.latent.walks import Walk, walk
from vae_core.training.snapshot import Snapshot

MOST_LEGS = 400
"""Kept for everybody; a leg is a few kilobytes."""

Code = tuple[float, ...]
LegKey = tuple[str, Code, Code, int]
"""Digest of the weights, start, end, frames."""


Legs = Kept[LegKey, Walk]


@st.cache_resource(show_spinner=False)
def all_legs() -> Legs:
    """Return the legs of this process."""
    return Kept(MOST_LEGS)


@dataclass(frozen=True)
class Found:
    """What there is of a geodesic.

    Attributes:
        walk: The geodesic; ``None`` while there is none to show.
        step: Of the weights that it belongs to.
        fresh: Whether these are the weights and the pins that were asked for.
        sentence: What is going on, where it is not fresh.
    """

    walk: Walk | None
    step: int
    fresh: bool
    sentence: str = ""

    @property
    def pending(self) -> bool:
        """Whether it is being computed."""
        return not self.fresh and not self.sentence.startswith("No geodesic")


def geodesic_of(
    snapshot: Snapshot, pins: Sequence[Code], *, frames: int, walk_name: str, moving: bool
) -> Found:
    """Return the geodesic past pins, or have it computed.

    Args:
        snapshot: The model.
        pins: (P, L).
        frames: Steps per leg.
        walk_name: Equal names mean one walk, although weights change under it: a job for it goes on, and its
            last geodesic is shown until there is a newer one.
        moving: Whether the weights are about to change.
    """
    wanted: list[LegKey] = [(snapshot.key, a, b, frames) for a, b in pairwise(pins)]
    found = _joined(wanted)
    if found is not None:
        st.session_state[keys.GEODESIC] = (walk_name, wanted, snapshot.step)
        return Found(found, snapshot.step, fresh=True)
    if not moving:
        return Found(None, snapshot.step, False, _ask(snapshot, wanted, walk_name=walk_name, moving=False))
    _, *done = st.session_state.get(keys.GEODESIC_JOB, ("", "", [], 0))
    if done[0] == walk_name and _joined(done[1]) is not None:  # of weights that are gone by now
        st.session_state[keys.GEODESIC] = tuple(done)
    sentence = _ask(snapshot, wanted, walk_name=walk_name, moving=True)
    name, legs, step = st.session_state.get(keys.GEODESIC, ("", [], 0))
    return Found(_joined(legs) if name == walk_name else None, step, False, sentence)


def _joined(wanted: Sequence[LegKey]) -> Walk | None:
    legs = [all_legs().find(key) for key in wanted]
    whole = [leg for leg in legs if leg is not None]
    return join_walks(whole) if legs and len(whole) == len(legs) else None


def _ask(snapshot: Snapshot, wanted: list[LegKey], *, walk_name: str, moving: bool) -> str:
    """See to it that somebody computes the legs, and say how far that is."""
    lab = engine()
    asked, name, legs, _ = st.session_state.get(keys.GEODESIC_JOB, ("", "", [], 0))
    view = lab.job(asked) if asked else None
    at_work = view is not None and view.state in ("queued", "running")
    if view is not None and legs == wanted and view.state == "failed":
        return f"No geodesic: {view.sentence}"
    if view is not None and at_work and (legs == wanted or (name == walk_name and moving)):
        return f"The geodesic is being computed: {view.sentence}"
    if at_work:
        lab.cancel(asked)
    missing = [key for key in wanted if all_legs().find(key) is None]
    try:
        job = lab.submit_job("geodesic", _work(snapshot, missing, all_legs()), visitor=visitor())
    except SettingError as error:
        return f"The geodesic is waiting: {error}"
    st.session_state[keys.GEODESIC_JOB] = (job, walk_name, wanted, snapshot.step)
    return "The geodesic is being computed."


def _work(
    snapshot: Snapshot, missing: list[LegKey], legs: Legs
) -> Callable[[JobControl], Generator[None, None, None]]:
    """Return the work of a job: one leg after the other."""

    def work(control: JobControl) -> Generator[None, None, None]:
        model = snapshot.model()
        for done, key in enumerate(missing):
            control.progress(done / len(missing), f"leg {done + 1} of {len(missing)}.")
            yield
            _, start, end, frames = key
            stops = torch.tensor([start, end], dtype=torch.float64)
            legs.keep(key, walk(model, stops, style="geodesic", frames=frames))
            yield

    return work
