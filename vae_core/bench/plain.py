"""The training loop that tutorials write, as the yardstick: nothing in it is tuned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from vae_core.rng import generator


class PlainVAE(nn.Module):
    """784-400-2-400-784 with ReLU, as in PyTorch's own example."""

    def __init__(self, dimensions: int, hidden: int, latent_dim: int, *, seed: int) -> None:
        """Make it with PyTorch's default initial weights, drawn from a seed."""
        super().__init__()
        self.fc1 = nn.Linear(dimensions, hidden)
        self.fc21 = nn.Linear(hidden, latent_dim)
        self.fc22 = nn.Linear(hidden, latent_dim)
        self.fc3 = nn.Linear(latent_dim, hidden)
        self.fc4 = nn.Linear(hidden, dimensions)
        source = generator(seed, "init")
        for layer in (self.fc1, self.fc21, self.fc22, self.fc3, self.fc4):
            nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=source)
            bound = layer.in_features**-0.5
            nn.init.uniform_(layer.bias, -bound, bound, generator=source)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return μ and log σ², (B, L) each."""
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def decode(self, z: Tensor) -> Tensor:
        """Return pixel probabilities, (B, D)."""
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))


def negative_elbo(model: PlainVAE, x: Tensor, noise: Tensor) -> Tensor:
    """Summed over the batch, as the example does."""
    mean, log_var = model.encode(x)
    probabilities = model.decode(mean + torch.exp(0.5 * log_var) * noise)
    bce = F.binary_cross_entropy(probabilities, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
    return bce + kl


def plain_steps(
    x: Tensor, *, hidden: int, latent_dim: int, batch_size: int, seed: int
) -> Iterator[tuple[PlainVAE, int]]:
    """Train for ever; yield the model and the number of finished epochs after each step.

    Args:
        x: Training images, (N, D).
        hidden: Width of the hidden layers.
        latent_dim: L.
        batch_size: B.
        seed: Of weights, order and noise.
    """
    model = PlainVAE(x.shape[1], hidden, latent_dim, seed=seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    loader = DataLoader(
        TensorDataset(x), batch_size=batch_size, shuffle=True, generator=generator(seed, "order")
    )
    source = generator(seed, "noise")
    for epoch in count():
        total = 0.0
        for i, (batch,) in enumerate(loader):
            optimiser.zero_grad()
            noise = torch.randn((len(batch), latent_dim), generator=source)
            loss = negative_elbo(model, batch, noise)
            loss.backward()
            total += loss.item()
            optimiser.step()
            yield model, epoch + (i == len(loader) - 1)
