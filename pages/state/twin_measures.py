"""What is measured of one of the compared decoders, as a job of the engine."""

from dataclasses import dataclass

from pages.state.measures import Measure, Measuring, measure
from vae_core.checks import refuse
from vae_core.data import load_dataset
from vae_core.diagnostics.calibration import Reliability, Residuals, calibration
from vae_core.diagnostics.decoder_scores import DecoderScores, decoder_scores
from vae_core.diagnostics.learned_sigma import SigmaCheck, sigma_check
from vae_core.rng import generator
from vae_core.training.snapshot import Snapshot

MOST_IMAGES, MOST_TRAINING_IMAGES = 500, 4000
MOVING_IMAGES, MOVING_TRAINING_IMAGES = 100, 400
"""While a model trains it is measured anew every second."""

SIGMA_SAMPLES = 2
"""Draws of z for each training image: half a second's work, and thousands of images."""

KINDS = ("first decoder", "second decoder", "third decoder")
"""One for each place: a session has one measurement of each kind at work."""


@dataclass(frozen=True, eq=False)
class TwinFound:
    """What was found about a decoder.

    Attributes:
        snapshot: The weights that were measured.
        scores: On validation images.
        calibration: On the same; ``None`` until it is measured.
        sigma: How a Gaussian's σ² stands to its error on training images; ``None`` for other decoders, and
            until it is measured.
    """

    snapshot: Snapshot
    scores: DecoderScores
    calibration: Reliability | Residuals | None = None
    sigma: SigmaCheck | None = None

    @property
    def whole(self) -> bool:
        """Whether nothing more is to come."""
        no_sigma = self.snapshot.config.likelihood != "gaussian"
        return self.calibration is not None and (no_sigma or self.sigma is not None)


def twin_measure(snapshot: Snapshot, *, place: int, moving: bool) -> Measure[TwinFound]:
    """Return what there is about one decoder, and see to it that it is measured.

    Args:
        snapshot: The model.
        place: Its place among those compared.
        moving: Whether it trains: then each moment is measured to its end before the next one.
    """
    key = (KINDS[place], snapshot.key, snapshot.config.to_json(), "moving" if moving else "whole")
    return measure(key, lambda: _measured(snapshot, whole=not moving), go_on=moving)


def _measured(snapshot: Snapshot, *, whole: bool) -> Measuring[TwinFound]:
    """Measure the scores, the calibration, and of a Gaussian its σ; on fewer images while it trains."""
    if not snapshot.finite:
        refuse("weights", "must be finite numbers to be measured", "others")
    model, data = snapshot.model(), load_dataset(snapshot.config.dataset)
    x = data.validation.x[: MOST_IMAGES if whole else MOVING_IMAGES]
    seed = snapshot.config.seed
    yield 0.0, "Measuring errors and bounds.", None
    scores = decoder_scores(
        model,
        x,
        support=data.support,
        levels=data.grey_levels if data.dequantised else None,
        generator=generator(seed, "decoder scores"),
    )
    found = TwinFound(snapshot, scores)
    yield 0.4, "Measuring calibration.", found
    spread = calibration(model, x, support=data.support, generator=generator(seed, "calibration"))
    found = TwinFound(snapshot, scores, spread)
    if snapshot.config.likelihood != "gaussian":
        return found
    yield 0.7, "Measuring σ on training images.", found
    check = sigma_check(
        model,
        data.train.x[: MOST_TRAINING_IMAGES if whole else MOVING_TRAINING_IMAGES],
        samples=SIGMA_SAMPLES,
        generator=generator(seed, "learned sigma"),
    )
    return TwinFound(snapshot, scores, spread, check)
