"""The measurements of Reconstruction vs KL, each a job of the engine: of one image, and of a whole run."""

from dataclasses import dataclass

from torch import Tensor

from pages.state.measures import Measure, Measuring, digest_of, measure
from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.diagnostics import Activity, KlSplit, Landscape, activity, kl_split, landscape
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training.snapshot import Snapshot

KIND = "balance of a run"
LANDSCAPES = "landscapes of an image"
MOST_IMAGES = 5000


@dataclass(frozen=True, eq=False)
class RunFound:
    """What was found about a model.

    Attributes:
        snapshot: The weights that were measured.
        activity: Which dimensions are active, by both rules.
        split: What the mean KL is made of; ``None`` until it is measured.
    """

    snapshot: Snapshot
    activity: Activity
    split: KlSplit | None = None


def landscape_measure(snapshot: Snapshot, x: Tensor, *, dimension: int) -> Measure[tuple[Landscape, ...]]:
    """Return the landscapes of one image x (1, D) over the mean and over the width of a latent code."""
    key = (LANDSCAPES, snapshot.key, snapshot.config.to_json(), digest_of(x), str(dimension))
    return measure(key, lambda: _landscapes(snapshot, x, dimension))


def run_measure(snapshot: Snapshot, *, moving: bool) -> Measure[RunFound]:
    """Return what there is about a model's KL, and see to it that it is measured."""
    key = (KIND, snapshot.key, snapshot.config.to_json())
    return measure(key, lambda: _measured(snapshot), go_on=moving)


def _model(snapshot: Snapshot) -> VAE:
    """Return the model.

    Raises:
        SettingError: If its weights are no finite numbers.
    """
    if not snapshot.finite:
        refuse("weights", "must be finite numbers to be measured", "others")
    return snapshot.model()


def _landscapes(snapshot: Snapshot, x: Tensor, dimension: int) -> Measuring[tuple[Landscape, ...]]:
    model = _model(snapshot)
    yield 0.0, "Walking along the mean of q.", None
    over_mean = landscape(model, x, dimension=dimension, over="mean")
    yield 0.3, "Walking along the width of q.", (over_mean,)
    return over_mean, landscape(model, x, dimension=dimension, over="width")


def _measured(snapshot: Snapshot) -> Measuring[RunFound]:
    model, x = _model(snapshot), load_dataset(snapshot.config.dataset).full.x[:MOST_IMAGES]
    yield 0.0, "Looking at every code.", None
    found = RunFound(snapshot, activity(model, x))
    yield 0.2, "Taking the KL apart.", found
    return RunFound(snapshot, found.activity, kl_split(model, x, generator=generator(0, "kl split")))
