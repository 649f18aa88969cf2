"""Where a decoder starts: at the mean of the data, so that training needn't find it."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.likelihoods.continuous_bernoulli import partition_slope
from vae_core.models import VAE

# Pixels that are always 0 would ask for a logit of −∞; a 0.5 % chance of the other value is kept.
EDGE = 0.005


@torch.no_grad()
def start_at_data_mean(model: VAE, x: Tensor) -> None:
    """Set the decoder's output bias to the mean of x, and a learned σ to the spread about it.

    Args:
        model: Freshly made.
        x: Training images, (N, D).
    """
    mean = x.mean(0)
    output = model.decoder.linears[-1]
    if model.likelihood == "gaussian":
        output.bias.copy_(mean)
        if model.sigma == "learned":
            # σ² = E‖x − mean‖²/D
            model.decoder.log_sigma.fill_(0.5 * torch.log((x - mean).square().mean().clamp_min(1e-6)))
    elif model.likelihood == "bernoulli":
        output.bias.copy_(torch.logit(mean, eps=EDGE))
    else:
        output.bias.copy_(_logit_of_mean(mean.clamp(EDGE, 1.0 - EDGE)))


def _logit_of_mean(mean: Tensor) -> Tensor:
    """Solve E[x|logit] = mean for the continuous Bernoulli by bisection, same shape."""
    low, high = torch.full_like(mean, -1e3), torch.full_like(mean, 1e3)
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = partition_slope(middle) < mean
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return 0.5 * (low + high)
