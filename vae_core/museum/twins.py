"""A bug on show: both runs, what they look like and report, and the verdict on each identity."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.museum.bug import Answer, Bug, Numbers, Part
from vae_core.museum.curve import Curve, Line
from vae_core.museum.identity import verdicts
from vae_core.museum.run import Bound, Trained, begun, draw_noise, images_of, train
from vae_core.rng import generator
from vae_core.theorems import Outcome

SHOWN = 6
"""Images and samples of a twin."""
TRAINING = 0.8
"""Share of the time that training takes, about."""


@dataclass(frozen=True, eq=False)
class Twin:
    """One of two runs, or of two measurements of one run.

    Attributes:
        numbers: What it came to.
        outcomes: The verdict on each identity of the bug.
        reconstructions: Of the first held-out images, (SHOWN, D) in [0, 1].
        samples: Means of p(x|z) at draws from the prior, the same draws for both twins, (SHOWN, D).
    """

    numbers: Numbers
    outcomes: tuple[Outcome, ...]
    reconstructions: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True, eq=False)
class Exhibit:
    """What there is of a bug; it grows while the runs go on.

    Attributes:
        number: The bug's.
        curve: The bound over the steps, or what the bug draws in place of it.
        originals: The first held-out images, (SHOWN, D) in [0, 1].
        image_shape: (C, H, W).
        sound: The sound twin, once it is measured.
        wrong: The wrong one.
        answer: What came of the question, once both are.
    """

    number: int
    curve: Curve
    originals: np.ndarray
    image_shape: tuple[int, int, int]
    sound: Twin | None = None
    wrong: Twin | None = None
    answer: Answer | None = None


def exhibit(bug: Bug) -> Generator[tuple[float, str, Exhibit], None, Exhibit]:
    """Run both twins and measure them.

    Args:
        bug: One of `bugs()`.

    Yields:
        How much is done, 0 to 1, what goes on, and what there is so far.

    Returns:
        The whole.
    """
    images = images_of(bug.settings)
    originals = _unit(bug, images.held_out[:SHOWN])

    def so_far(sound: Trained, wrong: Trained | None) -> Exhibit:
        return Exhibit(bug.number, _over_steps(bug, sound, wrong), originals, images.shape)

    runs = 2 if bug.in_training else 1
    sound, wrong = begun(bug.settings), None
    for sound in _run(bug, bug.sound, _watched_by_the_sound(bug)):
        yield TRAINING * _share(bug, sound) / runs, "Training the sound code.", so_far(sound, None)
    if bug.in_training:
        for wrong in _run(bug, bug.wrong, (bug.reports(bug.wrong), bug.reports(bug.sound))):
            done = TRAINING * (1.0 + _share(bug, wrong)) / runs
            yield done, "Training the wrong code.", so_far(sound, wrong)
    curve = _over_steps(bug, sound, wrong) if bug.curve is None else bug.curve(sound)
    found = Exhibit(bug.number, curve, originals, images.shape)
    yield TRAINING, "Measuring both sides of each identity.", found
    first = _twin(bug, bug.sound, sound)
    yield 0.5 * (1.0 + TRAINING), "Measuring both sides of each identity.", found
    second = _twin(bug, bug.wrong, sound if wrong is None else wrong)
    answer = bug.answer(first.numbers, second.numbers)
    return Exhibit(bug.number, curve, originals, images.shape, first, second, answer)


def _watched_by_the_sound(bug: Bug) -> tuple[Bound, ...]:
    own = (bug.reports(bug.sound),)
    return own if bug.in_training else (*own, bug.reports(bug.wrong))


def _run(bug: Bug, part: Part, watch: tuple[Bound, ...]) -> Generator[Trained, None, None]:
    """Yield what there is of a run, the whole last."""
    training = train(bug.settings, bug.trains(part), watch)
    while True:
        try:
            yield next(training)
        except StopIteration as end:
            yield end.value
            return


def _share(bug: Bug, run: Trained) -> float:
    return run.steps[-1] / bug.settings.steps


def _over_steps(bug: Bug, sound: Trained, wrong: Trained | None) -> Curve:
    """Return the watched bounds against the step; where a run is behind, its line ends earlier."""
    steps = np.array(sound.steps, np.float64)
    first = np.array(sound.watched, np.float64)
    lines = [Line("sound code", "sound", first[:, 0])]
    if not bug.in_training:
        lines.append(Line("wrong code reports", "reported", first[:, 1]))
    elif wrong is not None:
        second = np.array(wrong.watched, np.float64)
        lines.append(Line("wrong code, measured properly", "wrong", second[:, 1]))
        lines.append(Line("wrong code reports", "reported", second[:, 0]))
    return Curve(steps, tuple(lines), axis="step", unit=bug.unit)


@torch.no_grad()
def _twin(bug: Bug, part: Part, run: Trained) -> Twin:
    model, settings = run.last, bug.settings
    images = images_of(settings)
    x = images.held_out.double()
    still = draw_noise(settings, len(x)).double()
    source = generator(settings.seed, "museum: samples")
    z = torch.randn((SHOWN, settings.latent_dim), generator=source, dtype=x.dtype)
    seen = model.decode(model.encode(x).mean).mean
    with torch.enable_grad():
        outcomes = verdicts(bug.identities, bug.measure(part, run))
    return Twin(
        _numbers(bug, part, model, x, still, seen),
        outcomes,
        seen[:SHOWN].clamp(0.0, 1.0).float().numpy(),
        model.decode(z).mean.clamp(0.0, 1.0).float().numpy(),
    )


def _numbers(bug: Bug, part: Part, model: VAE, x: Tensor, noise: Tensor, seen: Tensor) -> Numbers:
    q = model.encode(x)
    return Numbers(
        reported=float(bug.reports(part)(model, x, noise)),
        proper=float(bug.reports(bug.sound)(model, x, noise)),
        kl=float(standard_normal_kl(q).sum(1).mean()),
        std=float(q.std.mean()),
        contrast=float(seen.std(0).mean()),
        brightness=float(seen.mean()),
    )


def _unit(bug: Bug, x: Tensor) -> np.ndarray:
    """Return images in [0, 1], whatever scale the run has them on."""
    return ((x + 1.0) / 2.0 if bug.settings.pixels == "signed" else x).numpy()
