"""What a learned σ settles at: σ² is the squared error that the decoder expects, not that of the mean code.

∂/∂σ² of −D/2 log 2πσ² − E_q‖x − μ(z)‖²/2σ² is 0 at σ² = E_q‖x − μ(z)‖²/D. There the reconstruction term
is −D/2 (1 + log 2πσ²), whatever the data are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.diagnostics.decoder_scores import ImageMean, decoder_scores
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI


@dataclass(frozen=True)
class SigmaCheck:
    """σ² of a Gaussian decoder beside the errors that it is, and is not, the mean of.

    Attributes:
        variance: σ².
        expected_error: E_q ‖x − μ(z)‖²/D, per pixel; σ² on the training images once σ has been learned.
        mean_code_error: ‖x − μ(E z)‖²/D, per pixel; usually lower, as the code's own noise costs nothing.
        reconstruction: E_q[log p(x|z)], nats per image.
        at_optimum: −D/2 (1 + log 2πσ²), what that is where σ² is the expected error, nats per image.
        dimensions: D.
        images: How many images it is made of.
    """

    variance: float
    expected_error: ImageMean
    mean_code_error: float
    reconstruction: ImageMean
    at_optimum: float
    dimensions: int
    images: int


@dataclass(frozen=True)
class SigmaTravel:
    """σ² and the error that it settles at, at the moments of a training that were looked at.

    Attributes:
        steps: Of each moment, (S,), rising.
        variance: σ², (S,).
        expected_error: E_q ‖x − μ(z)‖²/D, (S,).
    """

    steps: tuple[int, ...] = ()
    variance: tuple[float, ...] = ()
    expected_error: tuple[float, ...] = ()

    def at(self, step: int, check: SigmaCheck) -> SigmaTravel:
        """Return the record with one moment more; what was seen of this step or later ones is forgotten."""
        kept = sum(seen < step for seen in self.steps)
        return replace(
            self,
            steps=(*self.steps[:kept], step),
            variance=(*self.variance[:kept], check.variance),
            expected_error=(*self.expected_error[:kept], check.expected_error.value),
        )


@torch.no_grad()
def sigma_check(model: VAE, x: Tensor, *, samples: int = 8, generator: torch.Generator) -> SigmaCheck:
    """Compare σ² with the squared errors on images, in float64.

    Args:
        model: A VAE with a Gaussian decoder, whose σ may be learned or fixed.
        x: The images that it was trained on, (B, D), B at least 2.
        samples: Draws of z per image.
        generator: Where the noise comes from.

    Raises:
        SettingError: If the decoder is no Gaussian, x has the wrong shape, or `samples` is out of its limits.
    """
    if model.likelihood != "gaussian":
        refuse("likelihood", "must be gaussian, the only one with a σ", model.likelihood)
    # Of a Gaussian the support changes nothing that is read here.
    scores = decoder_scores(model, x, support="real", samples=samples, generator=generator)
    log_variance = 2.0 * model.decoder.log_sigma.double()
    return SigmaCheck(
        variance=float(log_variance.exp()),
        expected_error=scores.expected_squared_error,
        mean_code_error=scores.squared_error.value,
        reconstruction=scores.reconstruction,
        # −D/2 (1 + log 2πσ²)
        at_optimum=-0.5 * model.dimensions * (1.0 + LOG_TWO_PI + float(log_variance)),
        dimensions=model.dimensions,
        images=scores.images,
    )
