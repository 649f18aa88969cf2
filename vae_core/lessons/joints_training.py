"""A model of one number and one code that is trained while one looks on: its joints at recorded moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from vae_core.data import load_dataset
from vae_core.lessons.joints_grid import DATASET, JointKl, joint_grid, joint_kl
from vae_core.models import VAE
from vae_core.training.config import TrainConfig
from vae_core.training.run import Run
from vae_core.training.snapshot import Snapshot

Sigma = float | Literal["learned"]

STEPS = 1500
SIGMAS: tuple[Sigma, ...] = (0.3, 1.0, "learned")
GROWTH = 1.16
"""From one recorded step to the next, once they are far enough from the start."""


def recorded_steps() -> tuple[int, ...]:
    """Return the steps that are recorded: each at first, and ever fewer."""
    steps = [0]
    while steps[-1] < STEPS:
        steps.append(min(STEPS, max(steps[-1] + 1, round(steps[-1] * GROWTH))))
    return tuple(steps)


@dataclass(frozen=True, eq=False)
class Moment:
    """The model at one step.

    Attributes:
        step: Steps trained so far.
        snapshot: Its weights.
        parts: The KL of its joints.
    """

    step: int
    snapshot: Snapshot
    parts: JointKl

    def model(self) -> VAE:
        """Return the model, float32."""
        return self.snapshot.model()


def config(*, seed: int, sigma: Sigma) -> TrainConfig:
    """Return the settings of the chapter's training."""
    return TrainConfig(
        dataset=DATASET,
        latent_dim=1,
        likelihood="gaussian",
        sigma=sigma,
        hidden=(32, 32),
        learning_rate=5e-3,
        kl_warmup=0,
        steps=STEPS,
        precision="float32",
        seed=seed,
    )


def moment_of(snapshot: Snapshot) -> Moment:
    """Measure the joints of a snapshot."""
    return Moment(snapshot.step, snapshot, joint_kl(joint_grid(snapshot.model())))


def first_moment(settings: TrainConfig) -> Moment:
    """Return the untrained model; it is there at once.

    Raises:
        SettingError: If the settings fit no run on these data.
    """
    run = Run(settings, load_dataset(DATASET))
    return moment_of(Snapshot.of(run.model, settings, step=0))


def train_joints(*, seed: int, sigma: Sigma) -> Iterator[tuple[Moment, ...]]:
    """Train from the first step to the last, and yield all moments so far at each that is recorded.

    Raises:
        SettingError: If the seed or σ breaks its rule.
    """
    run = Run(config(seed=seed, sigma=sigma), load_dataset(DATASET))
    moments: tuple[Moment, ...] = ()
    for step in recorded_steps():
        run.advance(steps=step - run.step)
        moments = (*moments, moment_of(run.snapshot()))
        yield moments
