"""What identifies a run: its settings and data, and what was changed while it trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from vae_core.checks import check_choice, check_number, refuse
from vae_core.training.config import LIVE_SETTINGS, SETTINGS, TrainConfig


@dataclass(frozen=True)
class Intervention:
    """A setting that was changed while a run stood at a step, before it took the next one."""

    step: int
    setting: str
    value: float


def checked_intervention(values: Any) -> Intervention:
    """Return an intervention from the fields of one, as they stand in a saved run.

    Raises:
        SettingError: If a field is missing or broke its rule.
    """
    if not isinstance(values, dict) or set(values) != {"step", "setting", "value"}:
        refuse("intervention", "must have a step, a setting and a value", values)
    step = int(check_number("step of an intervention", values["step"], low=0, high=1e9, integer=True))
    setting = check_choice("setting of an intervention", values["setting"], LIVE_SETTINGS)
    return Intervention(step, setting, SETTINGS[setting].check(values["value"]))


def run_id(config: TrainConfig, dataset_digest: str) -> str:
    """Return 12 hex digits: the same settings, seed and data give the same id.

    Settings that don't act, as σ of a Bernoulli, don't count.
    """
    default = TrainConfig()
    idle = {
        "sigma": config.likelihood != "gaussian",
        "activation": not config.hidden,
        "time_limit_s": config.stop != "time",
        "patience": config.stop != "plateau",
    }
    acting = config.replace(**{name: getattr(default, name) for name, is_idle in idle.items() if is_idle})
    return hashlib.sha256(f"{acting.to_json()}/{dataset_digest}".encode()).hexdigest()[:12]
