"""Small models that the theorems are tested on."""

import torch

from vae_core import VAE, load_dataset
from vae_core.rng import generator
from vae_core.theorems import Case, principal_model, theorems

BY_NUMBER = {theorem.number: theorem for theorem in theorems()}
PIXELS = (1, 4, 4)


def net(likelihood, *, latent_dim=2, image_shape=PIXELS, hidden=(12,), **settings):
    """A small model with an encoder that is too sure: gaps, and weights that differ."""
    model = VAE(image_shape, latent_dim=latent_dim, hidden=hidden, likelihood=likelihood, **settings)
    if hidden:
        with torch.no_grad():
            model.encoder.linears[-1].bias[latent_dim:] -= 1.5
            model.decoder.linears[-1].weight.mul_(1.5)
    return model


def pictures(support, *, rows=8, pixels=16):
    x = torch.rand((rows, pixels), generator=generator(5, "pictures"))
    return x.round() if support == "binary" else x


def made(name):
    """Cases by name."""
    if name == "linear":
        x = load_dataset("digits").train.x.double()
        model = principal_model(x, image_shape=(1, 8, 8), latent_dim=2)
        return Case(model, x[:8], "unit", dataset="digits", train=x)
    if name == "world":
        model = net("bernoulli", image_shape=(1, 3, 3), latent_dim=1)
        return Case(model, pictures("binary", rows=6, pixels=9), "binary")
    if name == "gaussian":
        return Case(net("gaussian", sigma=0.5), pictures("unit"), "unit")
    if name == "score":
        return Case(net("bernoulli"), pictures("unit"), "unit")
    if name == "deep":
        return Case(net("bernoulli", latent_dim=3), pictures("binary"), "binary")
    return Case(net("bernoulli"), pictures("binary"), "binary")


_cases = {}


def case(name):
    """A case by name; what was integrated for it is kept."""
    return _cases.setdefault(name, made(name))


def links(number, of):
    """Both sides as a theorem measures them."""
    with torch.no_grad():
        return BY_NUMBER[number].measure(of)
