"""Where importance samples are drawn from: the encoder, wider, the prior, or a q that was fitted."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.estimators.importance import Proposal
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE


def widened_encoder(model: VAE, factor: float = 2.0) -> Proposal:
    """Return the encoder with standard deviations `factor` times as large.

    Its weights have lighter tails: an encoder that is too narrow misses mass that no weight brings back.

    Raises:
        SettingError: If the factor is out of its limits.
    """
    check_number("factor", factor, low=0.1, high=100.0)

    def proposal(x: Tensor) -> DiagonalGaussian:
        q = model.encode(x)
        return DiagonalGaussian(q.mean, q.log_var + 2.0 * math.log(factor))

    return proposal


def prior_proposal(model: VAE) -> Proposal:
    """Return the prior N(0, I), whatever x is."""

    def proposal(x: Tensor) -> DiagonalGaussian:
        zeros = torch.zeros(len(x), model.latent_dim, dtype=x.dtype, device=x.device)
        return DiagonalGaussian(zeros, zeros)

    return proposal


def fitted_proposal(q: DiagonalGaussian | FullGaussian) -> Proposal:
    """Return a q that was fitted to the very images that it will be asked for, in their order."""

    def proposal(x: Tensor) -> DiagonalGaussian | FullGaussian:
        if len(x) != len(q.mean):
            refuse("x", f"must be the {len(q.mean)} images that q was fitted to", f"{len(x)} images")
        return q

    return proposal
