"""One setting, one control: its limits, choices and help come from the setting itself."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.state import keys
from pages.state.current import LIKELIHOOD_NAMES
from vae_core.data import dataset_info
from vae_core.models.vae import MAX_LAYERS
from vae_core.training.config import Setting, TrainConfig

LADDER = (1, 1.5, 2, 3, 4, 5, 6, 8)
FINEST_SLIDER = 40
COARSEST_RANGE = 500
CHOSEN, LEARNED = "chosen", "learned"

WORDS = {
    **LIKELIHOOD_NAMES,
    "cosine": "cosine",
    "steps": "at the last step",
    "time": "after a time",
    "plateau": "at a plateau",
}


@dataclass(frozen=True)
class Slot:
    """Where a control stands, and what becomes of its value.

    A form that is filled anew gets controls with new keys. A tick that the browser sends before it has heard
    of the new values brings those of the old controls, which are not listened to any more.

    Attributes:
        filling: How often the form was filled anew.
        filled_with: The value that the form was filled with.
        value: The value now.
        on_change: Called with the setting's name and its new value.
    """

    filling: int
    filled_with: Any
    value: Any
    on_change: Callable[[str, Any], None]

    def key(self, name: str) -> str:
        """Return the key of a control."""
        return key_of(name, filling=self.filling)

    def take(self, name: str, value: Any) -> None:
        """Pass a new value on, unless the form has been filled anew since."""
        if st.session_state[keys.FORM][0] == self.filling:
            self.on_change(name, value)


def key_of(name: str, *, filling: int) -> str:
    """Return the key of a setting's control."""
    return f"{keys.SETTING}_{filling}_{name}"


def setting_control(setting: Setting, slot: Slot) -> None:
    """Show the control of one setting."""
    if setting.kind == "sigma":
        _sigma(setting, slot)
    elif setting.kind == "widths":
        _widths(setting, slot)
    else:
        _single(setting, slot)


def _single(setting: Setting, slot: Slot) -> None:
    key = slot.key(setting.name)

    def changed() -> None:
        new = st.session_state[key]
        slot.take(setting.name, slot.value if new is None else new)

    shown: dict[str, Any] = {"key": key, "help": setting.help, "on_change": changed}
    label = f"{setting.label} :gray[(live)]" if setting.live else setting.label
    if setting.kind == "choice":
        names = name_of_dataset if setting.name == "dataset" else name_of_choice
        st.selectbox(label, setting.choices, setting.choices.index(slot.value), format_func=names, **shown)
    elif moves_in_factors(setting):
        st.select_slider(label, rungs(setting, slot.filled_with), slot.value, format_func=short, **shown)
    elif setting.kind == "integer" and setting.high - setting.low <= FINEST_SLIDER:
        st.slider(label, int(setting.low), int(setting.high), slot.value, step=1, **shown)
    else:
        _number(setting, label, slot.value, **shown)


def _number(setting: Setting, label: str, value: float, **shown: Any) -> None:
    kind = int if setting.kind == "integer" else float
    step = kind(setting.step or 1)
    form = "%d" if kind is int else "%g"
    st.number_input(
        label, kind(setting.low), kind(setting.high), kind(value), step=step, format=form, **shown
    )


def _sigma(setting: Setting, slot: Slot) -> None:
    """σ is 1, or a chosen number, or learned."""
    mode_key, key = slot.key(f"{setting.name}_mode"), slot.key(setting.name)

    def mode_changed() -> None:
        slot.take(setting.name, LEARNED if st.session_state[mode_key] == LEARNED else 1.0)

    def changed() -> None:
        slot.take(setting.name, st.session_state[key])

    modes = ("1", CHOSEN, LEARNED)
    mode = LEARNED if slot.value == LEARNED else "1" if slot.value == 1 else CHOSEN
    mode = st.selectbox(
        setting.label, modes, modes.index(mode), key=mode_key, help=setting.help, on_change=mode_changed
    )
    if mode == CHOSEN:
        chosen = 1.0 if slot.value == LEARNED else slot.value
        start = 1.0 if slot.filled_with == LEARNED else slot.filled_with
        st.select_slider(
            "Chosen σ",
            rungs(setting, start),
            chosen,
            format_func=short,
            key=key,
            on_change=changed,
            label_visibility="collapsed",
        )


def _widths(setting: Setting, slot: Slot) -> None:
    """How many layers, and how wide: 0 layers are the linear model."""
    value: tuple[int, ...] = slot.value
    layers_key, width_key = slot.key(f"{setting.name}_layers"), slot.key(f"{setting.name}_width")
    usual = TrainConfig().hidden[0]

    def changed() -> None:
        width = st.session_state.get(width_key) or usual
        slot.take(setting.name, (int(width),) * st.session_state[layers_key])

    st.select_slider(
        setting.label,
        range(MAX_LAYERS + 1),
        len(value),
        format_func=layers_in_words,
        key=layers_key,
        help=setting.help,
        on_change=changed,
    )
    if value:
        low, high = int(setting.low), int(setting.high)
        st.number_input("Width", low, high, value[0], step=50, key=width_key, on_change=changed)
    if len(set(value)) > 1:
        st.caption(f"Widths from x to z: {', '.join(map(str, value))}.")


def layers_in_words(count: int) -> str:
    """Return the number of hidden layers; none is the linear model."""
    return "linear" if count == 0 else str(count)


def name_of_choice(choice: str) -> str:
    """Return a choice as people read it."""
    return WORDS.get(choice, choice)


def name_of_dataset(name: str) -> str:
    """Return the name of a data set on the screen."""
    return dataset_info(name).title


def moves_in_factors(setting: Setting) -> bool:
    """Return whether a control of this setting should multiply rather than add."""
    wide = (setting.high - setting.low) / (setting.step or 1) > COARSEST_RANGE
    return setting.log_scale or (setting.kind == "number" and setting.live and wide)


def rungs(setting: Setting, value: float) -> list[Any]:
    """Return what a slider in factors offers: the limits, round numbers between them, and the value now."""
    kind = int if setting.kind == "integer" else float
    lowest = setting.low if setting.low > 0 else (setting.step or 1)
    if kind is int:
        between: list[Any] = [2**power for power in range(int(math.log2(setting.high)) + 1)]
    else:
        powers = range(math.floor(math.log10(lowest)), math.ceil(math.log10(setting.high)) + 1)
        between = [float(f"{rung}e{power}") for power in powers for rung in LADDER]
    inside = [rung for rung in between if lowest <= rung <= setting.high]
    return sorted({kind(setting.low), *map(kind, inside), kind(setting.high), value})


def short(value: float) -> str:
    """Return a number without needless digits."""
    return f"{value:g}" if abs(value) < 1e5 else f"{value:,.0f}"
