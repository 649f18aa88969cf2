"""One finished run of a sweep as a point of the rate-distortion plane.

It is measured on validation data, or under p_D itself where that is known.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

from vae_core.checks import check_number, refuse
from vae_core.data import known_distribution
from vae_core.diagnostics import ImageMean, decoder_scores, known_rate
from vae_core.divergences import UNUSED_BELOW
from vae_core.rng import generator
from vae_core.training import Run, TrainConfig

SAMPLES = 8
MOST_IMAGES = 2000
NUMBERS = ("rate", "rate_error", "distortion", "distortion_error", "elbo", "elbo_error")


@dataclass(frozen=True)
class SweepPoint:
    """Where a run lies in the plane of Alemi et al. (2018).

    All numbers are means over validation images, in nats per image; errors are standard errors over these
    images. Where p_D is known they are expectations under p_D, by fixed rules; the error of distortion and
    ELBO is then how far the next coarser rule lies, and that of the rate 0.
    They are those of the ELBO at β = 1, whatever β trained the model.

    Attributes:
        config: The run's settings.
        rate: KL(q(z|x) ‖ p(z)).
        rate_error: Of the rate.
        distortion: −E_q log p(x|z), of the model's own likelihood (or score).
        distortion_error: Of the distortion.
        elbo: −(distortion + rate).
        active_units: Latent dimensions whose mean KL is at least `UNUSED_BELOW` nats.
        run: The run's id, and the name of its folder.
        elbo_error: Of the ELBO.
        images: How many images; under p_D, how many points its rule has.
        failed: Why the run broke off, in a sentence, where its loss became infinite: the numbers are then
            those of its last good weights, and no point of a curve. None where it trained to its end.
    """

    config: TrainConfig
    rate: float
    rate_error: float
    distortion: float
    distortion_error: float
    elbo: float
    active_units: int
    run: str
    elbo_error: float
    images: int
    failed: str | None = None

    def to_json(self) -> str:
        """Return the point as a JSON object in one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SweepPoint:
        """Read what `to_json` wrote.

        Raises:
            SettingError: If the text is no such point.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            refuse("point", "must be a JSON object", text[:60])
        return cls.from_values(values)

    @classmethod
    def from_values(cls, values: Any) -> SweepPoint:
        """Make a point from a parsed JSON object.

        Raises:
            SettingError: If it is no object, or a field is missing or is not what it should be.
        """
        if not isinstance(values, dict) or set(values) != set(cls.__dataclass_fields__):
            refuse("point", "must have the fields of a sweep's point", values)
        failed, run = values["failed"], values["run"]
        if not isinstance(failed, str | None) or not isinstance(run, str):
            refuse("point", "must have an id, and a sentence where it failed", values)
        numbers = {name: _number(name, values[name], failed=failed is not None) for name in NUMBERS}
        units, images = (
            int(check_number(name, values[name], low=0, high=1e9, integer=True))
            for name in ("active_units", "images")
        )
        config = TrainConfig.from_values(values["config"])
        return cls(config=config, active_units=units, run=run, images=images, failed=failed, **numbers)


def _number(name: str, value: object, *, failed: bool) -> float:
    if failed and isinstance(value, float):
        return value  # of weights that had already gone astray: perhaps infinite
    return check_number(name, value, low=-1e15, high=1e15)


def measure(run: Run) -> SweepPoint:
    """Return the point of a run that has stopped, in float64.

    The noise is the same for all runs of a latent dimension, so that points differ by the weights alone.
    """
    rate, distortion, elbo, active_units, images = _under_known(run) or _on_validation(run)
    failed = run.stop_reason if run.failed else None
    if failed is None and not all(math.isfinite(mean.value + mean.error) for mean in (rate, distortion)):
        failed = f"Trained to step {run.step:,}, but its ELBO is infinite."
    return SweepPoint(
        config=run.config,
        rate=rate.value,
        rate_error=rate.error,
        distortion=distortion.value,
        distortion_error=distortion.error,
        elbo=elbo.value,
        active_units=active_units,
        run=run.id,
        elbo_error=elbo.error,
        images=images,
        failed=failed,
    )


Measured = tuple[ImageMean, ImageMean, ImageMean, int, int]


def _under_known(run: Run) -> Measured | None:
    """Return rate, distortion, ELBO, active units and points under p_D; None where it is not known."""
    known = known_distribution(run.dataset.name)
    if known is None:
        return None
    found = known_rate(run.snapshot().model(), known)
    active = int((found.kl_per_dimension >= UNUSED_BELOW).sum())
    distortion = ImageMean(found.distortion, found.off)
    elbo = ImageMean(-(found.rate + found.distortion), found.off)
    return ImageMean(found.rate, 0.0), distortion, elbo, active, len(known.x)


def _on_validation(run: Run) -> Measured:
    """Return rate, distortion, ELBO, active units and images, over validation images."""
    data = run.dataset
    found = decoder_scores(
        run.snapshot().model(),  # on the processor, wherever the run was trained
        data.validation.x[:MOST_IMAGES],
        support=data.support,
        samples=SAMPLES,
        generator=generator(0, "sweep"),
    )
    # D = −E_q log p(x|z)
    distortion = ImageMean(-found.reconstruction.value, found.reconstruction.error)
    return found.kl, distortion, found.elbo, found.active_units, found.images
