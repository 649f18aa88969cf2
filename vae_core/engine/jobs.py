"""Long jobs (quadrature, annealing, sweeps …): they take turns with the runs on the same workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import replace

from vae_core.checks import check_number
from vae_core.engine.view import JobState, JobView

log = logging.getLogger(__name__)

EXPECTED_ERRORS = (ValueError, OSError, RuntimeError, MemoryError)


class JobControl:
    """What the work of a job is given: a place to report progress, and whether it was cancelled."""

    def __init__(self, job: Job) -> None:
        """Belong to one job."""
        self._job = job

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants the result any more."""
        return self._job.cancelled

    def progress(self, fraction: float, sentence: str) -> None:
        """Report how much is done (0 to 1), and say in one sentence what is going on."""
        self._job.change(fraction=float(check_number("fraction", fraction, low=0, high=1)), sentence=sentence)


Work = Callable[[JobControl], object]


class Job:
    """One job: `work(control)` is a generator function that yields between chunks of well under a second.

    As many chunks as fit in `slice_s` make one slice; the generator's return value is the result. A plain
    function works as well, in one single slice: only for what is short, since it can't be interrupted.
    """

    def __init__(
        self, identity: str, work: Work, *, name: str, visitor: str, lock: threading.RLock, slice_s: float
    ) -> None:
        """Prepare; the first slice begins it."""
        self.visitor = visitor
        self.cancelled = False
        self.scheduled = False
        self.threads = 1
        self.urgent = False
        self._work = work
        self._lock = lock
        self._slice_s = slice_s
        self._steps: Generator[object, None, object] | None = None
        self.view = JobView(
            id=identity, name=name, state="queued", fraction=0.0, sentence="Waiting for its turn.",
            result=None, version=0,
        )  # fmt: skip

    @property
    def ended(self) -> bool:
        """Whether there will be no further slice."""
        return self.view.state in ("finished", "cancelled", "failed")

    @property
    def wants_turn(self) -> bool:
        """Whether there is work left."""
        return not self.ended

    def cancel(self) -> None:
        """Ask the job to end; it does so before its next chunk."""
        self.cancelled = True

    def change(
        self,
        *,
        state: JobState | None = None,
        fraction: float | None = None,
        sentence: str | None = None,
        result: object = None,
    ) -> None:
        """Swap the view for one in which these fields are new."""
        with self._lock:
            old = self.view
            self.view = replace(
                old,
                state=old.state if state is None else state,
                fraction=old.fraction if fraction is None else fraction,
                sentence=old.sentence if sentence is None else sentence,
                result=result,
                version=old.version + 1,
            )

    def slice(self) -> None:
        """Work for one slice; an error that the work may meet becomes the job's sentence."""
        try:
            self._advance()
        except EXPECTED_ERRORS as error:
            log.warning("job %s (%s) failed", self.view.id, self.view.name, exc_info=True)
            self._end("failed", str(error) or type(error).__name__)

    def crashed(self, error: str) -> None:
        """An unexpected error ended a slice."""
        self._end("failed", f"Stopped by an unexpected error ({error}); the log has the details.")

    def _advance(self) -> None:
        if self.cancelled:
            if self._steps is not None:
                self._steps.close()
            self._end("cancelled", "Cancelled.")
            return
        if self.view.state == "queued":
            self.change(state="running", sentence="Working.")
            outcome = self._work(JobControl(self))
            if not isinstance(outcome, Generator):
                self._end("finished", "Done.", result=outcome)
                return
            self._steps = outcome
        if self._steps is not None:
            self._take_chunks(self._steps)

    def _take_chunks(self, steps: Generator[object, None, object]) -> None:
        until = time.perf_counter() + self._slice_s
        try:
            while not self.cancelled and time.perf_counter() < until:
                next(steps)
        except StopIteration as end:
            self._end("finished", "Done.", result=end.value)

    def _end(self, state: JobState, sentence: str, *, result: object = None) -> None:
        self._steps = None
        self.change(
            state=state, fraction=1.0 if state == "finished" else None, sentence=sentence, result=result
        )
