"""p(x|z): latent codes to the parameters of a likelihood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from vae_core.likelihoods import Bernoulli, ContinuousBernoulli, Gaussian, Likelihood
from vae_core.models.activations import activation_named


class Decoder(nn.Module):
    """An MLP from z to logits (Bernoulli families) or means (Gaussian); linear without hidden layers."""

    log_sigma: Tensor

    def __init__(
        self,
        latent_dim: int,
        hidden: Sequence[int],
        dimensions: int,
        activation: str,
        likelihood: str,
        sigma: float | Literal["learned"],
    ) -> None:
        """Make the layers; `VAE` draws their weights, from a seed and not from the global generator."""
        super().__init__()
        self.activation = activation_named(activation)
        self.likelihood = likelihood
        widths = [latent_dim, *hidden, dimensions]
        self.layers = nn.ModuleList(skip_init(nn.Linear, a, b) for a, b in pairwise(widths))
        if likelihood == "gaussian" and sigma == "learned":
            self.log_sigma = nn.Parameter(torch.zeros(()))
        elif likelihood == "gaussian":
            self.register_buffer("log_sigma", torch.tensor(math.log(float(sigma))))

    @property
    def linears(self) -> list[nn.Linear]:
        """The layers in order, the output layer last."""
        return [layer for layer in self.layers if isinstance(layer, nn.Linear)]

    def outputs(self, z: Tensor) -> Tensor:
        """Return logits or means, (..., D) for z (..., L)."""
        for layer in self.layers[:-1]:
            z = self.activation.apply(layer(z))
        return self.layers[-1](z)

    def forward(self, z: Tensor) -> Likelihood:
        """Decode z (..., L) to p(x|z)."""
        return self.likelihood_of(self.outputs(z))

    def likelihood_of(self, outputs: Tensor) -> Likelihood:
        """Return the likelihood that has these logits or means, (..., D)."""
        if self.likelihood == "bernoulli":
            return Bernoulli(outputs)
        if self.likelihood == "continuous-bernoulli":
            return ContinuousBernoulli(outputs)
        return Gaussian(outputs, torch.exp(self.log_sigma))
