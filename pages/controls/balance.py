"""The moving part of Reconstruction vs KL: one image, or one run."""

import streamlit as st

from pages.controls.balance_image import balance_image, measured_landscapes
from pages.controls.balance_run import balance_run, measured_run
from pages.controls.chosen_image import chosen_image
from pages.state.current import CurrentModel, current

SCALES = ("one image", "one run")
TICK_S = 1.0


def balance(model: CurrentModel) -> None:
    """Show one of the scales; it follows while the model trains."""
    scale = st.segmented_control(
        "Scale",
        SCALES,
        default=SCALES[0],
        required=True,
        key="lab_balance_scale",
        label_visibility="collapsed",
    )
    tick = _tick(model, scale)
    st.fragment(_draw, run_every=tick)(_identity(model), tick, scale)


def _identity(model: CurrentModel) -> tuple[object, ...]:
    image = chosen_image(model.config.dataset)
    return model.token, model.moving, image.row, hash(image.x.numpy().tobytes())


def _tick(model: CurrentModel, scale: str) -> float | None:
    if scale == "one run":
        measured = measured_run(model)
    else:
        measured = measured_landscapes(model, chosen_image(model.config.dataset))
    waits = measured is not None and measured.pending
    return TICK_S if model.moving or waits else None


def _draw(drawn_for: tuple[object, ...], tick: float | None, scale: str) -> None:
    model = current()
    if _identity(model) != drawn_for or _tick(model, scale) != tick:
        st.rerun()
    if scale == "one run":
        balance_run(model, measured_run(model))
    else:
        image = chosen_image(model.config.dataset)
        balance_image(model, image, measured_landscapes(model, image))
