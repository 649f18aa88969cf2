"""The matrix products of a layer, forward and backward, in float32 or with operands rounded to bfloat16.

Nearly all of a step's time goes into five products of a few hundred rows and columns. Processors with
tile units (AMX) multiply bfloat16 numbers, of 8 significant bits, several times as fast. Weights,
moments, activations, codes, the KL and all sums stay in float32; only what goes into a large product is
rounded, and what comes out of it. That is noise far below a minibatch's.
"""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from vae_core.checks import refuse

PRECISIONS: tuple[str, ...] = ("float32", "bfloat16")
# Narrower layers are faster as they are.
LEAST_WIDTH = 64


@functools.cache
def fastest_precision() -> str:
    """Return the precision in which this machine's processor trains fastest."""
    return "bfloat16" if torch.cpu.get_capabilities().get("amx_bf16", False) else "float32"


def gradient_of(parameter: Tensor) -> Tensor:
    """Return the tensor that a parameter's gradient is written into.

    Raises:
        SettingError: If it has none.
    """
    if parameter.grad is None:
        refuse("model", "must have its parameters in a flat vector", "a parameter without a gradient")
    return parameter.grad


class Products:
    """The products of one layer at one step, in float32."""

    def __init__(self, layer: nn.Linear, x: Tensor) -> None:
        """Take a layer and what goes into it, (B, in)."""
        self._layer = layer
        self._x = x

    def forward(self) -> Tensor:
        """Return x Wᵀ + b, (B, out)."""
        return torch.addmm(self._layer.bias, self._x, self._layer.weight.t())

    def write_gradients(self, gradient: Tensor) -> None:
        """Write ∂W = gᵀ x/B and ∂b = Σ_b g/B for the gradient g of the batch's sum, (B, out)."""
        written = gradient_of(self._layer.weight)
        torch.addmm(written, gradient.t(), self._x, beta=0, alpha=1 / len(gradient), out=written)
        torch.mean(gradient, 0, out=gradient_of(self._layer.bias))

    def input_gradient(self, gradient: Tensor) -> Tensor:
        """Return ∂x = g W, (B, in)."""
        return gradient @ self._layer.weight


class RoundedProducts(Products):
    """The same with operands in bfloat16; what comes out is float32 again."""

    def __init__(self, layer: nn.Linear, x: Tensor) -> None:
        """Round x and the weights once for all three products."""
        super().__init__(layer, x)
        self._low_x = x.bfloat16()
        self._low_weight = layer.weight.bfloat16()
        self._low_gradient: Tensor | None = None

    def forward(self) -> Tensor:
        """Return x Wᵀ + b, (B, out)."""
        return torch.mm(self._low_x, self._low_weight.t()).float().add_(self._layer.bias)

    def write_gradients(self, gradient: Tensor) -> None:
        """Write ∂W = gᵀ x/B and ∂b = Σ_b g/B for the gradient g of the batch's sum, (B, out)."""
        self._low_gradient = gradient.bfloat16()
        mean_gradient = self._low_gradient / len(gradient)
        gradient_of(self._layer.weight).copy_(torch.mm(mean_gradient.t(), self._low_x))
        torch.mean(gradient, 0, out=gradient_of(self._layer.bias))

    def input_gradient(self, gradient: Tensor) -> Tensor:
        """Return ∂x = g W, (B, in); after `write_gradients` of the same g."""
        low = gradient.bfloat16() if self._low_gradient is None else self._low_gradient
        return torch.mm(low, self._low_weight).float()


def products(layer: nn.Linear, x: Tensor, precision: str) -> Products:
    """Return the products of a layer: rounded if asked for, and if both its sides are wide."""
    wide = min(layer.in_features, layer.out_features) >= LEAST_WIDTH
    return RoundedProducts(layer, x) if precision == "bfloat16" and wide else Products(layer, x)
