"""The pace and the making of views: cheap ones after every slice, full ones a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vae_core.data import Dataset
from vae_core.engine.factory import Trainable
from vae_core.engine.host import Host
from vae_core.engine.lease import Lease
from vae_core.engine.progress import Intent, Progress, describe
from vae_core.engine.view import RunView

WATCHED_S = 5.0  # a run touched within this time has somebody's eyes on it
WATCHED_CADENCE_S = 0.4  # between two full views while somebody looks
UNWATCHED_CADENCE_S = 5.0
VIEW_SHARE = 0.04  # of the time, at most, goes into full views; drawing them costs twice as much again


class Display:
    """What one run shows."""

    def __init__(self, identity: str, host: Host, *, intent: Callable[[], Intent], lease: Lease) -> None:
        self.view: RunView | None = None
        self.progress: Progress | None = None
        self._id = identity
        self._host = host
        self._intent = intent
        self._lease = lease
        self._shown_at = 0.0
        self._cost_s = 0.0

    def due(self) -> bool:
        """Whether it is time for a full view of a run that trains."""
        now = self._host.clock()
        watched = now - self._lease.last_touch < WATCHED_S
        cadence = WATCHED_CADENCE_S if watched else UNWATCHED_CADENCE_S
        cadence = min(max(cadence, self._cost_s / VIEW_SHARE), UNWATCHED_CADENCE_S)
        return now - self._shown_at >= cadence

    def show(self, run: Trainable, dataset: Dataset | None) -> None:
        """Make a full view: history, snapshot, and what the weights do to validation images."""
        begun = time.thread_time()  # not the wall's: a busy computer must not make the views rarer
        snapshot, history = run.snapshot(), run.history
        if self.view is not None and not snapshot.finite:
            # The loss blew up since it was last measured; the run will say so, and nobody sees a NaN.
            snapshot = self.view.snapshot
        observation = None if dataset is None else self._host.factory.observe(run, snapshot, dataset)
        with self._host.lock:
            self.progress = Progress.of(run)
            news = {"snapshot": snapshot, "history": history, "observation": observation}
            if self.view is None:
                news |= {"id": self._id, "config": run.config}
            self._swap(news, self.progress)
            self._host.changed.notify_all()
        self._shown_at = self._host.clock()
        self._cost_s = time.thread_time() - begun

    def refresh(self) -> None:
        """Bring all but the heavy parts up to date; nothing to do before the first full view."""
        with self._host.lock:
            if self.view is not None and self.progress is not None:
                self._swap({}, self.progress)

    def _swap(self, news: dict[str, Any], progress: Progress) -> None:
        crowding = self._host.crowding()
        state, sentence = describe(progress, self._intent(), crowding)
        left = progress.seconds_left
        fields = {
            **news,
            "state": state,
            "sentence": sentence,
            "can_go_on": not progress.ended,
            "step": progress.step,
            "images_per_second": progress.images_per_second / crowding,
            "seconds_left": None if left is None else left * crowding,
            "owner": self._lease.owner,
            "followers": self._lease.followers,
            "interventions": progress.interventions,
            "version": next(self._host.versions),
        }
        self.view = RunView(**fields) if self.view is None else replace(self.view, **fields)
