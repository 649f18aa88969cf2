"""Which images each step sees, and which noise: two streams of a seed, alike for every model."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.rng import generator


class Batches:
    """An endless stream of batches: shuffled epochs laid end to end, so that all images count alike."""

    def __init__(self, x: Tensor, *, batch_size: int, latent_dim: int, seed: int) -> None:
        """Start at the first batch.

        Args:
            x: Training images, (N, D); never copied or written to.
            batch_size: B; at most N images are in a batch.
            latent_dim: L.
            seed: Of the order and of the noise.
        """
        self._x = x
        self.batch_size = min(batch_size, len(x))
        self._latent_dim = latent_dim
        self._order = generator(seed, "order")
        self._noise = generator(seed, "noise")
        self._queue = torch.empty(0, dtype=torch.int64)

    def next(self) -> tuple[Tensor, Tensor]:
        """Return the next images (B, D) and their noise ε (B, L)."""
        size = self.batch_size
        if len(self._queue) < size:
            fresh = torch.randperm(len(self._x), generator=self._order)
            self._queue = torch.cat((self._queue, fresh))
        rows, self._queue = self._queue[:size], self._queue[size:]
        noise = torch.randn((size, self._latent_dim), generator=self._noise)
        device = self._x.device
        return self._x.index_select(0, rows.to(device)), noise.to(device, self._x.dtype)

    def state(self) -> dict[str, Tensor]:
        """Return where the streams stand, to be saved."""
        return {
            "order": self._order.get_state(),
            "noise": self._noise.get_state(),
            "queue": self._queue.clone(),
        }

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved state.

        Raises:
            KeyError, TypeError, ValueError, RuntimeError: If it is none.
        """
        queue = state["queue"]
        if queue.dtype != torch.int64 or queue.ndim != 1:
            raise ValueError("the queue must hold whole numbers")
        if len(queue) and (int(queue.min()) < 0 or int(queue.max()) >= len(self._x)):
            raise ValueError("the queue names images that are not there")
        self._order.set_state(state["order"])
        self._noise.set_state(state["noise"])
        self._queue = queue.clone()
