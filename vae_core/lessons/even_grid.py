"""∫ p(z) p(x|z)ⁿ dz as a plain sum over the plane: even cells, cut into even parts where there is mass."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.estimators.scores import ImageScores
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

RADIUS = 7.0
"""Prior standard deviations that the grid reaches."""
SIDE = 0.1
"""Of a cell."""
FEWEST, MOST, PIECES = 3, 40, 20_000
"""Parts that each side of a cell with mass is cut into, at least and at most, and about how many pieces."""
EMPTY = 60.0
"""Nats below the highest middle of a cell: those that lie lower stay uncut."""
CHUNK = 4096


@dataclass(frozen=True, eq=False)
class EvenGrid:
    """log p(x|z) and log p(z) of one image at the middles of all cells.

    Attributes:
        log_p: log p(x|z), (G,) nats.
        log_prior: log p(z), (G,) nats.
        log_area: Of each cell, (G,).
    """

    log_p: Tensor
    log_prior: Tensor
    log_area: Tensor

    def log_mean_power(self, power: int) -> float:
        """Return log E p(x|z)ⁿ = log Σ_z p(z) p(x|z)ⁿ Δz under the prior, nats."""
        return float(torch.logsumexp(power * self.log_p + self.log_prior + self.log_area, 0))


@torch.no_grad()
def even_grid(model: VAE, x: Tensor) -> EvenGrid:
    """Score an image over the plane of codes.

    Args:
        model: Of two latent dimensions.
        x: The image, (1, D).

    Raises:
        SettingError: If the model has not two latent dimensions.
    """
    if model.latent_dim != 2:
        refuse("model", "must have 2 latent dimensions for this grid", model.latent_dim)
    scores, half = ImageScores(model, x), round(RADIUS / SIDE)
    line = (torch.arange(-half, half, dtype=torch.float64) + 0.5) * SIDE
    middles = torch.cartesian_prod(line, line)
    middles = middles[middles.square().sum(1) <= RADIUS**2]
    log_p, log_prior = _scored(scores, middles)
    joint = log_p + log_prior
    cut = joint > joint.max() - EMPTY
    parts = min(max(math.isqrt(PIECES // int(cut.sum())), FEWEST), MOST)
    inner = ((torch.arange(parts, dtype=torch.float64) + 0.5) / parts - 0.5) * SIDE
    fine = (middles[cut][:, None] + torch.cartesian_prod(inner, inner)).reshape(-1, 2)
    fine_p, fine_prior = _scored(scores, fine)
    area = 2.0 * math.log(SIDE)
    return EvenGrid(
        torch.cat([log_p[~cut], fine_p]),
        torch.cat([log_prior[~cut], fine_prior]),
        torch.cat(
            [torch.full((int((~cut).sum()),), area), torch.full((len(fine),), area - 2.0 * math.log(parts))]
        ).double(),
    )


def _scored(scores: ImageScores, z: Tensor) -> tuple[Tensor, Tensor]:
    log_p = torch.cat([scores.log_prob(scores.parameters_at(part))[0] for part in z.split(CHUNK)])
    # log p(z) = −½ ‖z‖² − log 2π
    return log_p, -0.5 * z.square().sum(1) - LOG_TWO_PI
