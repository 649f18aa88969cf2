"""What the engine shows: frozen records that are swapped whole, so that a reader never waits for training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vae_core.training import Intervention
from vae_core.training.config import TrainConfig
from vae_core.training.history import History
from vae_core.training.snapshot import Observation, Snapshot

RunState = Literal["ready", "queued", "running", "paused", "finished", "failed"]
JobState = Literal["queued", "running", "finished", "cancelled", "failed"]


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One run as everybody may see it at one moment.

    Attributes:
        id: the run's id, as in links.
        config: the settings that it started from; changes made since are in `interventions`.
        state: "queued" means: started, and waiting for its first turn.
        step: steps done. It moves with every slice; `snapshot`, `history` and `observation` follow a few
            times a second and say their own step.
        sentence: the state in one plain sentence.
        can_go_on: whether starting it trains on from here: not when it is at its end or diverged, but after
            a stop by hand or an error that may pass.
        images_per_second: training images a second, as this run gets them beside the others that train.
        seconds_left: estimated time to the end at that pace; None where it is not known.
        history: the curves so far.
        snapshot: the weights, immutable.
        observation: what the weights do to validation images; None before the first one.
        owner: the visitor who controls it; None when nobody does.
        followers: visitors other than the owner who look at it.
        interventions: what was changed by hand, and at which step.
        version: grows with every change of this record.
    """

    id: str
    config: TrainConfig
    state: RunState
    step: int
    sentence: str
    can_go_on: bool
    images_per_second: float
    seconds_left: float | None
    history: History
    snapshot: Snapshot
    observation: Observation | None
    owner: str | None
    followers: int
    interventions: tuple[Intervention, ...]
    version: int


@dataclass(frozen=True, kw_only=True)
class JobView:
    """One long job as its visitor sees it.

    Attributes:
        id: the job's id.
        name: what it does, in words.
        state: "cancelled" once its visitor stopped it or went away.
        fraction: how much is done, 0 to 1.
        sentence: the state in one plain sentence.
        result: what the work returned; None until the state is "finished".
        version: grows with every change of this record.
    """

    id: str
    name: str
    state: JobState
    fraction: float
    sentence: str
    result: object
    version: int
