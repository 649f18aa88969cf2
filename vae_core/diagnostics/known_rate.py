"""Rate and distortion under p_D itself, for data whose distribution is known, by fixed rules."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.checks import check_matrix
from vae_core.data import KnownDistribution
from vae_core.diagnostics.decoder_scores import PIXELS_AT_ONCE
from vae_core.diagnostics.expectations import ladder
from vae_core.divergences import standard_normal_kl
from vae_core.estimators.fits import Noise
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE

# Nats by which a rule's distortion may differ from the next coarser one's.
FINE_ENOUGH = 1e-4
# Nodes along each axis, by latent dimensions, from −REACH to REACH in q's own σ. Where networks bend sharply,
# the trapezoid rule is far ahead of Gauss-Hermite's.
NODES = {1: (33, 65, 129, 257), 2: (17, 33, 65)}
REACH = 6.5
# Of a node's weight: the rest together is far below what is asked for.
LEAST = 1e-10


@dataclass(frozen=True, eq=False)
class KnownRate:
    """Where a model lies in the plane of Alemi et al. (2018), with no sampling error.

    Attributes:
        rate: E_pD KL(q(z|x) ‖ p(z)), nats per image.
        distortion: −E_pD E_q log p(x|z), nats per image; at least H − rate, whatever the model.
        off: How far the distortion by the next coarser rule lies, nats.
        kl_per_dimension: The rate's parts, (L,) nats.
    """

    rate: float
    distortion: float
    off: float
    kl_per_dimension: Tensor


@torch.no_grad()
def known_rate(model: VAE, known: KnownDistribution) -> KnownRate:
    """Return rate and distortion under a known distribution, in float64, at β = 1.

    Args:
        model: Any VAE of such data.
        known: What `known_distribution` gave.

    Raises:
        SettingError: If the model is one of other data.
    """
    x = check_matrix("x", known.x, columns=model.dimensions)
    model = model.double()
    q = model.encode(x)
    # E_pD KL(q(z|x) ‖ p(z)) = Σ_i weight_i KL_i
    kl = known.weight @ standard_normal_kl(q)
    distortion, off = math.nan, math.inf
    for coarse, fine in pairwise(_rules(model.latent_dim)):
        before = _distortion(model, q, coarse, known) if math.isnan(distortion) else distortion
        distortion = _distortion(model, q, fine, known)
        off = abs(distortion - before)
        if off < FINE_ENOUGH:
            break
    return KnownRate(float(kl.sum()), distortion, off, kl)


def _rules(latent_dim: int) -> tuple[Noise, ...]:
    """Return rules for expectations under N(0, I), each finer than the one before."""
    if latent_dim not in NODES:
        return ladder(latent_dim)
    return tuple(Noise.even(latent_dim, nodes, reach=REACH, least=LEAST) for nodes in NODES[latent_dim])


def _distortion(model: VAE, q: DiagonalGaussian, noise: Noise, known: KnownDistribution) -> float:
    """Return −Σ_i weight_i Σ_s weight_s log p(x_i | μ_i + σ_i ε_s)."""
    total = 0.0
    rows = max(1, PIXELS_AT_ONCE // (len(noise.points) * model.dimensions))
    for part in torch.arange(len(known.x)).split(rows):
        z = q.mean[part, None] + q.std[part, None] * noise.points
        x = known.x[part, None].expand(-1, len(noise.points), -1)
        log_prob = model.decode(z.flatten(0, 1)).log_prob(x.flatten(0, 1)).reshape(len(part), -1)
        total -= float(known.weight[part] @ (log_prob @ noise.weight))
    return total
