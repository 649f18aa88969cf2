"""What the mean KL is made of: information about x, dependence between codes, and each code's own shape.

    E KL(q(z|x) ‖ p(z)) = I_q(x; z) + KL(q(z) ‖ p(z))           (Hoffman & Johnson 2016)
    KL(q(z) ‖ p(z)) = TC + Σ_j KL(q(z_j) ‖ p(z_j))              (Chen et al. 2018)

q(z) is the mixture over all of the given images, and I_q(x; z) is the information about which of them it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.diagnostics.aggregate_posterior import (
    AggregatePosterior,
    MonteCarlo,
    log_standard_normal,
    prior_kl,
)
from vae_core.diagnostics.decoder_scores import ImageMean
from vae_core.diagnostics.gaussian_mixture import GaussianMixture
from vae_core.divergences import standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE

SAMPLES = 10_000
# How far from its mean a component is integrated, in its own σ: 2e-17 of its mass lies beyond.
REACH = 8.5
# Nodes on a panel; on its halves there are twice as many.
NODES = 8
# Panels at first; more where the mixture's mass, which is 1, was not all found.
FIRST_PANELS = (64, 512, 4096, 32_768)
MOST_HALVINGS = 24
# Nats that all panels together may be off, by the difference between a panel and its halves.
FINE_ENOUGH = 1e-6


@dataclass(frozen=True, eq=False)
class KlSplit:
    """The mean KL of some images, split twice.

    Attributes:
        mean_kl: KL(q(z|x) ‖ p(z)), nats per image, in closed form; its error says how far the mean of other
            images would lie (not a number for one image).
        mutual_information: I_q(x; z), nats, from 0 to `ceiling` but for the error, one standard error.
        total_correlation: KL(q(z) ‖ Π_j q(z_j)), nats, at least 0 but for the error.
        dimension_wise: KL(q(z_j) ‖ p(z_j)), (L,) nats, by quadrature.
        dimension_errors: What that may be off, (L,) nats.
        prior_kl: KL(q(z) ‖ p(z)), nats, by Monte Carlo.
        ceiling: log N, nats: all there is to know about which of N images it was.
        images: N.
    """

    mean_kl: ImageMean
    mutual_information: MonteCarlo
    total_correlation: MonteCarlo
    dimension_wise: Tensor
    dimension_errors: Tensor
    prior_kl: MonteCarlo
    ceiling: float
    images: int


@torch.no_grad()
def kl_split(model: VAE, x: Tensor, *, samples: int | None = None, generator: torch.Generator) -> KlSplit:
    """Split the mean KL of images, over all of them at once.

    Args:
        model: Any VAE.
        x: Images, (N, D); all of a data set's, not a batch: the ceiling and the mixture are those of N.
        samples: Draws of z, about; None means two of each image, and at least 10,000.
        generator: Where the noise comes from.

    Raises:
        SettingError: If x has the wrong shape, or `samples` is out of its limits.
    """
    return mixture_split(
        AggregatePosterior.of(model.double(), x.double()), samples=samples, generator=generator
    )


@torch.no_grad()
def mixture_split(
    q: AggregatePosterior, *, samples: int | None = None, generator: torch.Generator
) -> KlSplit:
    """Split the mean KL of the components of a mixture; as `kl_split`, where the codes are known."""
    images = len(q.mean)
    kl = standard_normal_kl(DiagonalGaussian(q.mean, q.log_var)).sum(1)
    spread = float(kl.std()) / math.sqrt(images) if images > 1 else math.nan
    mean_kl = ImageMean(float(kl.mean()), spread)
    whole = prior_kl(q, samples=max(SAMPLES, 2 * images) if samples is None else samples, generator=generator)
    parts = [marginal_kl(q, dimension) for dimension in range(q.latent_dim)]
    own = torch.tensor([value for value, _ in parts], dtype=torch.float64)
    own_errors = torch.tensor([error for _, error in parts], dtype=torch.float64)
    return KlSplit(
        mean_kl=mean_kl,
        # I = E KL(q(z|x) ‖ p) − KL(q(z) ‖ p), of these images: only the second is sampled
        mutual_information=MonteCarlo(mean_kl.value - whole.value, whole.error, whole.samples),
        # TC = KL(q(z) ‖ p) − Σ_j KL(q(z_j) ‖ p_j); the quadrature's errors may all point one way
        total_correlation=MonteCarlo(
            whole.value - float(own.sum()), math.hypot(whole.error, float(own_errors.sum())), whole.samples
        ),
        dimension_wise=own,
        dimension_errors=own_errors,
        prior_kl=whole,
        ceiling=math.log(images),
        images=images,
    )


def marginal_kl(q: AggregatePosterior, dimension: int) -> tuple[float, float]:
    """Return KL(q(z_j) ‖ p(z_j)) by adaptive Gauss-Legendre quadrature, and what it may be off, in nats.

    The error adds up what halving each panel still changed, and what is missing from the mixture's own mass.

    Args:
        q: The aggregate posterior.
        dimension: j, from 0.

    Raises:
        SettingError: If there is no such dimension.
    """
    j = int(check_number("dimension", dimension, low=0, high=q.latent_dim - 1, integer=True))
    mixture = q.along(torch.eye(q.latent_dim, dtype=torch.float64)[j : j + 1])
    mean, log_var = q.mean[:, j], q.log_var[:, j]
    # What a component that no panel has seen costs at most: its mass times its highest log-ratio
    worst = 1.0 + float((0.5 * mean.square() - 0.5 * log_var).clamp_min(0.0).amax())
    kl, error = 0.0, math.inf
    for panels in FIRST_PANELS:
        kl, mass, off = _adaptive(mixture, _first_edges(mean, torch.exp(0.5 * log_var), panels))
        missing = abs(mass - 1.0) * (worst + abs(kl))
        error = off + missing
        if missing < FINE_ENOUGH:
            break
    return kl, error


def _adaptive(mixture: GaussianMixture, edges: Tensor) -> tuple[float, float, float]:
    """Return ∫ q (log q − log p), ∫ q, and what the first may be off; where it is much, panels are halved."""
    low, high = edges[:-1], edges[1:]
    coarse = _integrals(mixture, low, high)
    total, off = coarse.new_zeros(2), coarse.new_zeros(2)
    for halving in range(MOST_HALVINGS + 1):
        middle = 0.5 * (low + high)
        halves = _integrals(mixture, torch.cat([low, middle]), torch.cat([middle, high])).reshape(2, -1, 2)
        changed = (halves.sum(0) - coarse).abs()
        done = (changed.amax(1) < FINE_ENOUGH / (4.0 * len(edges))) | (halving == MOST_HALVINGS)
        total += halves.sum(0)[done].sum(0)
        off += changed[done].sum(0)
        if bool(done.all()):
            break
        going = ~done
        coarse = halves[:, going].flatten(0, 1)
        low, high = torch.cat([low[going], middle[going]]), torch.cat([middle[going], high[going]])
    return float(total[0]), float(total[1]), float(off[0])


def _first_edges(mean: Tensor, std: Tensor, panels: int) -> Tensor:
    """Return edges of panels that begin and end beyond all components, and lie closer where more are."""
    places = torch.cat([mean - REACH * std, mean, mean + REACH * std]).unique()
    if len(places) > panels + 1:
        places = places[torch.linspace(0, len(places) - 1, panels + 1).round().long()]
    return places


def _integrals(mixture: GaussianMixture, low: Tensor, high: Tensor) -> Tensor:
    """Return ∫ q (log q − log p) and ∫ q over panels (P,), (P, 2)."""
    t, w = (torch.tensor(part) for part in np.polynomial.legendre.leggauss(NODES))
    half = 0.5 * (high - low)
    z = (0.5 * (low + high))[:, None] + half[:, None] * t
    log_q = mixture.log_density(z.reshape(-1, 1)).reshape(z.shape)
    log_p = log_standard_normal(z.reshape(-1, 1)).reshape(z.shape)
    density = torch.exp(log_q)
    values = torch.stack([density * (log_q - log_p), density], 2)
    return half[:, None] * (w[:, None] * values).sum(1)
