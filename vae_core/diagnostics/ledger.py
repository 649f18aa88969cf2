"""The ledger of one image: what its ELBO is made of, with the error of the part that is sampled."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE


@dataclass(frozen=True)
class ImageLedger:
    """The terms of one image's ELBO.

    Attributes:
        reconstruction: E_q[log p(x|z)] in nats, by Monte Carlo.
        error: Its Monte Carlo standard error, nats: q is known, so no other image matters to it.
        kl_per_dimension: KL(q(z_j|x) ‖ p(z_j)) of each latent dimension (L,), nats, in closed form.
    """

    reconstruction: float
    error: float
    kl_per_dimension: tuple[float, ...]

    @property
    def elbo(self) -> float:
        """Reconstruction less KL, nats."""
        return self.reconstruction - sum(self.kl_per_dimension)


@torch.no_grad()
def image_ledger(model: VAE, x: Tensor, *, samples: int = 256, generator: torch.Generator) -> ImageLedger:
    """Take the ledger of one image (Kingma & Welling 2014, eq. 3).

    Args:
        model: Any VAE.
        x: The image, (1, D).
        samples: Draws of z, at least 2.
        generator: Where the noise comes from.

    Raises:
        SettingError: If `samples` is out of its limits or x has the wrong shape.
    """
    check_number("samples", samples, low=2, high=1_000_000, integer=True)
    q = model.encode(x)
    # E_q[log p(x|z)] ≈ 1/S Σ_s log p(x|μ + σ ε_s)
    z = q.sample(generator, samples=samples)[:, 0]
    scores = model.decode(z).log_prob(x.expand(samples, -1)).double()
    return ImageLedger(
        reconstruction=float(scores.mean()),
        error=float(scores.std()) / math.sqrt(samples),
        kl_per_dimension=tuple(float(value) for value in standard_normal_kl(q)[0]),
    )
