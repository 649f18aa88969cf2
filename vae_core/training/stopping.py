"""When a run stops: at the last step, after a time, or when the validation ELBO gains no more."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vae_core.training.config import TrainConfig

# Nats per image: a smaller gain on the validation ELBO does not restart the patience.
LEAST_GAIN = 1e-3


@dataclass
class Stopping:
    """The rule of a config, and what it remembers of the validations so far.

    Attributes:
        config: Which rule, and its numbers.
        best_elbo: The best validation ELBO so far, nats per image.
        stale: Validations since then.
    """

    config: TrainConfig
    best_elbo: float = -math.inf
    stale: int = 0

    def improves(self, elbo: float, *, counts: bool) -> bool:
        """Take in a validation ELBO; return whether it is a new best.

        Args:
            elbo: Nats per image.
            counts: Whether it may try the patience: the extra ones at the start and those during KL
                warm-up don't.
        """
        if elbo > self.best_elbo + LEAST_GAIN:
            self.best_elbo, self.stale = elbo, 0
            return True
        self.stale += counts
        return False

    def restore(self, *, best_elbo: float, stale: int) -> None:
        """Go on from what it remembered.

        Raises:
            ValueError: If that is no ELBO or no count.
        """
        if math.isnan(best_elbo) or stale < 0:
            raise ValueError("the best ELBO must be a number, and validations are counted from 0")
        self.best_elbo, self.stale = best_elbo, stale

    def reason(self, step: int, seconds: float) -> str | None:
        """Return the sentence with which a run stops here, or None if it goes on."""
        config = self.config
        sentence = None
        if step >= config.steps:
            sentence = f"Finished: {step:,} steps."
        elif config.stop == "time" and seconds >= config.time_limit_s:
            sentence = f"Finished: the time limit of {config.time_limit_s:g} s, at step {step:,}."
        elif config.stop == "plateau" and self.stale >= config.patience:
            sentence = (
                f"Finished at step {step:,}: no gain on the validation ELBO in {config.patience} validations."
            )
        if sentence is not None and config.stop == "plateau":
            sentence += " The best weights on validation data are kept."
        return sentence
