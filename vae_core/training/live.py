"""The settings that may change while a run trains, and what they mean at a step."""

from __future__ import annotations

import math
from typing import Any

from vae_core.checks import refuse
from vae_core.objectives import Weighting
from vae_core.training.config import LIVE_SETTINGS, SETTINGS, TrainConfig


class LiveSettings:
    """β, KL warm-up, free bits and the learning rate as they are now."""

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
        self.values = {name: SETTINGS[name].check(values[name]) for name in LIVE_SETTINGS}

    @property
    def free_bits(self) -> float:
        """Nats per latent dimension that cost nothing."""
        return float(self.values["free_bits"])

    def weight(self, step: int) -> float:
        """Return β at a step, warm-up included."""
        return Weighting(self.values["beta"], self.values["kl_warmup"], self.free_bits).weight(step)

    def learning_rate(self, step: int) -> float:
        """Return Adam's rate at a step, schedule included."""
        rate = float(self.values["learning_rate"])
        if self._config.schedule == "constant":
            return rate
        # ½ (1 + cos π t/T)
        return rate * 0.5 * (1.0 + math.cos(math.pi * step / self._config.steps))
