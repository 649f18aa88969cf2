"""The jobs of the engine: who has which, and when nobody wants one any more."""

from __future__ import annotations

import threading
import uuid

from vae_core.checks import SettingError
from vae_core.engine.jobs import Job, Work
from vae_core.engine.turns import Turns
from vae_core.engine.view import JobView

MAX_JOBS_PER_VISITOR = 8


class JobBoard:
    """All jobs, ended ones included as long as their visitor is there. Called under the engine's lock."""

    def __init__(self, lock: threading.RLock, turns: Turns, *, slice_s: float) -> None:
        self._lock = lock
        self._turns = turns
        self._slice_s = slice_s
        self._jobs: dict[str, Job] = {}

    def submit(self, name: str, work: Work, visitor: str) -> str:
        """Queue a job and return its id; the visitor's oldest ended job makes room for it.

        Raises:
            SettingError: if this visitor has too many at work.
        """
        own = [job for job in self._jobs.values() if job.visitor == visitor]
        if len(own) >= MAX_JOBS_PER_VISITOR:
            ended = [job for job in own if job.ended]
            if not ended:
                limit = f"at most {MAX_JOBS_PER_VISITOR} may be at work"
                raise SettingError(f"jobs: {limit}, cancel one first or wait for its end.")
            del self._jobs[ended[0].view.id]
        identity = uuid.uuid4().hex
        job = Job(identity, work, name=name, visitor=visitor, lock=self._lock, slice_s=self._slice_s)
        self._jobs[identity] = job
        self._turns.ask(job)
        return identity

    def find(self, job_id: str) -> Job | None:
        """The job of this id, if it is known."""
        return self._jobs.get(job_id)

    def view(self, job_id: str) -> JobView | None:
        """What a job shows, if it is known."""
        job = self._jobs.get(job_id)
        return None if job is None else job.view

    def drop_all_but_of(self, present: frozenset[str]) -> None:
        """Cancel, and when they have ended forget, the jobs of visitors who are gone."""
        for identity, job in list(self._jobs.items()):
            if job.visitor not in present:
                job.cancel()
                if job.ended:
                    del self._jobs[identity]
