"""The variational autoencoder: an encoder, a prior N(0, I) and a decoder."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Literal, Self

import torch
from torch import Tensor, nn

from vae_core.checks import check_choice, check_matrix, check_number, refuse
from vae_core.gaussians import DiagonalGaussian
from vae_core.likelihoods import LIKELIHOODS, Likelihood
from vae_core.models.activations import ACTIVATIONS
from vae_core.models.decoder import Decoder
from vae_core.models.encoder import Encoder
from vae_core.rng import generator

MAX_LATENT_DIM = 32
MAX_LAYERS = 4
MAX_WIDTH = 1024
SIGMA_LOW, SIGMA_HIGH = 1e-4, 100.0
# With fewer latent dimensions than this, the decoder starts with larger weights on them.
BENT_DIMENSIONS = 8


class VAE(nn.Module):
    """A small VAE (Kingma & Welling 2014), with MLPs on both sides.

    Shapes: B images, D = C·H·W pixels, L latent dimensions. Everything is in nats per image.
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (1, 28, 28),
        *,
        latent_dim: int = 2,
        hidden: Sequence[int] | int = (400,),
        activation: str = "tanh",
        likelihood: str = "bernoulli",
        sigma: float | Literal["learned"] = 1.0,
        seed: int | None = 0,
    ) -> None:
        """Make a model with weights drawn from a seed.

        Args:
            image_shape: (C, H, W); vectors of D numbers are (1, 1, D).
            latent_dim: L, 1 to 32.
            hidden: Widths from x to z; the decoder mirrors them. Empty means the linear model: a linear
                decoder, and a linear encoder of constant variance.
            activation: One of `ACTIVATIONS`; "tanh", "softplus", "silu" and "gelu" are smooth.
            likelihood: One of `LIKELIHOODS`.
            sigma: Of the Gaussian: a fixed number, or "learned" (one for all pixels).
            seed: Of the initial weights; None leaves them undefined, to be loaded.

        Raises:
            SettingError: If a setting breaks its rule.
        """
        super().__init__()
        widths = (hidden,) if isinstance(hidden, int) else tuple(hidden)
        self.image_shape = check_image_shape(image_shape)
        self.latent_dim = int(
            check_number("latent_dim", latent_dim, low=1, high=MAX_LATENT_DIM, integer=True)
        )
        if len(widths) > MAX_LAYERS:
            refuse("hidden", f"must have at most {MAX_LAYERS} layers", widths)
        self.hidden = tuple(
            int(check_number("hidden", width, low=1, high=MAX_WIDTH, integer=True)) for width in widths
        )
        self.activation = check_choice("activation", activation, ACTIVATIONS)
        self.likelihood = check_choice("likelihood", likelihood, LIKELIHOODS)
        self.sigma: float | Literal["learned"] = check_sigma(sigma)
        dimensions = self.dimensions
        self.encoder = Encoder(dimensions, self.hidden, self.latent_dim, activation)
        self.decoder = Decoder(
            self.latent_dim, self.hidden[::-1], dimensions, activation, likelihood, self.sigma
        )
        if seed is not None:
            self._initialise(generator(seed, "init"))

    @property
    def dimensions(self) -> int:
        """D, the number of pixels times channels."""
        channels, height, width = self.image_shape
        return channels * height * width

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights, and of what goes in: float32, or float64 in a copy made by `double`."""
        return self.encoder.linears[0].weight.dtype

    def encode(self, x: Tensor) -> DiagonalGaussian:
        """Return q(z|x), with mean and log_var (B, L), for x (B, D)."""
        return self.encoder(check_matrix("x", x, columns=self.dimensions, dtype=self.dtype))

    def decode(self, z: Tensor) -> Likelihood:
        """Return p(x|z), whose `log_prob(x)` is (B,), for z (B, L)."""
        return self.decoder(check_matrix("z", z, columns=self.latent_dim, dtype=self.dtype))

    def double(self) -> Self:
        """Return a float64 copy, for evaluation; the model itself stays as it is."""
        return copy.deepcopy(self).to(torch.float64)

    @torch.no_grad()
    def _initialise(self, source: torch.Generator) -> None:
        """Draw weights from N(0, 1/fan-in) with biases zero, and bend the decoder over the prior."""
        for layer in (*self.encoder.linears, *self.decoder.linears):
            # Var w = 1/fan-in keeps the scale of activations (LeCun et al. 1998).
            layer.weight.normal_(0.0, layer.in_features**-0.5, generator=source)
            layer.bias.zero_()
        if self.hidden:
            # z has few dimensions and unit scale: without this, hidden units are almost linear where the
            # prior's mass lies, and training spends its first hundreds of steps on bending them.
            first = self.decoder.linears[0]
            first.weight.mul_(max(1.0, (BENT_DIMENSIONS / self.latent_dim) ** 0.5))
            first.bias.normal_(0.0, 1.0, generator=source)


def check_image_shape(image_shape: Sequence[int]) -> tuple[int, int, int]:
    """Return (C, H, W) with C·H·W at most 65,536.

    Raises:
        SettingError: If it is no such triple.
    """
    rule = "must be three whole numbers (channels, height, width) with a product of at most 65536"
    triple = tuple(image_shape)
    if len(triple) != 3 or any(not isinstance(n, int) or n < 1 for n in triple):
        refuse("image_shape", rule, triple)
    channels, height, width = triple
    if channels * height * width > 65536:
        refuse("image_shape", rule, triple)
    return channels, height, width


def check_sigma(sigma: object) -> float | Literal["learned"]:
    """Return σ of the Gaussian: a number, or "learned".

    Raises:
        SettingError: If it is neither.
    """
    if sigma == "learned":
        return "learned"
    if isinstance(sigma, str):
        refuse("sigma", f'must be "learned" or a number from {SIGMA_LOW:g} to {SIGMA_HIGH:g}', sigma)
    return check_number("sigma", sigma, low=SIGMA_LOW, high=SIGMA_HIGH)
