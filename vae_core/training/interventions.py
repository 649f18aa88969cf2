"""What identifies a run: its settings and data, and what was changed while it trained."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from vae_core.training.config import TrainConfig


@dataclass(frozen=True)
class Intervention:
    """A setting that was changed while a run stood at a step, before it took the next one."""

    step: int
    setting: str
    value: float


def run_id(config: TrainConfig, dataset_digest: str) -> str:
    """Return 12 hex digits: the same settings, seed and data give the same id."""
    return hashlib.sha256(f"{config.to_json()}/{dataset_digest}".encode()).hexdigest()[:12]
