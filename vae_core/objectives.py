"""The ELBO of each image, in its two terms, and the weight that training puts on them.

L(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z))     (Kingma & Welling 2014, eq. 3)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.divergences import standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE


@dataclass(frozen=True)
class ElboTerms:
    """The two terms of the ELBO of each image, in nats.

    Attributes:
        reconstruction: E_q[log p(x|z)], (B,), by Monte Carlo over z.
        kl: KL(q(z|x) ‖ p(z)), (B,), in closed form.
        kl_per_dimension: Its parts, (B, L).
    """

    reconstruction: Tensor
    kl: Tensor
    kl_per_dimension: Tensor

    @property
    def elbo(self) -> Tensor:
        """Reconstruction less KL, (B,): the bound at β = 1, whatever β trained the model."""
        return self.reconstruction - self.kl


def elbo_terms(
    model: VAE,
    x: Tensor,
    *,
    samples: int = 1,
    generator: torch.Generator | None = None,
    posterior: DiagonalGaussian | None = None,
) -> ElboTerms:
    """Return the terms of the ELBO of each image.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        samples: Draws of z per image for the reconstruction.
        generator: Where the noise comes from; None means a fresh generator of seed 0.
        posterior: q(z|x) where it is known already; encoded from x when None.

    Returns:
        Terms of shape (B,), differentiable with respect to the model's parameters.

    Raises:
        SettingError: If `samples` is out of its limits or x has the wrong shape.
    """
    check_number("samples", samples, low=1, high=1_000_000, integer=True)
    if posterior is None:
        posterior = model.encode(x)
    if generator is None:
        generator = torch.Generator(device=x.device).manual_seed(0)
    kl_per_dimension = standard_normal_kl(posterior)
    reconstruction = torch.zeros_like(kl_per_dimension[:, 0])
    for _ in range(samples):
        # E_q[log p(x|z)] ≈ 1/S Σ_s log p(x|μ + σ ε_s)
        z = posterior.sample(generator)[0]
        reconstruction = reconstruction + model.decode(z).log_prob(x) / samples
    return ElboTerms(reconstruction, kl_per_dimension.sum(1), kl_per_dimension)


@dataclass(frozen=True)
class Weighting:
    """What training maximises: reconstruction − β(t) · KL, averaged over images.

    KL = Σ_j max(KL_j, free bits); with a capacity C it is |KL − C(t)| that is weighed (Burgess et al. 2018).

    Attributes:
        beta: Weight of the KL once warm-up is over; 1 is the ELBO.
        kl_warmup: Steps over which the weight rises from 0 to β; 0 means at once.
        free_bits: Nats per latent dimension that cost nothing (Kingma et al. 2016): the batch mean of a
            dimension's KL is only felt above it.
        cycles: The weight rises from 0 to β over the first half of each of so many equal parts of the run
            (Fu et al. 2019), and warm-up is not used; 0 means no cycles.
        capacity: Nats that the KL is led to, from 0 over the first half of the run; 0 means none.
        steps: Length of the run.
    """

    beta: float = 1.0
    kl_warmup: int = 0
    free_bits: float = 0.0
    cycles: int = 0
    capacity: float = 0.0
    steps: int = 1

    def weight(self, step: int) -> float:
        """Return β(t) at a step, counted from 0."""
        if self.cycles > 0:
            period = self.steps / self.cycles
            # β(t) = β · min(1, 2 (t mod period + 1)/period)
            return self.beta * min(1.0, 2.0 * (step % period + 1.0) / period)
        # β(t) = β · min(1, (t + 1)/warm-up)
        if self.kl_warmup <= 0:
            return self.beta
        return self.beta * min(1.0, (step + 1) / self.kl_warmup)

    def target(self, step: int) -> float | None:
        """Return C(t), the nats that the KL is led to at a step; None where there is no capacity."""
        # C(t) = C · min(1, 2 (t + 1)/T)
        return self.capacity * min(1.0, 2.0 * (step + 1) / self.steps) if self.capacity > 0.0 else None

    def value(self, terms: ElboTerms, step: int) -> Tensor:
        """Return the objective to maximise, a scalar in nats per image."""
        kl = terms.kl_per_dimension.mean(0).clamp_min(self.free_bits).sum()
        target = self.target(step)
        cost = kl if target is None else (kl - target).abs()
        return terms.reconstruction.mean() - self.weight(step) * cost
