"""All β: the runs of a sweep in the rate-distortion plane."""

import streamlit as st

from pages.controls.in_turn import in_turn
from pages.controls.sweep_plane import families, family_picker, sweep_plane
from pages.controls.sweep_queue import sweep_picker, sweep_progress
from pages.controls.sweep_run import sweep_run
from pages.state import keys
from pages.state.current import CurrentModel
from pages.state.sweeps import ShownSweep, shown_sweep


def sweep_identity(sweep: ShownSweep) -> tuple[object, ...]:
    """Return all that the controls around the plane depend on."""
    state = None if sweep.view is None else (sweep.view.state, sweep.view.owner)
    said = st.session_state.get(keys.NOTICES)
    return sweep.name, state, tuple(families(sweep.points)), said


def balance_sweep(model: CurrentModel, sweep: ShownSweep) -> None:
    """Show the plane of a sweep, and the run at hand."""
    sweep_progress(sweep)
    above = st.container()
    # First, as it answers a click in the plane; the plane itself has moved its ring by then.
    sweep_run(sweep, model)
    with above:
        sweep_plane(sweep, model)


def sweep_controls() -> None:
    """Show what chooses a sweep; it stands above what ticks."""

    def draw() -> None:
        sweep = shown_sweep()
        left, right = st.columns([1.4, 1], vertical_alignment="bottom", gap="medium")
        with left:
            sweep_picker(sweep)
        with right:
            family_picker(sweep)

    in_turn(draw)
