"""The measurements of the Jensen gap page, each a job of the engine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from pages.state.measures import Measure, Measuring, digest_of, measure
from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.diagnostics.bound_cost import BoundCost, bound_cost
from vae_core.diagnostics.gap_history import GapHistory, gap_history
from vae_core.diagnostics.gap_set import CAUSE_SLICE, CauseSet, GapSet, gap_causes, gap_set, slices
from vae_core.diagnostics.image_gap import ImageGap, Staircase, annealed_parts, image_gap, staircase
from vae_core.estimators import Estimate
from vae_core.models import VAE
from vae_core.training import Intervention, TrainConfig
from vae_core.training.snapshot import Snapshot

MOST_IMAGES = 500
"""Images of each part of the data that are measured."""

MOST_CAUSES = 60
"""Images whose gap is split into its causes."""

HISTORY_IMAGES, HISTORY_MOMENTS = 100, 16
"""Images of train and of validation, and moments, of the gap along a training."""

IMAGE = "gap of an image"
DATA = "gaps of the data"
HISTORY = "gap along a training"
COST = "cost of the bound"

Record = TypeVar("Record", GapHistory, BoundCost)


@dataclass(frozen=True, eq=False)
class ImageFound:
    """What was found about one image.

    Attributes:
        snapshot: The weights that were measured.
        x: The image, (1, D).
        gap: log p(x), the gap and its causes, the posterior; ``None`` while only annealing has begun.
        stairs: The importance-weighted bounds; ``None`` until they are drawn.
        annealed: The annealed estimate of log p(x) so far, in more than two latent dimensions.
    """

    snapshot: Snapshot
    x: Tensor
    gap: ImageGap | None = None
    stairs: Staircase | None = None
    annealed: Estimate | None = None


@dataclass(frozen=True, eq=False)
class SetFound:
    """What was found about the data.

    Attributes:
        sets: The gaps of validation, train and test images, in this order as far as they are measured.
        causes: The causes of some validation images' gaps.
    """

    sets: tuple[GapSet, ...]
    causes: CauseSet | None = None


def image_measure(snapshot: Snapshot, x: Tensor, *, moving: bool) -> Measure[ImageFound]:
    """Return what there is about one image x (1, D)."""
    key = (IMAGE, snapshot.key, snapshot.config.to_json(), digest_of(x))
    return measure(key, lambda: _image(snapshot, x), go_on=moving)


def set_measure(snapshot: Snapshot) -> Measure[SetFound]:
    """Return what there is about the data of a model; only for one or two latent dimensions."""
    return measure(set_key(snapshot), lambda: _sets(snapshot))


def set_key(snapshot: Snapshot) -> tuple[str, ...]:
    """Return under which key a model's data are measured."""
    return (DATA, snapshot.key, snapshot.config.to_json())


def history_measure(
    config: TrainConfig, interventions: tuple[Intervention, ...], *, last: int
) -> Measure[GapHistory]:
    """Return what there is of the gap along a training up to a step; it is trained anew for that."""

    def work() -> Measuring[GapHistory]:
        records = gap_history(
            config,
            load_dataset(config.dataset),
            images=HISTORY_IMAGES,
            moments=HISTORY_MOMENTS,
            interventions=interventions,
            last=last,
        )
        return _growing(records, "Training it again, and measuring on the way.")

    return measure((HISTORY, config.to_json(), repr(interventions), str(last)), work)


def cost_measure(config: TrainConfig) -> Measure[BoundCost]:
    """Return what there is of a training on the ELBO beside one on exact log p(x)."""
    return measure(
        (COST, config.to_json()),
        lambda: _growing(
            bound_cost(config, load_dataset(config.dataset)), "Training on the ELBO and on log p(x)."
        ),
    )


def _growing(records: Iterator[Record], sentence: str) -> Measuring[Record]:
    """Pass on the records of an experiment; the last one is the whole."""
    record = None
    for newer in records:
        # Between two moments only the fraction is new.
        yield (
            newer.fraction,
            sentence,
            newer if record is None or len(newer.steps) > len(record.steps) else None,
        )
        record = newer
    return record


def _model(snapshot: Snapshot) -> VAE:
    """Return the model.

    Raises:
        SettingError: If its weights are no finite numbers.
    """
    if not snapshot.finite:
        refuse("weights", "must be finite numbers for a gap", "others")
    return snapshot.model()


def _image(snapshot: Snapshot, x: Tensor) -> Measuring[ImageFound]:
    model = _model(snapshot)
    annealed = None
    if model.latent_dim > 2:
        yield 0.0, "Drawing importance weights.", None
        stairs = staircase(model, x)
        yield 0.1, "Annealing.", ImageFound(snapshot, x, stairs=stairs)
        for part, annealed in enumerate(annealed_parts(model, x)):
            here = ImageFound(snapshot, x, stairs=stairs, annealed=annealed)
            yield 0.1 + 0.1 * part, "Annealing.", here
        gap = image_gap(model, x, log_likelihood=annealed)
        return ImageFound(snapshot, x, gap, stairs, annealed)
    yield 0.0, "Integrating over z.", None
    gap = image_gap(model, x)
    yield 0.6, "Drawing importance weights.", ImageFound(snapshot, x, gap)
    return ImageFound(snapshot, x, gap, staircase(model, x))


def _sets(snapshot: Snapshot) -> Measuring[SetFound]:
    model, data = _model(snapshot), load_dataset(snapshot.config.dataset)
    parts = {name: getattr(data, name).index[:MOST_IMAGES] for name in ("validation", "train", "test")}
    some = parts["validation"][:MOST_CAUSES]
    # To split a gap takes as long as some four slices.
    work = sum(slices(len(rows)) for rows in parts.values()) + 4 * len(some)
    done, sets, causes = 0, [], None
    for name, rows in parts.items():
        measuring = gap_set(model, data.full.x, rows, part=name)
        while True:
            try:
                next(measuring)
            except StopIteration as end:
                sets.append(end.value)
                break
            done += 1
            yield min(done / work, 1.0), f"Measuring the gaps of {name} images.", None
        yield min(done / work, 1.0), "Splitting gaps into their causes.", SetFound(tuple(sets), causes)
        if causes is None:
            for causes in gap_causes(model, data.full.x, some):
                done += 4 * CAUSE_SLICE
                yield (
                    min(done / work, 1.0),
                    "Splitting gaps into their causes.",
                    SetFound(tuple(sets), causes),
                )
    return SetFound(tuple(sets), causes)
