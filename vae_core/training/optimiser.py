"""Adam (Kingma & Ba 2015) over one flat vector of parameters."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.training.gradients import FlatParameters


class FlatAdam:
    """PyTorch's fused Adam, with all parameters as one tensor: one kernel a step."""

    def __init__(self, flat: FlatParameters) -> None:
        """Start with moments of zero."""
        self._flat = flat
        self._values = torch.nn.Parameter(flat.values, requires_grad=False)
        self._values.grad = flat.gradients
        # The second moment forgets in 100 steps rather than 1,000: runs of a few seconds need that.
        self._adam = torch.optim.Adam([self._values], lr=1e-3, betas=(0.9, 0.99), fused=True)

    def step(self, learning_rate: float) -> None:
        """Take one step down the gradient that stands in the flat vector."""
        self._adam.param_groups[0]["lr"] = learning_rate
        self._adam.step()

    def state(self) -> dict[str, Tensor]:
        """Return the moments and the step count, to be saved; empty before the first step."""
        return {name: value.clone() for name, value in self._adam.state.get(self._values, {}).items()}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from a saved state."""
        self._adam.state.clear()
        if state:
            self._adam.state[self._values] = {name: value.clone() for name, value in state.items()}
