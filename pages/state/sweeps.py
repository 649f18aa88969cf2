"""Sweeps: the desk that makes them, the one whose plane a session looks at, and the run chosen in it."""

import os
from dataclasses import dataclass

import streamlit as st

from pages.state import keys, link
from pages.state.current import choose_run, choose_shipped
from pages.state.engine import engine, runs_folder, visitor
from pages.state.view import show_in_link, view
from vae_core.checks import SettingError
from vae_core.sweeps import (
    DaskExecutor,
    Executor,
    SubprocessExecutor,
    SweepDesk,
    SweepPlan,
    SweepPoint,
    SweepView,
)
from vae_core.sweeps.atlas import atlas_names, load_atlas
from vae_core.training.checkpoint import load_snapshot
from vae_core.training.shipped import atlas_name, load_shipped
from vae_core.training.snapshot import Snapshot

SCHEDULER = "VAE_LAB_SCHEDULER"
"""The environment variable with the address of a Dask scheduler; without it, sweeps run on this machine."""

MOST_WORKERS = 2


@dataclass(frozen=True, eq=False)
class ShownSweep:
    """The sweep that a session looks at.

    Attributes:
        name: That of a shipped sweep, or the id of one of the desk's.
        plan: The grid.
        points: Those of the runs that have ended, in the plan's order.
        view: The sweep as the desk sees it; ``None`` for a shipped one.
    """

    name: str
    plan: SweepPlan
    points: tuple[SweepPoint, ...]
    view: SweepView | None

    @property
    def moving(self) -> bool:
        """Return whether it runs or waits."""
        return self.view is not None and self.view.state in ("queued", "running")


@st.cache_resource(show_spinner=False)
def desk() -> SweepDesk:
    """Return the one desk of the process."""
    return SweepDesk(runs_folder() / "sweeps", executor=_executor)


def _executor() -> Executor:
    """Return where sweeps are made: on a cluster where the server was told of one, else on this machine."""
    address = os.environ.get(SCHEDULER)
    return DaskExecutor(address) if address else SubprocessExecutor(min(MOST_WORKERS, os.cpu_count() or 1))


def shown_sweep() -> ShownSweep:
    """Return the sweep that this session looks at; the page begins anew with a shipped one if it is gone."""
    name = st.session_state.get(keys.SWEEP) or view().get("sweep") or atlas_names()[0]
    if name not in atlas_names():
        found = desk().view(name)
        if found is not None:
            return ShownSweep(name, found.plan, found.points, found)
        link.notify(f"The sweep {link.shorten(name)} is gone; a shipped one stands in.")
        look_at(atlas_names()[0])
        st.rerun()  # what was there is above the page already, and the notice belongs there
    plan, points = load_atlas(name)
    return ShownSweep(name, plan, points, None)


def look_at(name: str) -> None:
    """Look at another sweep."""
    st.session_state[keys.SWEEP] = name
    st.session_state.pop(keys.SWEEP_RUN, None)
    write_sweep(shown=True)


def write_sweep(*, shown: bool) -> None:
    """Make the link say which sweep is looked at, or that none is."""
    name = st.session_state.get(keys.SWEEP) or view().get("sweep") or atlas_names()[0]
    if show_in_link(sweep=name if shown else None):
        config, _ = link.config_from_link()
        link.write_link(config)


def own_sweeps() -> tuple[SweepView, ...]:
    """Return this visitor's sweeps, the newest first."""
    return desk().sweeps(visitor())


def begin(plan: SweepPlan) -> None:
    """Ask for a sweep and look at it.

    Raises:
        SettingError: If the desk refuses it.
    """
    look_at(desk().submit(plan, visitor=visitor()))


def snapshot_of(sweep: ShownSweep, run: str) -> Snapshot:
    """Return the weights of a finished run.

    Raises:
        SettingError: If they can't be read.
    """
    if sweep.view is None:
        return load_shipped(atlas_name(run))
    folder = desk().run_folder(sweep.name, run)
    if folder is None:
        raise SettingError(f"run: must be a finished one of the sweep {sweep.name}, got {run}.")
    return load_snapshot(folder)


def make_current(sweep: ShownSweep, run: str) -> None:
    """Make a run of a sweep the current model; a sweep's own is copied to this visitor's runs first."""
    if sweep.view is None:
        choose_shipped(atlas_name(run))
        return
    folder = desk().run_folder(sweep.name, run)
    try:
        if folder is None:
            raise SettingError(f"run: must be a finished one of the sweep {sweep.name}, got {run}.")
        choose_run(engine().adopt(folder, visitor=visitor()))
    except (SettingError, OSError) as trouble:
        link.notify(str(trouble))
