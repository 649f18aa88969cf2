"""The moving part of the page of two decoders: pads, pictures, numbers, one pixel, calibration."""

import html
from collections.abc import Sequence

import streamlit as st

from pages.controls.chosen_image import chosen_image
from pages.controls.twin_calibration import twin_calibration
from pages.controls.twin_numbers import negative_costs, twin_numbers
from pages.controls.twin_pads import follow_switch, twin_pad
from pages.controls.twin_pictures import twin_pictures
from pages.controls.twin_pixel import twin_pixel
from pages.controls.twin_words import decoder_of
from pages.state import keys
from pages.state.current import CurrentModel
from pages.state.measures import Measure
from pages.state.twin_choice import name_of
from pages.state.twin_measures import TwinFound, twin_measure
from pages.state.twins import choice, twin_models

MOVING_TICK_S, RESTING_TICK_S = 1.0, 0.6


def twins(models: tuple[CurrentModel, ...]) -> None:
    """Show the decoders side by side; each part ticks only while something in it changes."""
    drawn_for = _identity(models)
    for draw, tick_of in ((_draw_pads, _pads_tick), (_draw_numbers, _numbers_tick)):
        tick = tick_of(models)
        st.fragment(draw, run_every=tick)(drawn_for, tick)


def _identity(models: Sequence[CurrentModel]) -> tuple[object, ...]:
    """Return what the parts of one page have in common: the models, whether they move, the chosen image."""
    image = chosen_image(models[0].config.dataset)
    states = tuple((model.token, model.moving, _stage(model)) for model in models)
    return states, image.row, hash(image.x.numpy().tobytes())


def _stage(model: CurrentModel) -> tuple[bool, bool]:
    """Return what the transport bar's buttons depend on."""
    view = model.view
    return (False, False) if view is None else (view.can_go_on, view.step > 0)


def _pads_tick(models: Sequence[CurrentModel]) -> float | None:
    return MOVING_TICK_S if any(model.moving for model in models) else None


def _numbers_tick(models: Sequence[CurrentModel]) -> float | None:
    if any(model.moving for model in models):
        return MOVING_TICK_S
    return RESTING_TICK_S if any(measured.pending for measured in _measured(models)) else None


def _measured(models: Sequence[CurrentModel]) -> tuple[Measure[TwinFound], ...]:
    return tuple(
        twin_measure(model.snapshot, place=place, moving=model.moving) for place, model in enumerate(models)
    )


def _newest(place: int, model: CurrentModel, found: TwinFound | None) -> TwinFound | None:
    """Return the newest that is whole; parts of it only until there is one, so that nothing comes and goes.

    While a page follows a run, what was found last may still be of another model, or of before a rewind.
    """
    seen: dict[int, tuple[str, TwinFound]] = st.session_state.setdefault(keys.TWIN_SEEN, {})
    token, before = seen.get(place, ("", None))
    if token != model.token or not _is_of(before, model):
        before = None
    if not _is_of(found, model):
        return before
    if found is not None and (found.whole or before is None):
        before = found
        seen[place] = (model.token, found)
    return before


def _is_of(found: TwinFound | None, model: CurrentModel) -> bool:
    """Whether something was found of this model, at this moment or an earlier one of its training."""
    if found is None or found.snapshot.config != model.config:
        return False
    return found.snapshot.step <= model.snapshot.step


def _draw_pads(drawn_for: tuple[object, ...], tick: float | None) -> None:
    models = twin_models(choice())
    if _identity(models) != drawn_for or _pads_tick(models) != tick:
        st.rerun()
    image = chosen_image(models[0].config.dataset)
    follow = follow_switch()
    for words in _unlike(models):
        st.caption(words)
    for place, column in enumerate(st.columns(len(models), gap="medium")):
        with column:
            st.html(_heading(models[place], place))
            twin_pad(models[place], image, place=place, follow=follow)
            twin_pictures(models[place], place=place, places=len(models))
    st.subheader("One pixel")
    twin_pixel(models, image)


def _draw_numbers(drawn_for: tuple[object, ...], tick: float | None) -> None:
    chosen = choice()
    models = twin_models(chosen)
    if _identity(models) != drawn_for or _numbers_tick(models) != tick:
        st.rerun()
    st.subheader("What can be compared")
    measured = _measured(models)
    found = [
        _newest(place, model, one.value)
        for place, (model, one) in enumerate(zip(models, measured, strict=True))
    ]
    twin_numbers(chosen, models, found)
    for place, one in enumerate(measured):
        if not (one.pending or one.done):
            st.caption(f"{name_of(decoder_of(models[place]))} has no numbers: {one.sentence}")
    words = negative_costs(models, found)
    if words is not None:
        st.caption(words)
    st.subheader("Is the spread right?")
    for place, column in enumerate(st.columns(len(models), gap="medium")):
        with column:
            name = html.escape(name_of(decoder_of(models[place])))
            st.html(f'<p class="lab-title lab-twin-{place}">{name}</p>')
            twin_calibration(found[place], place=place, token=models[place].token)


def _unlike(models: Sequence[CurrentModel]) -> list[str]:
    """Return in words what keeps models of the same settings from being twins."""
    words = []
    views = [model.view for model in models if model.view is not None]
    if any(view.interventions for view in views):
        words.append(
            "A setting was changed by hand while one of them trained: they differ in more than the decoder."
        )
    steps = {model.snapshot.step for model in models}
    resting = not any(model.moving for model in models)
    if len(steps) > 1 and resting:
        words.append("They stand at different steps: the one with fewer has learned for a shorter time.")
    return words


def _heading(model: CurrentModel, place: int) -> str:
    """Return a decoder's name, and how far it is trained."""
    view = model.view
    state = "shipped with the app" if view is None else f"step {view.step:,} of {view.config.steps:,}"
    if view is not None and view.interventions:
        state += f", changed by hand at step {view.interventions[0].step:,}"
    if view is not None and view.state == "failed":
        state = view.sentence
    name = html.escape(name_of(decoder_of(model)))
    return (
        f'<h3 class="lab-twin lab-twin-{place}">{name}</h3>'
        f'<p class="lab-quiet lab-twin-state">{html.escape(state)}</p>'
    )
