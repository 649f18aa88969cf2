"""The settings that may change while a run trains, and what they mean at a step."""

from __future__ import annotations

import math
from typing import Any

from vae_core.checks import refuse
from vae_core.objectives import Weighting
from vae_core.training.config import LIVE_SETTINGS, SETTINGS, TrainConfig

# What runs that were saved by an earlier version do not have.
ADDED_LATER = ("kl_cycles", "capacity")


class LiveSettings:
    """What weighs the KL, and the learning rate, as they are now."""

    def __init__(self, config: TrainConfig) -> None:
        """Start from a config."""
        self._config = config
        self.values: dict[str, Any] = {name: getattr(config, name) for name in LIVE_SETTINGS}

    def change(self, setting: str, value: object) -> Any:
        """Change one, and return its checked value; None if it was that already.

        Raises:
            SettingError: If it can't change while a run trains, or the value breaks its rule.
        """
        if setting not in LIVE_SETTINGS:
            refuse("setting", f"must be one of {', '.join(LIVE_SETTINGS)} to change in a run", setting)
        checked = SETTINGS[setting].check(value)
        if checked == self.values[setting]:
            return None
        self.values[setting] = checked
        return checked

    def restore(self, values: dict[str, Any]) -> None:
        """Take over saved values.

        Raises:
            SettingError, LookupError, TypeError: If one is missing or breaks its rule.
        """
        added = {name: getattr(self._config, name) for name in ADDED_LATER}
        saved = {**added, **values}
        self.values = {name: SETTINGS[name].check(saved[name]) for name in LIVE_SETTINGS}

    @property
    def free_bits(self) -> float:
        """Nats per latent dimension that cost nothing."""
        return float(self.values["free_bits"])

    @property
    def weighting(self) -> Weighting:
        """How the KL is weighed, warm-up, cycles and capacity included."""
        return Weighting(
            beta=self.values["beta"],
            kl_warmup=self.values["kl_warmup"],
            free_bits=self.free_bits,
            cycles=self.values["kl_cycles"],
            capacity=self.values["capacity"],
            steps=self._config.steps,
        )

    def learning_rate(self, step: int) -> float:
        """Return Adam's rate at a step, schedule included."""
        rate = float(self.values["learning_rate"])
        if self._config.schedule == "constant":
            return rate
        # ½ (1 + cos π t/T)
        return rate * 0.5 * (1.0 + math.cos(math.pi * step / self._config.steps))
