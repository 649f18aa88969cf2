"""Which runs a sweep makes: every combination of some settings' values, for every seed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from vae_core.checks import refuse
from vae_core.data.registry import dataset_info
from vae_core.likelihoods import misfit
from vae_core.training import SETTINGS, TrainConfig, run_id

MAX_RUNS = 1000
MAX_JSON = 200_000
# How runs are computed is the same for all of them; seeds have a place of their own.
NOT_SWEPT = ("seed", "threads", "device")


@dataclass(frozen=True)
class SweepPlan:
    """A grid of runs.

    Attributes:
        base: The settings that all runs share; its seed counts where there are no `seeds`.
        values: Setting -> its values; every combination is a run. Any setting but `NOT_SWEPT`.
        seeds: Each combination is trained with each of them.

    Raises:
        SettingError: If a value breaks its setting's rule or stands twice, if a likelihood can't score its
            data, or if there are more than `MAX_RUNS` runs.
    """

    base: TrainConfig
    values: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, hash=False)
    seeds: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Check every value, and that there are not too many runs."""
        checked = {name: _checked(name, values) for name, values in dict(self.values).items()}
        object.__setattr__(self, "values", MappingProxyType(checked))
        object.__setattr__(self, "seeds", _distinct("seed", self.seeds or (self.base.seed,)))
        count = len(self.seeds)
        for values in self.values.values():
            count *= len(values)
        if count > MAX_RUNS:
            refuse("sweep", f"must have at most {MAX_RUNS} runs", count)
        for config in self.configs():
            problem = misfit(config.likelihood, dataset_info(config.dataset).support)
            if problem is not None:
                refuse("likelihood", "must fit the data in every run of a sweep", problem)

    def configs(self) -> tuple[TrainConfig, ...]:
        """Return the settings of all runs: the whole grid of the first seed, then that of the next one.

        The last setting of `values` changes the fastest. Runs that would be the same stand once, as where σ
        is swept and one of the decoders has none.
        """
        runs: dict[str, TrainConfig] = {}
        for seed in self.seeds:
            for values in itertools.product(*self.values.values()):
                chosen = dict(zip(self.values, values, strict=True))
                config = self.base.replace(**chosen, seed=seed)
                runs.setdefault(run_id(config, config.dataset), config)
        return tuple(runs.values())

    def to_json(self) -> str:
        """Return the plan as a JSON object."""
        plan = {
            "base": json.loads(self.base.to_json()),
            "values": {name: list(values) for name, values in self.values.items()},
            "seeds": list(self.seeds),
        }
        return json.dumps(plan)

    @classmethod
    def from_json(cls, text: str) -> SweepPlan:
        """Read what `to_json` wrote.

        Raises:
            SettingError: If the text is no such plan.
        """
        if len(text) > MAX_JSON:
            refuse("sweep", f"must have at most {MAX_JSON} characters", f"{len(text)} characters")
        try:
            plan = json.loads(text)
        except (ValueError, RecursionError):
            refuse("sweep", "must be a JSON object", text[:60])
        if not isinstance(plan, dict) or set(plan) != {"base", "values", "seeds"}:
            refuse("sweep", "must be a JSON object with base, values and seeds", text[:60])
        if not isinstance(plan["values"], dict) or not isinstance(plan["seeds"], list):
            refuse("sweep", "must have an object of values and a list of seeds", text[:60])
        return cls(TrainConfig.from_values(plan["base"]), plan["values"], tuple(plan["seeds"]))


def _checked(name: object, values: object) -> tuple[Any, ...]:
    if not isinstance(name, str) or name not in SETTINGS or name in NOT_SWEPT:
        swept = ", ".join(setting for setting in SETTINGS if setting not in NOT_SWEPT)
        refuse("sweep", f"must be over some of {swept}", name)
    if not isinstance(values, (tuple, list)) or not values:
        refuse(name, "must have at least one value in a sweep", values)
    return _distinct(name, values)


def _distinct(name: str, values: Sequence[object]) -> tuple[Any, ...]:
    if len(values) > MAX_RUNS:
        refuse(name, f"must have at most {MAX_RUNS} values in a sweep", f"{len(values)} values")
    checked = tuple(SETTINGS[name].check(value) for value in values)
    for place, value in enumerate(checked):
        if value in checked[:place]:
            refuse(name, "must have different values in a sweep", f"{value} twice")
    return checked
