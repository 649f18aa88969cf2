"""The form for a sweep of one's own: β, one more setting, seeds, steps."""

from typing import Any

import streamlit as st

from pages.controls.estimate import estimated_seconds, in_words
from pages.controls.settings import settings_of
from pages.state import keys, link
from pages.state.current import CurrentModel, describe
from pages.state.engine import engine, visitor
from pages.state.sweeps import MOST_WORKERS, begin
from vae_core.checks import SettingError
from vae_core.sweeps import NOT_SWEPT, SweepPlan
from vae_core.sweeps.desk import check_size
from vae_core.training.config import SETTINGS, TrainConfig, as_text

BETAS = "0.25, 0.5, 1, 2, 4, 8"
NOTHING = "nothing else"
MOST_SEEDS = 5
OWN_FIELDS = ("beta", "steps", "stop", "time_limit_s", "patience")
"""Settings with a field of their own, and those that would end runs at different steps."""

STEPS = 1000


def sweep_form(model: CurrentModel) -> None:
    """Show the form; the settings that are not swept are the current model's."""
    config = settings_of(model)
    with st.expander("A sweep of your own"):
        st.caption(f"Everything that is not swept is as in the current model: {describe(config)}.")
        first, second, third = st.columns([2, 1, 1], vertical_alignment="bottom")
        betas = first.text_input(
            "β", BETAS, key=f"{keys.SWEEP_FORM}beta", help="Numbers with commas between."
        )
        seeds = second.number_input("Seeds", 1, MOST_SEEDS, 1, key=f"{keys.SWEEP_FORM}seeds")
        steps = third.number_input(
            "Steps of each run",
            int(SETTINGS["steps"].low),
            int(SETTINGS["steps"].high),
            min(STEPS, config.steps),
            key=f"{keys.SWEEP_FORM}steps",
        )
        other, texts = _other_setting(config)
        _start(config, betas, other, texts, seeds=int(seeds), steps=int(steps))


def _other_setting(config: TrainConfig) -> tuple[str, str]:
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    names = [name for name in SETTINGS if name not in (*NOT_SWEPT, *OWN_FIELDS)]
    other = left.selectbox(
        "Also over",
        [NOTHING, *names],
        format_func=lambda name: name if name == NOTHING else SETTINGS[name].label,
        key=f"{keys.SWEEP_FORM}other",
    )
    if other == NOTHING:
        return "", ""
    setting = SETTINGS[other]
    hint = "Layers with commas between, networks with semicolons: 64; 200,200; linear"
    texts = right.text_input(
        f"Values of {setting.label}",
        ", ".join(setting.choices) if setting.choices else as_text(getattr(config, other)),
        key=f"{keys.SWEEP_FORM}values_{other}",
        help=hint if setting.kind == "widths" else "With commas between.",
    )
    return other, texts


def plan_of(config: TrainConfig, betas: str, other: str, texts: str, *, seeds: int, steps: int) -> SweepPlan:
    """Return the plan that the form describes.

    Raises:
        SettingError: If a value breaks its setting's rule.
    """
    values: dict[str, tuple[Any, ...]] = {}
    if other:
        values[other] = _values(other, texts)
    values["beta"] = _values("beta", betas)
    base = config.replace(steps=steps, stop="steps")
    return SweepPlan(base, values, tuple(range(config.seed, config.seed + seeds)))


def _values(name: str, texts: str) -> tuple[Any, ...]:
    mark = ";" if SETTINGS[name].kind == "widths" else ","
    parts = [part.strip() for part in texts.split(mark)]
    return tuple(SETTINGS[name].parse(part) for part in parts if part)


def _start(config: TrainConfig, betas: str, other: str, texts: str, *, seeds: int, steps: int) -> None:
    try:
        plan = plan_of(config, betas, other, texts, seeds=seeds, steps=steps)
        check_size(plan)
    except SettingError as trouble:
        st.caption(f":material/error: {trouble}")
        return
    configs = plan.configs()
    pace = engine().runs(visitor())
    seconds = sum(estimated_seconds(each, pace) for each in configs) / MOST_WORKERS
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Start the sweep",
            key=f"{keys.SWEEP_FORM}start",
            type="primary",
            icon=":material/play_arrow:",
            on_click=_begin,
            args=(plan,),
        )
        runs = "1 run" if len(configs) == 1 else f"{len(configs)} runs"
        st.caption(f"{runs}, about {in_words(seconds)}. Everything else on this machine goes before it.")


def _begin(plan: SweepPlan) -> None:
    try:
        begin(plan)
    except SettingError as trouble:
        link.notify(str(trouble))
