"""The transport bar: start, pause, one step, same weights, new weights, stop."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.controls import settings
from pages.controls.in_turn import came_with_a_tick, in_turn
from pages.controls.press_bar import Press, press_bar
from pages.state import keys, link
from pages.state.current import MOVING, CurrentModel, choose_run
from pages.state.engine import engine, visitor
from vae_core.checks import SettingError
from vae_core.engine import RunView
from vae_core.training.config import SETTINGS, TrainConfig

FOLLOWER = (
    "You follow this run: only the browser that started it controls it. "
    "Change a setting, or take new weights, to train a run of your own."
)


@dataclass(frozen=True)
class Transport:
    """Which buttons can be pressed, and what they say.

    Attributes:
        start: Whether training can start or go on.
        start_label: What the start button says.
        pause: Whether there is something to pause.
        step: Whether one step can be made.
        rewind: Whether the run can go back to its first weights.
        new_weights: Whether a run with the next seed can be made.
        stop: Whether there is something to stop.
        sentence: Why the buttons can't be pressed, or ``None``.
    """

    start: bool
    start_label: str
    pause: bool
    step: bool
    rewind: bool
    new_weights: bool
    stop: bool
    sentence: str | None = None


def transport(view: RunView | None, *, mine: bool, fresh: bool, trouble: str | None = None) -> Transport:
    """Return what the buttons offer.

    Args:
        view: The run; ``None`` for a shipped model.
        mine: Whether this visitor may control it.
        fresh: Whether Start would begin another run than this one.
        trouble: Why the settings in the form can't be trained.
    """
    can_begin = trouble is None
    if view is None or (fresh and not mine):
        return Transport(
            start=can_begin, start_label="Start", pause=False, step=can_begin, rewind=False,
            new_weights=can_begin, stop=False, sentence=trouble,
        )  # fmt: skip
    if not mine:
        return Transport(
            start=False, start_label="Start", pause=False, step=False, rewind=False,
            new_weights=can_begin, stop=False, sentence=FOLLOWER,
        )  # fmt: skip
    moving, ended = view.state in MOVING, not view.can_go_on
    begun = view.step > 0 and not (moving or ended)
    return Transport(
        start=can_begin if fresh else not (moving or ended),
        start_label="Start fresh" if fresh else "Go on" if begun else "Start",
        pause=moving,
        step=can_begin if fresh else not (moving or ended),
        rewind=view.step > 0 or ended,  # one that ended at once has no other way on
        new_weights=can_begin,
        stop=moving or (view.state == "paused" and view.step > 0),
        sentence=trouble,
    )


Act = Callable[[CurrentModel], object]


def transport_bar(model: CurrentModel) -> None:
    """Show the buttons; they act on the current model, or begin a run from the settings in the form."""
    in_turn(lambda: _buttons(model))


def _buttons(model: CurrentModel) -> None:
    config = settings.pending()
    fresh = model.view is None or bool(settings.needs_fresh_start(model))
    offers = transport(model.view, mine=model.controllable, fresh=fresh, trouble=settings.trouble(config))
    rows: tuple[Press[Act], ...] = (
        (
            offers.start_label,
            "play_arrow",
            offers.start,
            _begin if fresh else _start,
            "Trains these settings.",
        ),
        ("Pause", "pause", offers.pause, _pause, "Stands still; Go on continues exactly here."),
        ("1 step", "skip_next", offers.step, _begin_step if fresh else _step, "One batch, then a pause."),
        ("Same weights", "replay", offers.rewind, _rewind, "Back to step 0 and the same initial weights."),
        ("New weights", "casino", offers.new_weights, _new_weights, "The same settings with the next seed."),
        ("Stop", "stop", offers.stop, _stop, "Ends this run here; its weights are kept."),
    )
    with st.container(horizontal=True, gap="small", key="lab_transport"):
        press_bar(rows, key="lab", on_press=_try, args=(model,))
    if offers.sentence is not None:
        st.caption(offers.sentence)


def _try(act: Act, model: CurrentModel) -> None:
    """Do what a button says; a refusal becomes a sentence above the page."""
    if came_with_a_tick():
        return
    st.session_state[keys.ASKED_AT] = time.monotonic()
    try:
        act(model)
    except SettingError as error:
        link.notify(str(error))


def _start(model: CurrentModel) -> None:
    engine().start(model.id, visitor=visitor())


def _pause(model: CurrentModel) -> None:
    engine().pause(model.id, visitor=visitor())


def _step(model: CurrentModel) -> None:
    engine().step(model.id, visitor=visitor())


def _stop(model: CurrentModel) -> None:
    engine().stop(model.id, visitor=visitor())


def _rewind(model: CurrentModel) -> None:
    """Go back to step 0; what was changed by hand is forgotten, in the form too."""
    engine().rewind(model.id, visitor=visitor())
    settings.adopt(model.config, token=model.token)


def _begin(model: CurrentModel) -> None:
    _begin_run(model, settings.pending(), start=True)


def _begin_step(model: CurrentModel) -> None:
    run_id = _begin_run(model, settings.pending(), start=False)
    engine().step(run_id, visitor=visitor())


def _new_weights(model: CurrentModel) -> None:
    """Make a run with the next seed; it trains at once where the one before it trained."""
    config = settings.pending()
    seed = config.seed + 1 if config.seed < SETTINGS["seed"].high else 0
    config = config.replace(seed=seed)
    settings.fill(config)
    _begin_run(model, config, start=model.moving and model.mine)


def _begin_run(model: CurrentModel, config: TrainConfig, *, start: bool) -> str:
    """Make the run of these settings the current one and return its id.

    The run that was the current one rests meanwhile, so that two do not share the cores by accident.
    """
    run_id = engine().submit(config, visitor=visitor())  # first: a refusal leaves everything as it is
    choose_run(run_id)
    if model.moving and model.mine and run_id != model.id:
        engine().pause(model.id, visitor=visitor())
    view = engine().view(run_id)
    if start and view is not None and view.owner == visitor() and view.state in ("ready", "paused"):
        engine().start(run_id, visitor=visitor())
    return run_id
