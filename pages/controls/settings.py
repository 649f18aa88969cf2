"""The settings of the Train page: presets, the form, and what a change of a setting means for the run."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.controls.in_turn import in_turn
from pages.controls.setting_control import Slot, name_of_dataset, setting_control
from pages.state import keys, link
from pages.state.current import CurrentModel
from pages.state.engine import engine, visitor
from vae_core.checks import SettingError
from vae_core.data import dataset_info
from vae_core.engine import RunView
from vae_core.likelihoods import misfit
from vae_core.training.config import LIVE_SETTINGS, MACHINE_SETTINGS, SETTINGS, TrainConfig
from vae_core.training.presets import PRESETS, preset

FIRST = ("dataset", "likelihood", "sigma", "latent_dim", "hidden", "activation", "beta")
WEIGHING = ("kl_warmup", "kl_cycles", "free_bits", "capacity")
DESCENT = ("learning_rate", "schedule", "batch_size", "steps", "stop", "time_limit_s", "patience", "seed")
FREE_IN_A_PRESET = ("seed", "stop", "time_limit_s", "patience", *MACHINE_SETTINGS)
CHANGEABLE = ("ready", "queued", "running", "paused")


def follow(model: CurrentModel) -> None:
    """Fill the form with the settings of the current model, once for each model.

    A link's own settings win over those of the model that it opens with, or that stands in for its run.
    """
    followed = st.session_state.get(keys.FORM_FOLLOWS)
    if followed == model.token:
        return
    opened_with, _ = link.config_from_link()
    kept = st.session_state.pop(keys.KEEP_SETTINGS, False)
    if kept or (followed is None and opened_with != TrainConfig()):
        adopt(opened_with, token=model.token)
    else:
        adopt(settings_of(model), token=model.token)


def adopt(config: TrainConfig, *, token: str) -> None:
    """Put the settings of a model into the form and the address."""
    st.session_state[keys.FORM_FOLLOWS] = token
    fill(config)


def fill(config: TrainConfig) -> None:
    """Fill the form anew, and write the address."""
    st.session_state[keys.FORM] = (filling() + 1, config.to_json())
    link.write_link(config)


def filling() -> int:
    """Return how often the form was filled anew."""
    return st.session_state.get(keys.FORM, (0, ""))[0]


def pending() -> TrainConfig:
    """Return the settings in the form: those that Start would train."""
    config, _ = link.config_from_link()
    return config


def settings_of(model: CurrentModel) -> TrainConfig:
    """Return a model's settings as they are now, with what was changed by hand."""
    return model.config if model.view is None else settings_now(model.view)


def settings_now(view: RunView) -> TrainConfig:
    """Return a run's settings with what was changed by hand."""
    changes = {change.setting: change.value for change in view.interventions}
    return view.config.replace(**changes)


def needs_fresh_start(model: CurrentModel) -> tuple[str, ...]:
    """Return the settings in the form that the current model's run would need a fresh start for."""
    _, filled_with = st.session_state[keys.FORM]
    return differing(
        pending(), model.view, filled_with=None if model.controllable else TrainConfig.from_json(filled_with)
    )


def differing(
    config: TrainConfig, view: RunView | None, *, filled_with: TrainConfig | None = None
) -> tuple[str, ...]:
    """Return the settings that a run would need a fresh start for.

    Args:
        config: The settings in the form.
        view: The run; ``None`` where there is none yet.
        filled_with: For a visitor who may not control the run, what the form was filled with.

    Returns:
        Names of settings. A live one counts where the run has ended and can't take it any more, and where a
        visitor changed it who may not change the run.
    """
    if view is None:
        return ()
    now = settings_now(view)
    live = LIVE_SETTINGS if view.state in CHANGEABLE else ()
    changed = [name for name in SETTINGS if getattr(config, name) != getattr(now, name) and name not in live]
    if filled_with is not None:
        changed += [name for name in live if getattr(config, name) != getattr(filled_with, name)]
    return tuple(changed)


def shown_settings(config: TrainConfig, names: Sequence[str]) -> list[str]:
    """Return which of these settings mean something in a config."""
    idle = set()
    if config.likelihood != "gaussian":
        idle.add("sigma")
    if not config.hidden:
        idle.add("activation")
    if config.kl_cycles:
        idle.add("kl_warmup")
    if config.stop != "time":
        idle.add("time_limit_s")
    if config.stop != "plateau":
        idle.add("patience")
    return [name for name in names if name not in idle]


def trouble(config: TrainConfig) -> str | None:
    """Return why these settings can't be trained, or ``None``."""
    reason = misfit(config.likelihood, dataset_info(config.dataset).support)
    return None if reason is None else f"{name_of_dataset(config.dataset)}: {reason}."


def settings_form(model: CurrentModel) -> None:
    """Show the preset picker and a control for each setting."""
    in_turn(lambda: _controls_of_all(model))


def _controls_of_all(model: CurrentModel) -> None:
    config = pending()
    _preset_picker(config)
    _controls(config, FIRST, model)
    reason = trouble(config)
    if reason is not None:
        st.warning(reason)
    fresh = needs_fresh_start(model)
    if fresh:
        labels = ", ".join(SETTINGS[name].label.lower() if name != "beta" else "β" for name in fresh)
        st.caption(f"Needs a fresh start: {labels}. This run is kept.")
        st.button(
            "Undo these changes", key="lab_undo", type="tertiary", on_click=fill, args=(settings_of(model),)
        )
    with st.expander("More: weight of the KL"):
        _controls(config, WEIGHING, model)
    with st.expander("More: descent, length, seed"):
        _controls(config, DESCENT, model)


def _controls(config: TrainConfig, names: Sequence[str], model: CurrentModel) -> None:
    count, filled_with = st.session_state[keys.FORM]
    start = TrainConfig.from_json(filled_with)
    for name in shown_settings(config, names):
        slot = Slot(count, getattr(start, name), getattr(config, name), lambda n, v: change(n, v, model))
        setting_control(SETTINGS[name], slot)


def change(name: str, value: Any, model: CurrentModel) -> None:
    """Take a new value into the form, and into the run where it may change while the run trains."""
    try:
        config = pending().replace(**{name: value})
    except SettingError as error:
        link.notify(str(error))
        return
    if name == "dataset" and trouble(config) is not None:
        fill(config.replace(likelihood="gaussian"))
        st.toast("These data are real numbers, so the decoder is Gaussian now.")
        return
    link.write_link(config)
    view = None if model.view is None else engine().view(model.id)
    if name in LIVE_SETTINGS and view is not None and model.controllable and view.state in CHANGEABLE:
        try:
            engine().set(view.id, name, value, visitor=visitor())
        except SettingError as error:
            link.notify(str(error))


def matching_preset(config: TrainConfig) -> str | None:
    """Return the preset that a config is, whatever its seed and its stopping rule."""
    for entry in PRESETS:
        free = {name: getattr(config, name) for name in FREE_IN_A_PRESET}
        if entry.config.replace(**free) == config:
            return entry.name
    return None


def _preset_picker(config: TrainConfig) -> None:
    name = matching_preset(config)
    names = [entry.name for entry in PRESETS]
    key = _preset_key(config)
    st.selectbox(
        "Preset",
        names,
        index=None if name is None else names.index(name),
        key=key,
        placeholder="Your own",
        on_change=_take_preset,
        args=(key,),
        help="Settings worth starting from. Choosing one fills the form; Start trains it.",
    )
    if name is not None:
        st.caption(preset(name).description)


def _preset_key(config: TrainConfig) -> str:
    """Return the key of the preset picker: a new one whenever something else than the picker moves it."""
    return f"{keys.PRESET}_{filling()}_{matching_preset(config)}"


def _take_preset(key: str) -> None:
    name = st.session_state[key]
    if name is not None and key == _preset_key(pending()):
        fill(preset(name).config)
