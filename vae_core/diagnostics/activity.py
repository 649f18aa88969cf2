"""Which latent dimensions are in use, by two rules; and when each opened or closed as a run went on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from vae_core.checks import check_matrix, refuse
from vae_core.divergences import UNUSED_BELOW, standard_normal_kl
from vae_core.models import VAE

MOVED_ABOVE = 0.01
"""Prior σ²: a dimension whose mean code varies more over the images is active (Burda et al. 2016)."""

OPENS_AT = 2.0
"""Times `UNUSED_BELOW`: where a closed dimension has opened, so that noise at the threshold is no event."""


@dataclass(frozen=True, eq=False)
class Activity:
    """Latent dimensions in use, by the KL and by how far the mean code moves.

    The rules differ where the encoder gives all images nearly the same code: it may cost KL, being narrow or
    off the prior's mean, and tell nothing. And a mean that moves a little, by a variance of 0.01 to 0.02, may
    cost less than 0.01 nats.

    Attributes:
        kl: KL(q(z_j|x) ‖ p(z_j)), mean over images, (L,) nats per image.
        mean_variance: Var_x E[z_j|x], (L,), prior σ².
        by_kl: Whether the KL is at least `UNUSED_BELOW`, (L,) bool: the rule of this package.
        by_variance: Whether the variance is above `MOVED_ABOVE`, (L,) bool: Burda's rule.
        images: How many images it is made of.
    """

    kl: Tensor
    mean_variance: Tensor
    by_kl: Tensor
    by_variance: Tensor
    images: int = 0

    @property
    def differ(self) -> tuple[int, ...]:
        """The dimensions, from 0, on which the two rules differ."""
        return tuple(int(j) for j in torch.nonzero(self.by_kl != self.by_variance)[:, 0])


@dataclass(frozen=True)
class Turn:
    """A latent dimension that opened or closed.

    Attributes:
        step: Of the first record after it.
        dimension: j, from 0.
        kind: "opened" or "closed"; what closes was open: posterior collapse of this dimension.
    """

    step: int
    dimension: int
    kind: Literal["opened", "closed"]


@torch.no_grad()
def activity(model: VAE, x: Tensor) -> Activity:
    """Say which latent dimensions are in use on some images, in float64.

    Args:
        model: Any VAE.
        x: Images, (B, D), B at least 2.

    Raises:
        SettingError: If x has the wrong shape, or is a single image.
    """
    if len(check_matrix("x", x, columns=model.dimensions)) < 2:
        refuse("x", "must have at least 2 images, as a variance is over images", len(x))
    q = model.double().encode(x.double())
    kl = standard_normal_kl(q).mean(0)
    variance = q.mean.var(0)
    return Activity(kl, variance, kl >= UNUSED_BELOW, variance > MOVED_ABOVE, len(x))


def turns(steps: ArrayLike, kl_per_dimension: ArrayLike) -> tuple[Turn, ...]:
    """Return when latent dimensions opened and closed, in order of steps, then of dimensions.

    A dimension is closed where its KL falls below `UNUSED_BELOW`, and open again from twice that. How it
    stands at the first record is no event.

    Args:
        steps: Of the records, increasing, (S,).
        kl_per_dimension: Mean KL of each dimension, (S, L) nats per image.

    Raises:
        SettingError: If the shapes don't fit, the steps don't increase, or a number is not finite.
    """
    step, kl = np.asarray(steps, np.float64), np.asarray(kl_per_dimension, np.float64)
    if kl.ndim != 2 or step.shape != kl.shape[:1]:
        refuse("kl_per_dimension", "must have one row for each of the steps", f"{kl.shape} for {step.shape}")
    if not (np.isfinite(kl).all() and np.isfinite(step).all() and (np.diff(step) > 0.0).all()):
        refuse("steps and kl_per_dimension", "must be finite, and the steps increase", "others")
    found: list[Turn] = []
    if not len(step):
        return ()
    is_open = kl[0] >= UNUSED_BELOW
    for at, row in zip(step[1:], kl[1:], strict=True):
        now = np.where(is_open, row >= UNUSED_BELOW, row >= OPENS_AT * UNUSED_BELOW)
        found += [
            Turn(int(at), int(j), "opened" if now[j] else "closed") for j in np.flatnonzero(now != is_open)
        ]
        is_open = now
    return tuple(found)
