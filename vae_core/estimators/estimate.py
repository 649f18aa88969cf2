"""A number with its error, and what kind of number it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Kind = Literal["exact", "lower_bound", "upper_bound", "estimate"]


@dataclass(frozen=True)
class Estimate:
    """A value for each image, in nats.

    Attributes:
        value: (B,).
        error: (B,): one Monte Carlo standard error, or a bound on the error of an exact value.
        kind: "exact" (to the tolerance in `error`), "lower_bound" or "upper_bound" (of log p(x), in
            expectation), or "estimate" (none of these).
    """

    value: Tensor
    error: Tensor
    kind: Kind

    def mean(self) -> tuple[float, float, float]:
        """Return the mean over images, its Monte Carlo error, and the spread's standard error.

        The Monte Carlo error says how well *this* data set's mean is known; the other, the standard
        deviation between images over √B, how far another data set's would lie.
        """
        count = self.value.numel()
        monte_carlo = math.sqrt(float(self.error.double().square().sum())) / count
        spread = float(self.value.double().std()) / math.sqrt(count) if count > 1 else math.nan
        return float(self.value.double().mean()), monte_carlo, spread


def log_mean_exp(log_values: Tensor) -> Tensor:
    """log(1/K Σ_k e^{v_k}) over the first axis, (B,) for (K, B)."""
    return torch.logsumexp(log_values, 0) - math.log(log_values.shape[0])
