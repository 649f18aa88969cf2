"""Training: settings, gradients, runs, and how they are kept."""

from vae_core.training.config import LIVE_SETTINGS, SETTINGS, Setting, TrainConfig
from vae_core.training.exact import ExactRun
from vae_core.training.history import Curve, History
from vae_core.training.interventions import Intervention, run_id
from vae_core.training.presets import PRESETS, Preset, preset
from vae_core.training.run import Run
from vae_core.training.snapshot import Observation, Snapshot, observe

__all__ = [
    "LIVE_SETTINGS",
    "PRESETS",
    "SETTINGS",
    "Curve",
    "ExactRun",
    "History",
    "Intervention",
    "Observation",
    "Preset",
    "Run",
    "Setting",
    "Snapshot",
    "TrainConfig",
    "observe",
    "preset",
    "run_id",
]
