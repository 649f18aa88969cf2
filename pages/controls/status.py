"""The status line of the Train page: step, progress, pace, time left, and the state in a sentence."""

import html

import streamlit as st

from pages.controls import settings
from pages.controls.estimate import estimated_seconds, in_words
from pages.state.current import CurrentModel
from pages.state.engine import engine, visitor
from vae_core.engine import RunView


def status_line(model: CurrentModel) -> None:
    """Show the status line."""
    st.html(status_html(model.view, sentence=status_sentence(model)))


def status_sentence(model: CurrentModel) -> str:
    """Return the state in a sentence, with the time that Start would take where nothing trains."""
    view = model.view
    config = settings.pending()
    fresh = view is None or bool(settings.needs_fresh_start(model))
    estimate = ""
    if (fresh or view.state == "ready") and settings.trouble(config) is None:
        seconds = estimated_seconds(config, engine().runs(visitor()))
        length = "" if config.stop == "steps" else " at most"
        estimate = f" Start trains {config.steps:,} steps{length}: about {in_words(seconds)}."
    if view is None:
        return f"This model came trained with the app.{estimate}"
    if view.state == "queued":
        return queued_sentence(engine().queue(), view.id)
    return f"{view.sentence}{estimate}"


def queued_sentence(queue: tuple[str, ...], run_id: str) -> str:
    """Return how many runs come before this one."""
    before = queue.index(run_id) if run_id in queue else 0
    if before == 0:
        return "Next in the queue."
    return f"Waiting: {before} run{'s' if before > 1 else ''} before this one."


def progress_of(view: RunView) -> float:
    """Return how far a run is, 0 to 1."""
    if view.state == "finished":
        return 1.0
    by_steps = view.step / view.config.steps
    if view.config.stop == "time" and view.seconds_left is not None:
        return max(by_steps, 1 - view.seconds_left / view.config.time_limit_s)
    return by_steps


def status_html(view: RunView | None, *, sentence: str) -> str:
    """Return the line as HTML; its height stays the same while the numbers change."""
    words = f'<span class="lab-sentence">{html.escape(sentence)}</span>'
    if view is None:
        return f'<div class="lab-status">{words}</div>'
    share = min(max(progress_of(view), 0.0), 1.0)
    moving = view.state == "running"
    pace = f"{view.images_per_second:,.0f} images/s" if moving and view.images_per_second else ""
    left = f"{clock(view.seconds_left)} left" if moving and view.seconds_left is not None else ""
    numbers = "".join(f'<span class="lab-number">{part}</span>' for part in (pace, left) if part)
    return (
        f'<div class="lab-status"><span class="lab-number">{view.step:,} / {view.config.steps:,} steps</span>'
        f'<span class="lab-track" role="progressbar" aria-label="Progress of the run" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}">'
        f'<span style="width: {100 * share:.1f}%"></span></span>'
        f"{numbers}{words}</div>"
    )


def clock(seconds: float) -> str:
    """Return a duration as a clock shows it: ``0:05``."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
