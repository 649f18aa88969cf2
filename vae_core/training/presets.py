"""Named settings worth starting from."""

from __future__ import annotations

from dataclasses import dataclass

from vae_core.checks import refuse
from vae_core.training.config import TrainConfig


@dataclass(frozen=True)
class Preset:
    """A config with a name and what one will see with it."""

    name: str
    description: str
    config: TrainConfig


PRESETS: tuple[Preset, ...] = (
    Preset(
        "2-D digits",
        "Binary digits on a plane: the classes part before your eyes.",
        TrainConfig(),
    ),
    Preset(
        "8-D digits",
        "More latent dimensions, sharper digits; watch which dimensions open.",
        TrainConfig(latent_dim=8),
    ),
    Preset(
        "Gaussian, σ = 1",
        "The textbook Gaussian on the same digits: errors are so cheap that codes carry little.",
        TrainConfig(likelihood="gaussian", sigma=1.0),
    ),
    Preset(
        "Gaussian, learned σ",
        "σ finds the root mean squared error, and with it the balance of the two terms.",
        TrainConfig(dataset="mnist-5k", likelihood="gaussian", sigma="learned", learning_rate=2e-3),
    ),
    Preset(
        "Grey digits, continuous Bernoulli",
        "Grey pixels with a density that integrates to one on [0, 1].",
        TrainConfig(dataset="mnist-5k", likelihood="continuous-bernoulli"),
    ),
    Preset(
        "Posterior collapse",
        "β = 40: no dimension pays for its KL, and every image decodes to the average.",
        TrainConfig(latent_dim=8, beta=40.0, kl_warmup=0),
    ),
    Preset(
        "Linear = pPCA",
        "No hidden layers and a learned σ: the optimum is probabilistic PCA's, known in closed form.",
        TrainConfig(
            dataset="digits", likelihood="gaussian", sigma="learned", hidden=(), kl_warmup=0,
            learning_rate=1e-2, steps=4000,
        ),
    ),
    Preset(
        "Two moons",
        "Points on a plane, where data, reconstructions and samples can be drawn to scale.",
        TrainConfig(
            dataset="two-moons", likelihood="gaussian", sigma="learned", latent_dim=2, hidden=(64, 64),
        ),
    ),
)  # fmt: skip


def preset(name: str) -> Preset:
    """Return a preset by its name.

    Raises:
        SettingError: If there is none of that name.
    """
    for entry in PRESETS:
        if entry.name == name:
            return entry
    refuse("preset", f"must be one of {', '.join(entry.name for entry in PRESETS)}", name)
