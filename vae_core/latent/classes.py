"""Arithmetic with the mean codes of classes: 7 − 1 + 0, as a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """The mean of the encoder's means, of each class.

    Attributes:
        labels: The classes that occur, ascending, C of them.
        means: (C, L).
        counts: How many images each class has.
    """

    labels: tuple[int, ...]
    means: Tensor
    counts: tuple[int, ...]

    def of(self, label: int) -> Tensor:
        """Return the mean of a class, (L,).

        Raises:
            SettingError: If no image has that label.
        """
        if label not in self.labels:
            refuse("label", f"must be one of {', '.join(map(str, self.labels))}", label)
        return self.means[self.labels.index(label)]

    def sum(self, terms: Sequence[tuple[int, int]]) -> Tensor:
        """Return Σ ± class mean, (L,).

        Args:
            terms: (sign, label) of each, sign +1 or −1.

        Raises:
            SettingError: If there is no term, a sign is another number, or a label does not occur.
        """
        if not terms:
            refuse("terms", "must be one or more pairs (sign, label)", terms)
        total = torch.zeros_like(self.means[0])
        for sign, label in terms:
            if sign not in (1, -1):
                refuse("sign", "must be 1 or -1", sign)
            total = total + sign * self.of(label)
        return total


def class_means(mean: Tensor, labels: Tensor) -> ClassMeans:
    """Average the encoder's means over each class.

    Args:
        mean: μ of each image, (N, L).
        labels: Its class, (N,) whole numbers.

    Raises:
        SettingError: If there is no image, or the shapes don't fit.
    """
    rule = "must be whole numbers, one for each of the means"
    if mean.ndim != 2 or not len(mean) or labels.shape != mean.shape[:1] or labels.is_floating_point():
        refuse("labels", rule, f"{labels.dtype} of shape {tuple(labels.shape)} for {tuple(mean.shape)}")
    found, place, counts = torch.unique(labels, return_inverse=True, return_counts=True)
    sums = torch.zeros(len(found), mean.shape[1], dtype=torch.float64)
    sums.index_add_(0, place, mean.detach().double())
    means = (sums / counts[:, None]).to(mean.dtype)
    return ClassMeans(tuple(found.tolist()), means, tuple(counts.tolist()))
