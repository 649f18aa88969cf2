"""The moving part of Reconstruction vs KL: one image, one run, or all β."""

import streamlit as st

from pages.controls.balance_image import balance_image, measured_landscapes
from pages.controls.balance_run import balance_run, measured_run
from pages.controls.balance_sweep import balance_sweep, sweep_controls, sweep_identity
from pages.controls.chosen_image import chosen_image
from pages.controls.in_turn import in_turn
from pages.controls.sweep_form import sweep_form
from pages.state.current import CurrentModel, current
from pages.state.sweeps import shown_sweep, write_sweep
from pages.state.view import view

IMAGE, RUN, SWEEP = SCALES = ("one image", "one run", "all β")
TICK_S = 1.0


def balance(model: CurrentModel) -> None:
    """Show one of the scales; it follows while the model trains."""
    scale = st.segmented_control(
        "Scale",
        SCALES,
        default=SWEEP if "sweep" in view() else IMAGE,
        required=True,
        key="lab_balance_scale",
        label_visibility="collapsed",
    )
    write_sweep(shown=scale == SWEEP)
    if scale == SWEEP:
        sweep_controls()
        form = st.container()
    tick = _tick(model, scale)
    st.fragment(_draw, run_every=tick)(_identity(model, scale), tick, scale)
    if scale == SWEEP:
        with form:  # filled last: nobody who clicks in the plane waits for it
            in_turn(lambda: sweep_form(model))


def _identity(model: CurrentModel, scale: str) -> tuple[object, ...]:
    if scale == SWEEP:
        return model.token, *sweep_identity(shown_sweep())
    image = chosen_image(model.config.dataset)
    return model.token, model.moving, image.row, hash(image.x.numpy().tobytes())


def _tick(model: CurrentModel, scale: str) -> float | None:
    if scale == SWEEP:
        return TICK_S if shown_sweep().moving else None
    if scale == RUN:
        measured = measured_run(model)
    else:
        measured = measured_landscapes(model, chosen_image(model.config.dataset))
    waits = measured is not None and measured.pending
    return TICK_S if model.moving or waits else None


def _draw(drawn_for: tuple[object, ...], tick: float | None, scale: str) -> None:
    model = current()
    if _identity(model, scale) != drawn_for or _tick(model, scale) != tick:
        st.rerun()
    if scale == SWEEP:
        balance_sweep(model, shown_sweep())
    elif scale == RUN:
        balance_run(model, measured_run(model))
    else:
        image = chosen_image(model.config.dataset)
        balance_image(model, image, measured_landscapes(model, image))
