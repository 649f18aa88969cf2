"""One transport bar for all decoders: they train in step."""

from collections.abc import Callable

import streamlit as st

from pages.controls.in_turn import came_with_a_tick, in_turn
from pages.controls.press_bar import Press, press_bar
from pages.state import keys, link, twins
from pages.state.current import CurrentModel
from pages.state.twin_choice import TwinChoice
from vae_core.checks import SettingError

Act = Callable[[TwinChoice], None]


def twin_transport(models: tuple[CurrentModel, ...]) -> None:
    """Show the buttons, which act on all models, and how far these are."""
    in_turn(lambda: _buttons(models))


def _buttons(models: tuple[CurrentModel, ...]) -> None:
    runs = [model for model in models if model.view is not None]
    moving = any(model.moving for model in runs)
    shipped = len(runs) < len(models)
    can_go_on = shipped or any(model.view.can_go_on for model in runs if model.view is not None)
    begun = any(model.view.step > 0 for model in runs if model.view is not None)
    mine = all(model.controllable for model in runs)
    can_step = can_go_on and not (moving or shipped)
    label = "Train them" if shipped or not begun else "Go on"
    rows: tuple[Press[Act], ...] = (
        (
            label, "play_arrow", mine and can_go_on and not moving, twins.start_twins,
            "The same data order, noise and first weights: they go in step.",
        ),
        ("Pause", "pause", mine and moving, twins.pause_twins, "All rest at one step."),
        ("1 step", "skip_next", mine and can_step, twins.step_twins, "A batch each."),
        ("Same weights", "replay", mine and begun and not shipped, twins.rewind_twins, "All back to step 0."),
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", key="lab_twin_transport"):
        press_bar(rows, key="lab_twin", on_press=_try)
        ready = all(twins.shipped_twin(model.config) is not None for model in models)
        if st.session_state.get(keys.TWINS_OWN) and ready:
            st.button(
                "Show the shipped ones",
                key="lab_twin_shipped",
                type="tertiary",
                on_click=_try,
                args=(lambda _: twins.show_shipped(),),
            )
    if not mine:
        st.caption(FOLLOWER)


FOLLOWER = (
    "You follow a run that another browser started: only that one controls it. To train your own, choose "
    "another seed on the Train page, and here the current model’s data and settings."
)


def _try(act: Act) -> None:
    """Do what a button says; a refusal becomes a sentence above the page."""
    if came_with_a_tick():
        return
    try:
        act(twins.choice())
    except SettingError as error:
        link.notify(str(error))
