"""The measurement of the balance of a whole run: what the KL buys, over all data, as a job of the engine."""

from dataclasses import dataclass

from pages.state.measures import Measure, Measuring, measure
from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.diagnostics import Activity, KlSplit, activity, kl_split
from vae_core.rng import generator
from vae_core.training.snapshot import Snapshot

KIND = "balance of a run"
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


def run_measure(snapshot: Snapshot, *, moving: bool) -> Measure[RunFound]:
    """Return what there is about a model's KL, and see to it that it is measured."""
    key = (KIND, snapshot.key, snapshot.config.to_json())
    return measure(key, lambda: _measured(snapshot), go_on=moving)


def _measured(snapshot: Snapshot) -> Measuring[RunFound]:
    if not snapshot.finite:
        refuse("weights", "must be finite numbers to be measured", "others")
    model, x = snapshot.model(), load_dataset(snapshot.config.dataset).full.x[:MOST_IMAGES]
    yield 0.0, "Looking at every code.", None
    found = RunFound(snapshot, activity(model, x))
    yield 0.2, "Taking the KL apart.", found
    return RunFound(snapshot, found.activity, kl_split(model, x, generator=generator(0, "kl split")))
