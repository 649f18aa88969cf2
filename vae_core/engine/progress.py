"""Where a run stands, and the plain sentence for it."""

from __future__ import annotations

from dataclasses import dataclass

from vae_core.engine.factory import Trainable
from vae_core.engine.view import RunState
from vae_core.training import Intervention


@dataclass(frozen=True)
class Progress:
    """Copied from a run by its worker, so that other threads never look inside a run at work."""

    step: int
    finished: bool
    failed: bool
    stop_reason: str | None
    images_per_second: float
    seconds_left: float | None
    interventions: tuple[Intervention, ...]

    @classmethod
    def of(cls, run: Trainable) -> Progress:
        """Copy it from the run."""
        return cls(
            step=run.step,
            finished=run.finished,
            failed=run.failed,
            stop_reason=run.stop_reason,
            images_per_second=run.images_per_second,
            seconds_left=run.seconds_left,
            interventions=tuple(run.interventions),
        )

    @property
    def ended(self) -> bool:
        """Whether training has come to its end, good or bad."""
        return self.finished or self.failed


@dataclass(frozen=True)
class Intent:
    """What people want of a run, which its view says at once, before a worker obeys.

    Attributes:
        training: whether it should train.
        had_turn: whether a worker has taken it up since it was started.
        stopped: whether its owner called it finished.
        trouble: the sentence of an error that stopped it.
        notice: a sentence about what the engine did on its own.
    """

    training: bool
    had_turn: bool
    stopped: bool
    trouble: str | None
    notice: str


def describe(progress: Progress, intent: Intent, crowding: float) -> tuple[RunState, str]:
    """State and sentence of a run.

    Args:
        progress: where it stands.
        intent: what is wanted of it.
        crowding: how many times slower it gets on because others train as well.
    """
    step = f"step {progress.step:,}"
    if intent.trouble is not None:
        return "failed", f"{intent.trouble} {intent.notice}".rstrip()
    if progress.failed:
        return "failed", progress.stop_reason or f"Training failed at {step}."
    if progress.finished:
        return "finished", progress.stop_reason or f"Finished at {step}."
    if intent.stopped:
        return "finished", f"Stopped by hand at {step}."
    if intent.training and not intent.had_turn:
        return "queued", "Waiting for its first turn."
    if intent.training:
        shared = (
            f" It shares the cores, so it is {crowding:.1f} times slower than alone." if crowding > 1 else ""
        )
        return "running", f"Training.{shared} {intent.notice}".rstrip()
    state: RunState = "paused" if progress.step else "ready"
    sentence = f"Paused at {step}." if progress.step else "Ready to start."
    return state, f"{sentence} {intent.notice}".rstrip()
