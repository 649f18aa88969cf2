"""Twins: models of the same settings, seed, data order and noise that differ in the likelihood."""

import streamlit as st

from pages.state import keys
from pages.state.current import MOVING, CurrentModel, current, find_run, of_run, of_shipped
from pages.state.engine import engine, visitor
from pages.state.twin_choice import CURRENT, TwinChoice, fitting, read_twins, write_twins
from pages.state.view import show_in_link, view
from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.engine import RunView
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import TWIN, load_shipped, shipped_names


def choice() -> TwinChoice:
    """Return what is compared: the session's choice, the link's, or the first one."""
    text = st.session_state.setdefault(keys.TWINS, view().get("twins", ""))
    return read_twins(text) or TwinChoice()


def choose(new: TwinChoice) -> None:
    """Compare something else; the runs of this session that were compared and are no longer are paused."""
    st.session_state[keys.TWINS] = write_twins(new)
    show_in_link(twins=write_twins(new))
    runs: dict[str, str] = st.session_state.get(keys.TWIN_RUNS, {})
    still = {runs.get(config.to_json()) for config in twin_configs(new)} | {current().id}
    for run_id in set(runs.values()) - still:
        view = engine().view(run_id)
        if view is not None and view.state in MOVING and view.owner == visitor():
            engine().pause(run_id, visitor=visitor())


def base_config(chosen: TwinChoice) -> TrainConfig:
    """Return the settings that all twins share."""
    return current().config if chosen.data == CURRENT else TWIN.replace(dataset=chosen.data)


def twin_configs(chosen: TwinChoice) -> tuple[TrainConfig, ...]:
    """Return the settings of each twin."""
    base = base_config(chosen)
    decoders = fitting(chosen.decoders, load_dataset(base.dataset).support)
    return tuple(base.replace(likelihood=likelihood, sigma=sigma) for likelihood, sigma in decoders)


def twin_models(chosen: TwinChoice) -> tuple[CurrentModel, ...]:
    """Return the twins: shipped ones where there are, else runs, which begin at their first weights.

    Raises:
        SettingError: If a run can't be made.
    """
    own = bool(st.session_state.get(keys.TWINS_OWN, False))
    return tuple(_model(config, own=own) for config in twin_configs(chosen))


def shipped_twin(config: TrainConfig) -> str | None:
    """Return the name of the shipped model of these settings, if there is one."""
    return next((name for name in shipped_names() if load_shipped(name).config == config), None)


def start_twins(chosen: TwinChoice) -> None:
    """Train all of them in step.

    Raises:
        SettingError: If one of them can't be made, or belongs to another visitor.
    """
    ids = [model.id for model in _own(chosen)]
    st.session_state[keys.TWINS_OWN] = True
    engine().keep_in_step(ids, visitor=visitor())
    for model in _own(chosen):
        if model.view is not None and model.view.can_go_on and not model.moving:
            engine().start(model.id, visitor=visitor())


def pause_twins(chosen: TwinChoice) -> None:
    """Pause all of them at the same step. Raises SettingError if one belongs to another visitor."""
    engine().halt_together([model.id for model in _own(chosen)], visitor=visitor())


def step_twins(chosen: TwinChoice) -> None:
    """Train each for one step. Raises SettingError if one belongs to another visitor."""
    for model in _own(chosen):
        if model.view is not None and model.view.can_go_on:
            engine().step(model.id, visitor=visitor())


def rewind_twins(chosen: TwinChoice) -> None:
    """Bring all of them back to their first weights. SettingError if one belongs to another visitor."""
    for model in _own(chosen):
        engine().rewind(model.id, visitor=visitor())


def show_shipped() -> None:
    """Show the shipped twins again; the runs stay."""
    st.session_state[keys.TWINS_OWN] = False


def _own(chosen: TwinChoice) -> tuple[CurrentModel, ...]:
    """Return the runs of the twins, shipped or not."""
    return tuple(_model(config, own=True) for config in twin_configs(chosen))


def _model(config: TrainConfig, *, own: bool) -> CurrentModel:
    shipped = None if own else shipped_twin(config)
    return of_shipped(shipped) if shipped is not None else of_run(_run(config))


def _run(config: TrainConfig) -> RunView:
    """Return the run of these settings; it is made or restored where it is not in memory."""
    runs: dict[str, str] = st.session_state.setdefault(keys.TWIN_RUNS, {})
    text = config.to_json()
    found = find_run(runs[text]) if text in runs else None
    if found is None:
        runs[text] = engine().submit(config, visitor=visitor())
        found = engine().view(runs[text])
    if found is None:
        refuse("run", "must be in memory once it is made", runs[text])
    return found
