"""Which runs of a sweep lie on one curve, what the curve is called, and its means over seeds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from vae_core.sweeps import SweepPoint
from vae_core.training.config import as_text

ALONG = ("beta", "seed")
"""Settings that move a run along its curve; runs that differ in any other are on curves of their own."""


@dataclass(frozen=True)
class Place:
    """The runs of one curve and one β: mean over seeds and its standard error, nats per image."""

    beta: float
    rate: float
    distortion: float
    rate_error: float
    distortion_error: float


def curves_of(points: Sequence[SweepPoint]) -> dict[tuple, list[SweepPoint]]:
    """Sort runs into curves: by all settings but those that move along one."""
    found: dict[tuple, list[SweepPoint]] = defaultdict(list)
    for point in points:
        settings = asdict(point.config)
        found[tuple((name, value) for name, value in settings.items() if name not in ALONG)].append(point)
    return dict(found)


def names_of(curves: list[tuple]) -> list[str]:
    """Name each curve by the settings in which they differ; σ only where there is one."""
    tables = [dict(curve) for curve in curves]
    differ = [name for name in tables[0] if len({table[name] for table in tables}) > 1]
    if not differ:
        return ["runs"]
    named = []
    for table in tables:
        shown = [name for name in differ if name != "sigma" or table["likelihood"] == "gaussian"]
        parts = [_setting(name, table[name]) for name in shown]
        named.append(", ".join(parts))
    return named


def _setting(name: str, value: object) -> str:
    shown = as_text(value)
    return shown if name in ("likelihood", "dataset") else f"{name.replace('_', ' ')} {shown}"


def several_seeds(points: Sequence[SweepPoint]) -> bool:
    """Whether the runs of a curve have different seeds."""
    return len({point.config.seed for point in points}) > 1


def means_of(points: Sequence[SweepPoint]) -> list[Place]:
    """Return the mean over seeds for each β, in the order of β."""
    by_beta: dict[float, list[SweepPoint]] = defaultdict(list)
    for point in points:
        by_beta[point.config.beta].append(point)
    return [_mean(beta, by_beta[beta]) for beta in sorted(by_beta)]


def _mean(beta: float, points: list[SweepPoint]) -> Place:
    values = np.array([[point.rate, point.distortion] for point in points])
    # s/√n over n seeds; a single one tells nothing about the others
    errors = values.std(0, ddof=1) / np.sqrt(len(points)) if len(points) > 1 else np.zeros(2)
    return Place(beta, *values.mean(0).tolist(), *errors.tolist())
