"""The lowest cost that a Bernoulli score can have on grey pixels: not 0, as on binary ones."""

from __future__ import annotations

import torch
from torch import Tensor


def bernoulli_score_floor(x: Tensor) -> Tensor:
    """Return minus the best Bernoulli score of each image: that of a decoder which says x itself.

    Args:
        x: Images in [0, 1], (B, D).

    Returns:
        Nats per image, (B,); 0 for binary images.
    """
    # Σ_d h(x_d),  h(x) = −x log x − (1−x) log(1−x)
    return -(torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x)).sum(1)
