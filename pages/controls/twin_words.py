"""Numbers of a decoder as text."""

from pages.figures.theme import nats
from pages.state.current import CurrentModel
from pages.state.twin_choice import Decoder
from vae_core.diagnostics.decoder_scores import ImageMean


def decoder_of(model: CurrentModel) -> Decoder:
    """Return a model's likelihood, and σ where it has one."""
    config = model.config
    return config.likelihood, config.sigma if config.likelihood == "gaussian" else 1.0


def nats_of(mean: ImageMean) -> str:
    """Return ``−151.3 ± 1.9``, or ``7.08 ± 0.03`` where the error is so small."""
    digits = 1 if mean.error >= 0.095 else 2
    return f"{nats(mean.value, digits)} ± {nats(mean.error, digits)}"


def pixels_of(mean: ImageMean) -> str:
    """Return ``0.0417 ± 0.0006``."""
    return f"{mean.value:.4f} ± {mean.error:.4f}"


def bits(mean: ImageMean) -> str:
    """Return ``1.382 ± 0.012``."""
    return f"{mean.value:.3f} ± {mean.error:.3f}".replace("-", "−")
