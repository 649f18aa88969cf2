"""p_D of the finite world: of the 512 images, by their own weights or by those of the eight patterns."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.data import tiny_binary_distribution
from vae_core.data.tiny_binary import FLIP, PATTERN_NAMES, PIXELS, tiny_binary_patterns

SUM_WITHIN = 1e-9
"""How far the sum of probabilities may be from 1."""


def pattern_distribution(weights: Sequence[float]) -> Tensor:
    """Return p_D of `tiny-binary` with other weights of its eight patterns.

    Args:
        weights: Of the patterns in the order of `PATTERN_NAMES`; only their ratios count.

    Returns:
        Probabilities of the images in the order of `tiny_binary_distribution`, (512,) float64.

    Raises:
        SettingError: If there are not eight, one is negative, or all are 0.
    """
    if len(weights) != len(PATTERN_NAMES):
        refuse("weights", f"must be {len(PATTERN_NAMES)}, one for each pattern", len(weights))
    checked = [check_number("weights", value, low=0.0, high=1e6) for value in weights]
    if sum(checked) == 0.0:
        refuse("weights", "must not all be 0", "zeros")
    share = torch.tensor(checked, dtype=torch.float64) / sum(checked)
    states = tiny_binary_distribution()[0]
    flips = (states[:, None, :] != tiny_binary_patterns()[None, :, :]).double().sum(dim=2)  # (512, 8)
    # p_D(x) = Σ_k weight_k flip^m_k (1 − flip)^(9 − m_k), m_k the pixels in which x and pattern k differ
    return (FLIP**flips * (1.0 - FLIP) ** (PIXELS - flips)) @ share


def checked_distribution(p_data: Tensor | None) -> Tensor:
    """Return p_D over the 512 images, (512,) float64; the data set's own when None.

    Raises:
        SettingError: If it is no distribution over them.
    """
    own = tiny_binary_distribution()[1]
    if p_data is None:
        return own
    rule = f"must be {len(own)} probabilities with the sum 1"
    if not isinstance(p_data, Tensor) or p_data.shape != own.shape:
        refuse("p_data", rule, tuple(p_data.shape) if isinstance(p_data, Tensor) else type(p_data).__name__)
    p = p_data.detach().double()
    if not bool((p.isfinite() & (p >= 0.0)).all()):
        refuse("p_data", rule, "one that is negative or not finite")
    if abs(float(p.sum()) - 1.0) > SUM_WITHIN:
        refuse("p_data", rule, f"the sum {float(p.sum()):.12g}")
    return p


def entropy(p: Tensor) -> float:
    """H = −Σ p log p, nats."""
    return float(torch.special.entr(p).sum())
