"""The activations on offer, and each one's derivative for the closed-form gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Activation:
    """An element-wise function and the way back through it.

    Attributes:
        name: As settings call it.
        apply: a -> h(a), any shape.
        backward: (gradient at h, a, h) -> gradient at a, same shapes.
        smooth: Whether all derivatives exist: quadrature over z needs that.
    """

    name: str
    apply: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]
    smooth: bool


_aten = torch.ops.aten

_ALL = (
    # h = tanh a, h' = 1 − h²
    Activation("tanh", torch.tanh, lambda g, a, h: _aten.tanh_backward(g, h), smooth=True),
    # h = log(1 + eᵃ), h' = sigmoid(a)
    Activation(
        "softplus",
        # PyTorch's own threshold of 20 makes a step of 2e-9, which is not smooth to quadrature.
        lambda a: F.softplus(a, threshold=40.0),
        lambda g, a, h: _aten.softplus_backward(g, a, 1.0, 40.0),
        smooth=True,
    ),
    # h = a sigmoid(a)
    Activation("silu", F.silu, lambda g, a, h: _aten.silu_backward(g, a), smooth=True),
    # h = a Φ(a), Φ the normal distribution function (the exact form)
    Activation("gelu", F.gelu, lambda g, a, h: _aten.gelu_backward(g, a), smooth=True),
    # h = a for a > 0, eᵃ − 1 below
    Activation("elu", F.elu, lambda g, a, h: _aten.elu_backward(g, 1.0, 1.0, 1.0, False, a), smooth=False),
    # h = max(a, 0)
    Activation("relu", torch.relu, lambda g, a, h: _aten.threshold_backward(g, h, 0), smooth=False),
)

_BY_NAME = {activation.name: activation for activation in _ALL}
ACTIVATIONS: tuple[str, ...] = tuple(_BY_NAME)


def activation_named(name: str) -> Activation:
    """Return an activation by its name, one of `ACTIVATIONS`."""
    return _BY_NAME[name]
