"""E_q log p(x|z) as training takes it: over the noise ε in z = μ + σ ε, without any density of z.

Each image has nodes of its own. Gauss-Hermite nodes would be the textbook's, but tanh units have poles
0.1 to 0.3 beside the real axis, and there its error falls with the square root of the number of nodes only;
that of the trapezoid rule falls with the number itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.estimators.scores import ImageScores
from vae_core.gaussians import DiagonalGaussian
from vae_core.units import LOG_TWO_PI

ENDS = 7.6
"""|ε| goes so far: 3e-14 of the standard normal's mass lies beyond."""
FIRST_COUNT = 24
"""Nodes along each axis, at first."""
MOST_COUNT = {1: 6144, 2: 768}
"""By latent dimensions."""
SETTLED = 1e-9
"""Nats: an image's nodes are doubled until those between them say the same."""
CODES_AT_ONCE = 4096


@dataclass(frozen=True, eq=False)
class NoiseExpectation:
    """E_ε log p(x|μ + σ ε) of each image.

    Attributes:
        value: By all nodes, (N,) nats.
        change: How far the value by the last nodes, all new, lies from that by those before, (N,) nats.
        nodes: How many there were, (N,).
    """

    value: Tensor
    change: Tensor
    nodes: Tensor


@torch.no_grad()
def noise_expectation(scores: ImageScores, x: Tensor, q: DiagonalGaussian) -> NoiseExpectation:
    """Return E_ε log p(x|μ + σ ε) of binary images by the trapezoid rule over ε.

    Args:
        scores: The decoder.
        x: Images of 0 and 1, (N, D) float64.
        q: Their q(z|x), (N, L), L at most 2.
    """
    latent_dim = q.mean.shape[1]
    # The grid of half the step is this one and those shifted by half a step along one axis or both.
    shifts = torch.cartesian_prod(*[torch.tensor([0.0, 0.5], dtype=torch.float64)] * latent_dim)
    first, *others = shifts.reshape(-1, latent_dim)
    count = FIRST_COUNT
    value = _expected(scores, x, q, count, first)
    change = torch.full_like(value, torch.inf)
    nodes = torch.full((len(x),), count**latent_dim)
    going = torch.arange(len(x))
    while len(going) and 2 * count <= MOST_COUNT[latent_dim]:
        part = DiagonalGaussian(q.mean[going], q.log_var[going])
        between = sum(_expected(scores, x[going], part, count, shift) for shift in others) / len(others)
        change[going] = between - value[going]
        # The halved grid's sum: the old nodes are one part in 2ᴸ of its
        value[going] += change[going] * len(others) / len(shifts)
        count *= 2
        nodes[going] = count**latent_dim
        going = going[change[going].abs() > SETTLED]
    return NoiseExpectation(value, change, nodes)


def _expected(scores: ImageScores, x: Tensor, q: DiagonalGaussian, count: int, shift: Tensor) -> Tensor:
    """Return Σ_ε step φ(ε) log p(x|μ + σ ε), (N,), at nodes shifted by a part of a step (L,)."""
    latent_dim, step = len(shift), 2.0 * ENDS / count
    axis = step * torch.arange(count, dtype=torch.float64) + (ENDS / FIRST_COUNT - ENDS)
    noise = torch.cartesian_prod(*[axis] * latent_dim).reshape(-1, latent_dim) + step * shift
    # step φ(ε), in all dimensions
    weight = torch.exp(-0.5 * (noise.square() + LOG_TWO_PI).sum(1)) * step**latent_dim
    total = []
    for rows in torch.arange(len(x)).split(max(1, CODES_AT_ONCE // len(noise))):
        parts = [
            _scored(scores, x[rows], q.mean[rows], q.std[rows], *chunk)
            for chunk in zip(noise.split(CODES_AT_ONCE), weight.split(CODES_AT_ONCE), strict=True)
        ]
        total.append(torch.stack(parts).sum(0))
    return torch.cat(total)


def _scored(
    scores: ImageScores, x: Tensor, mean: Tensor, std: Tensor, noise: Tensor, weight: Tensor
) -> Tensor:
    # z = μ + σ ε
    z = mean[:, None] + std[:, None] * noise
    logits, partition = scores.parameters_at(z.flatten(0, 1))
    # Σ_ε w log p(x|z), with log p(x|z) = x·logits − Σ_d log(1 + e^{logit_d})
    pulled = (logits.reshape(*z.shape[:2], -1) * weight[:, None]).sum(1)
    return (pulled * x).sum(1) - partition.reshape(z.shape[:2]) @ weight
