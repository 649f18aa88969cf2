"""The plane through latent space in which the encoder's means vary most."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse


@dataclass(frozen=True, eq=False)
class PrincipalPlane:
    """The first two principal components of the means.

    Attributes:
        directions: (2, L) float64, orthonormal; the entry of largest magnitude in each is positive.
        shares: The share of the variance of the means along each, (2,), descending.
    """

    directions: Tensor
    shares: Tensor


def principal_plane(means: Tensor) -> PrincipalPlane:
    """Return the plane of the two directions in which means vary most (scikit-learn's PCA).

    Args:
        means: μ of some images, (N, L) with at least two of each.

    Raises:
        SettingError: If there are fewer than two latent dimensions or means, or a mean is not finite.
    """
    rule = "must be finite, of shape (N, L) with N and L at least 2: a plane has two directions"
    if means.ndim != 2 or min(means.shape) < 2:
        refuse("means", rule, f"shape {tuple(means.shape)}")
    if not bool(means.isfinite().all()):
        refuse("means", rule, "others")
    points = means.detach().cpu().double()
    if bool((points == points[0]).all()):
        # Nothing varies, so that any plane is as good.
        return PrincipalPlane(
            torch.eye(2, means.shape[1], dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
        )
    # Its import takes a second.
    from sklearn.decomposition import PCA

    found = PCA(n_components=2, svd_solver="full").fit(points.numpy())
    directions = torch.tensor(found.components_, dtype=torch.float64)
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    shares = torch.tensor(found.explained_variance_ratio_, dtype=torch.float64)
    return PrincipalPlane(directions * torch.sign(largest), shares)
