"""Encoder, decoder and the VAE that joins them."""

from vae_core.gaussians import DiagonalGaussian
from vae_core.models.activations import ACTIVATIONS
from vae_core.models.vae import VAE

__all__ = ["ACTIVATIONS", "VAE", "DiagonalGaussian"]
