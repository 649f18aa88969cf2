"""Importance weights, the one primitive, and the bound L_K that they give."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.estimators.estimate import Estimate, log_mean_exp
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

# Numbers of the decoder's widest layer held at once: 4 million floats are 16 MB, twice that in float64.
CHUNK_NUMBERS = 4_000_000

Proposal = Callable[[Tensor], DiagonalGaussian | FullGaussian]


@torch.no_grad()
def log_weights(
    model: VAE,
    x: Tensor,
    *,
    samples: int,
    proposal: Proposal | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return log w = log p(x, z) − log q(z|x) for draws z ~ q(z|x).

    Its mean over K is the ELBO's estimate, its log-mean-exp the importance-weighted bound.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        samples: K, draws per image.
        proposal: x -> q(z|x); the model's encoder when None.
        generator: Where the noise comes from; None means a fresh generator of seed 0.

    Returns:
        (K, B) nats.

    Raises:
        SettingError: If `samples` is out of its limits or x has the wrong shape.
    """
    check_number("samples", samples, low=1, high=10_000_000, integer=True)
    q = (proposal or model.encode)(x)
    if generator is None:
        generator = torch.Generator(device=x.device).manual_seed(0)
    widest = max(model.dimensions, model.latent_dim, *model.hidden)
    chunk = max(1, CHUNK_NUMBERS // max(1, len(x) * widest))
    parts = []
    for start in range(0, samples, chunk):
        # One draw at a time, so that the numbers depend neither on the chunks nor on K.
        z = torch.cat([q.sample(generator) for _ in range(min(chunk, samples - start))])
        # log w = log p(x|z) + log p(z) − log q(z|x)
        log_prior = -0.5 * (z**2 + LOG_TWO_PI).sum(-1)
        parts.append(model.decoder(z).log_prob(x) + log_prior - q.log_prob(z))
    return torch.cat(parts)


def importance_log_likelihood(
    model: VAE,
    x: Tensor,
    *,
    samples: int,
    proposal: Proposal | None = None,
    generator: torch.Generator | None = None,
) -> Estimate:
    """Return the importance-weighted bound L_K of log p(x) (Burda et al. 2016, eq. 8).

    One draw of L_K = log 1/K Σ_k w_k: in expectation a lower bound that rises with K. K = 1 is one
    draw of the ELBO.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        samples: K.
        proposal: x -> q(z|x), as one of `proposals`; the model's encoder when None.
        generator: Where the noise comes from; None means a fresh generator of seed 0.

    Returns:
        Values in nats, (B,), of kind "lower_bound". The error is the delta method's, Std(w)/(mean(w) √K):
        it describes the noise of this draw and not the distance from log p(x), and it is infinite for
        K = 1, where the spread of the weights is unknown.

    Raises:
        SettingError: If `samples` is out of its limits or x has the wrong shape.
    """
    log_w = log_weights(model, x, samples=samples, proposal=proposal, generator=generator)
    value = log_mean_exp(log_w)
    if samples == 1:
        return Estimate(value, torch.full_like(value, math.inf), "lower_bound")
    # Var log w̄ ≈ Var(w) / (K w̄²)
    error = torch.exp(log_w - value).std(0) / math.sqrt(samples)
    return Estimate(value, error, "lower_bound")
