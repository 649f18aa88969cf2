"""q(z|x): images to a diagonal Gaussian over latent codes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from vae_core.gaussians import DiagonalGaussian
from vae_core.models.activations import activation_named

# exp(½ · 20) = 22,026: a wider posterior has no meaning under a unit prior, and e^±20 stays finite.
LOG_VAR_LIMIT = 20.0


class Encoder(nn.Module):
    """An MLP from x to (μ, log σ²); without hidden layers μ is linear in x and σ is constant."""

    def __init__(self, dimensions: int, hidden: Sequence[int], latent_dim: int, activation: str) -> None:
        """Make the layers; `VAE` draws their weights, from a seed and not from the global generator."""
        super().__init__()
        self.latent_dim = latent_dim
        self.activation = activation_named(activation)
        widths = [dimensions, *hidden]
        outputs = 2 * latent_dim if hidden else latent_dim
        self.layers = nn.ModuleList(
            skip_init(nn.Linear, a, b) for a, b in zip(widths, [*hidden, outputs], strict=True)
        )
        self.constant_log_var = None if hidden else nn.Parameter(torch.zeros(latent_dim))

    @property
    def linears(self) -> list[nn.Linear]:
        """The layers in order, the output layer last."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def forward(self, x: Tensor) -> DiagonalGaussian:
        """Encode x (B, D) to q(z|x)."""
        for layer in self.layers[:-1]:
            x = self.activation.apply(layer(x))
        out = self.layers[-1](x)
        if self.constant_log_var is not None:
            log_var = self.constant_log_var.clamp(-LOG_VAR_LIMIT, LOG_VAR_LIMIT).expand_as(out)
            return DiagonalGaussian(out, log_var)
        mean, log_var = out.split(self.latent_dim, dim=1)
        return DiagonalGaussian(mean, log_var.clamp(-LOG_VAR_LIMIT, LOG_VAR_LIMIT))
