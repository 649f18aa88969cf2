"""A mistake as an object: the sound code and the wrong one, what to look at, and which identity it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from vae_core.museum.curve import Curve
from vae_core.museum.identity import Identity
from vae_core.museum.run import Bound, RunSettings, Trained
from vae_core.theorems import Link

Part = Callable[..., Tensor]
"""The few lines in which twins differ."""


@dataclass(frozen=True)
class Numbers:
    """What a run came to, on held-out images.

    Attributes:
        reported: What the run's own code says at the end, in the bug's unit.
        proper: What sound code says of the same model.
        kl: KL(q(z|x) ‖ p(z)), nats per image.
        std: The mean σ of q(z|x).
        contrast: How much reconstructions differ between images: the mean standard deviation of a pixel.
        brightness: The mean pixel of the reconstructions, 0 to 1.
    """

    reported: float
    proper: float
    kl: float
    std: float
    contrast: float
    brightness: float


@dataclass(frozen=True)
class Answer:
    """What came of the question.

    Attributes:
        choice: Which of the choices was right in these runs, from 0.
        sentence: The numbers that say so.
    """

    choice: int
    sentence: str


def spoken(value: float, digits: int) -> str:
    """Return a number as a sentence has it, with a true minus sign."""
    return f"{value:,.{digits}f}".replace("-", "−")


@dataclass(frozen=True)
class Bug:
    """One of the ten.

    Attributes:
        number: 1 to 10.
        slug: In one word, for files and keys.
        title: In a few words.
        words: What the mistake is.
        source: Where people made it or asked about it.
        question: What is asked before the runs.
        choices: The possible answers.
        answer: Which one was right, from the numbers of the sound and of the wrong run.
        shows: What it does to pictures and curves.
        sound: The lines as they should be.
        wrong: The lines as they are often written.
        settings: Of both runs.
        trains: What a run with these lines maximises.
        reports: What a run with these lines reports as its bound.
        in_training: Whether the lines stand in the training code; else one model is measured twice.
        identities: What sound code keeps.
        measure: Both sides of each identity, for a model that these lines trained or measure.
        curve: What is drawn in place of the bound over the steps; None means that.
        reported_as: What the number is called.
        unit: Of it.
    """

    number: int
    slug: str
    title: str
    words: str
    source: str
    question: str
    choices: tuple[str, ...]
    answer: Callable[[Numbers, Numbers], Answer]
    shows: str
    sound: Part
    wrong: Part
    settings: RunSettings
    trains: Callable[[Part], Bound]
    reports: Callable[[Part], Bound]
    in_training: bool
    identities: tuple[Identity, ...]
    measure: Callable[[Part, Trained], tuple[tuple[Link, ...], ...]]
    curve: Callable[[Trained], Curve] | None = None
    reported_as: str = "bound"
    unit: str = "nats per image"
