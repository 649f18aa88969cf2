"""How the gap between log p(x) and the ELBO goes while a model trains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.data import Dataset
from vae_core.diagnostics.sliced import lattice_posteriors, sliced_elbo
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import Intervention, Run, TrainConfig

# Steps of one slice: under a tenth of a second on one core for the widest model that ships.
SLICE_STEPS = 8
# A longer run is followed up to here.
MOST_STEPS = 20_000
MOST_IMAGES = 2_000


def _empty() -> Tensor:
    return torch.empty(0, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class GapHistory:
    """Means over the same images of a part, at S moments of a training.

    Attributes:
        steps: Steps trained at each moment, (S,) int64, growing from 0.
        train_log_likelihood: Mean exact log p(x), (S,) nats per image, float64, as all that follow.
        train_elbo: Mean ELBO of the encoder's q.
        train_gap_error: Standard error over images of the mean gap.
        validation_log_likelihood: The same on validation images.
        validation_elbo: Likewise.
        validation_gap_error: Likewise.
        images: Of the greater part; the first ones of each.
        fraction: How much of the work is done, 0 to 1.
        ending: Why there are no further moments, in a sentence; None while there may be.
    """

    steps: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    train_log_likelihood: Tensor = field(default_factory=_empty)
    train_elbo: Tensor = field(default_factory=_empty)
    train_gap_error: Tensor = field(default_factory=_empty)
    validation_log_likelihood: Tensor = field(default_factory=_empty)
    validation_elbo: Tensor = field(default_factory=_empty)
    validation_gap_error: Tensor = field(default_factory=_empty)
    images: int = 0
    fraction: float = 0.0
    ending: str | None = None


def gap_history(
    config: TrainConfig,
    dataset: Dataset,
    *,
    images: int = 200,
    moments: int = 24,
    interventions: Sequence[Intervention] = (),
    last: int = MOST_STEPS,
) -> Iterator[GapHistory]:
    """Train a run anew and measure exact log p(x) and the ELBO on the way.

    On the machine and the number of threads of the run itself, it passes through the same weights bit for
    bit. It is followed for at most 20,000 steps. Log p(x) is summed over lattices and the ELBO by
    Gauss-Hermite rules, each to about 0.01 nats an image: far below the spread between images.

    Args:
        config: The run's settings, of latent dimension 1 or 2.
        dataset: Its data.
        images: The first images of train and of validation that are measured.
        moments: At most so many, the steps between growing in proportion.
        interventions: What was changed while the run trained.
        last: The step up to which it is followed.

    Yields:
        The record so far, after each slice of tenths of a second: between two moments only its `fraction` is
        new. The last one has an `ending`. A run that diverges ends the record at the last moment before.

    Raises:
        SettingError: If the latent dimension is above 2, or a setting breaks its rule.
    """
    if config.latent_dim > 2:
        refuse("latent_dim", "must be 1 or 2 for the exact gap", config.latent_dim)
    count = int(check_number("images", images, low=2, high=MOST_IMAGES, integer=True))
    most = int(check_number("moments", moments, low=2, high=1000, integer=True))
    end = int(check_number("last", last, low=1, high=1e9, integer=True))
    return _followed(Run(config, dataset, interventions=interventions), count, most, end)


def log_spaced(last: int, moments: int) -> list[int]:
    """Return at most so many whole numbers from 0 to `last`, in growing steps."""
    return [0, *np.unique(np.geomspace(1, last, moments - 1).round().astype(int)).tolist()]


def _followed(run: Run, images: int, moments: int, last: int) -> Iterator[GapHistory]:
    last = min(run.config.steps, last, MOST_STEPS)
    parts = (run.dataset.train.x[:images], run.dataset.validation.x[:images])
    source = generator(0, "gap history")
    record = GapHistory(images=max(map(len, parts)))
    due = log_spaced(last, moments)
    for place, step in enumerate(due):
        while run.step < step and not run.finished:
            run.advance(steps=min(SLICE_STEPS, step - run.step))
            record = replace(record, fraction=min(1.0, 0.5 * run.step / last + 0.5 * place / len(due)))
            yield record
        if run.failed:
            break
        measuring = _measured(run.snapshot().model(), parts, source)
        while (found := next(measuring)) is None:
            yield record
        record = _longer(record, run.step, *found)
        yield record
        if run.finished:
            break
    ending = f"Followed up to step {run.step:,}." if run.stop_reason is None else run.stop_reason
    yield replace(record, fraction=1.0, ending=ending)


def _measured(
    model: VAE, parts: Sequence[Tensor], source: torch.Generator
) -> Iterator[tuple[Sequence[Tensor], Sequence[Tensor]] | None]:
    """Measure in slices; what is yielded last is log p(x) and the ELBO of the images of each part."""
    sizes, x = [len(part) for part in parts], torch.cat(list(parts))
    exact = yield from lattice_posteriors(model, x, source=source)
    elbo = yield from sliced_elbo(model, x)
    yield exact.log_likelihood.split(sizes), elbo.split(sizes)


def _longer(record: GapHistory, step: int, exact: Sequence[Tensor], elbo: Sequence[Tensor]) -> GapHistory:
    """Return the record with one moment more."""
    values: dict[str, float] = {}
    for name, high, low in zip(("train", "validation"), exact, elbo, strict=True):
        values[f"{name}_log_likelihood"] = float(high.mean())
        values[f"{name}_elbo"] = float(low.mean())
        values[f"{name}_gap_error"] = standard_error(high - low)
    columns = {
        name: torch.cat([getattr(record, name), _empty().new_tensor([v])]) for name, v in values.items()
    }
    steps = torch.cat([record.steps, torch.tensor([step])])
    return replace(record, steps=steps, **columns)  # type: ignore[arg-type]


def standard_error(values: Tensor) -> float:
    """Return the standard error of the mean over images, of values (B,)."""
    return float(values.std()) / len(values) ** 0.5
