"""Dataset and Split: data that a VAE is trained on, with what must be known about them to be honest."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from vae_core.checks import check_number, refuse
from vae_core.data.arrays import (
    checked_class_names,
    checked_fractions,
    checked_grey_levels,
    checked_image_shape,
    checked_labels,
    checked_rows,
    checked_seed,
    checked_support,
)
from vae_core.data.split import split_rows


@dataclass(frozen=True, eq=False)
class Split:
    """Some rows of a data set. The tensors are shared by everybody: read them, never write into them.

    Attributes:
        x: The rows, (N, D) float32.
        labels: The class of each row, (N,) int64, or None.
        index: Which row of `Dataset.full` each row is, (N,) int64.
    """

    x: torch.Tensor
    labels: torch.Tensor | None
    index: torch.Tensor

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set and its split by a seed; made by `Dataset.from_arrays`.

    What is chosen, stopped or tuned looks at `validation`; `test` is looked at once.

    Attributes:
        name: Its name.
        image_shape: (C, H, W) with C·H·W = D; (1, 1, D) for data that are no images.
        support: Where x lives: "binary" {0, 1}^D, "unit" [0, 1]^D, or "real".
        full: All rows in their original order (for closed-form checks).
        train: What the model learns from.
        validation: What stopping, choosing and tuning look at.
        test: Looked at once, at the end.
        grey_levels: On "unit" support, how many equally spaced levels the pixels had, or None
            (256 levels: 0, 1/255, … 1).
        dequantised: Whether uniform noise fills each level: x = (integer + u)/grey_levels, u in [0, 1).
        class_names: The name of each label, or None.
        source: Where the data come from.
        licence: Under which licence they may be used.
        citation: How to cite them.
        split_seed: Seed of the split.
        fractions: Shares of train, validation and test.
        digest: SHA-256, in hex, over rows, labels, shape, support and split: all that a training run sees.
    """

    name: str
    image_shape: tuple[int, int, int]
    support: str
    full: Split = field(repr=False)
    train: Split = field(repr=False)
    validation: Split = field(repr=False)
    test: Split = field(repr=False)
    grey_levels: int | None
    class_names: tuple[str, ...] | None
    source: str
    licence: str
    citation: str
    split_seed: int
    fractions: tuple[float, float, float]
    digest: str
    dequantised: bool = False

    @classmethod
    def from_arrays(
        cls,
        x: Any,
        labels: Any = None,
        *,
        name: str,
        support: str,
        seed: int = 0,
        fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
        image_shape: tuple[int, int, int] | None = None,
        grey_levels: int | None = None,
        dequantised: bool = False,
        class_names: Sequence[str] | None = None,
        source: str = "",
        licence: str = "",
        citation: str = "",
    ) -> "Dataset":
        """Check the arrays, copy them once and split them.

        Args:
            x: Rows (N, D), or images (N, H, W) or (N, C, H, W); array, tensor or nested lists of numbers.
            labels: The class of each row, (N,) whole numbers from 0, or None.
            name: A name for the data set.
            support: "binary" (each value 0 or 1), "unit" (each in [0, 1]) or "real".
            seed: Seed of the split; where there are labels, each class is split in equal proportions.
            fractions: Shares of train, validation and test; positive, their sum is 1.
            image_shape: (C, H, W); by default that of x, or (1, 1, D) for flat rows.
            grey_levels: On "unit" support, how many equally spaced levels the pixels had, if that is known.
            dequantised: Whether x = (integer + u)/grey_levels, u in [0, 1), in place of the levels.
            class_names: The name of each label from 0 on.
            source: Where the data come from.
            licence: Under which licence they may be used.
            citation: How to cite them.

        Returns:
            The data set; its tensors are its own.

        Raises:
            SettingError: Where an argument breaks its rule, in one sentence.
        """
        if not isinstance(name, str) or not name.strip():
            refuse("name", "must be a text that is not empty", name)
        rows, found_shape = checked_rows(x)
        shape = checked_image_shape(image_shape, dimensions=rows.shape[1], found=found_shape)
        checked_support(rows, support)
        classes = checked_labels(labels, rows=len(rows))
        names = checked_class_names(class_names, classes)
        check_levels = _checked_filled_levels if dequantised else checked_grey_levels
        levels = check_levels(grey_levels, rows, support)
        shares = checked_fractions(fractions)
        split_seed = checked_seed(seed)
        parts = split_rows(len(rows), classes, fractions=shares, seed=split_seed)
        full = Split(rows, classes, torch.arange(len(rows)))
        train, validation, test = (_select(full, index) for index in parts)
        return cls(
            name=name,
            image_shape=shape,
            support=support,
            full=full,
            train=train,
            validation=validation,
            test=test,
            grey_levels=levels,
            class_names=names,
            source=source,
            licence=licence,
            citation=citation,
            split_seed=split_seed,
            fractions=shares,
            digest=_digest(full, parts, shape, f"{support} dequantised" if dequantised else support),
            dequantised=dequantised,
        )


def _select(full: Split, index: torch.Tensor) -> Split:
    """Pick rows of the full data, in the order of `index`."""
    return Split(full.x[index], None if full.labels is None else full.labels[index], index)


def _checked_filled_levels(grey_levels: int | None, x: torch.Tensor, support: str) -> int:
    """Check that x (N, D) lies in [0, 1), in levels that noise fills, and return how many there are."""
    if grey_levels is None:
        refuse("grey_levels", "must be given where the data are dequantised", grey_levels)
    if support != "unit":
        refuse("dequantised", "must be False unless the support is unit", f"support {support}")
    if float(x.max()) >= 1:
        refuse("x", "must be below 1 where the data are dequantised", float(x.max()))
    return int(check_number("grey_levels", grey_levels, low=2, high=65536, integer=True))


def _digest(
    full: Split, parts: tuple[torch.Tensor, ...], image_shape: tuple[int, int, int], kind: str
) -> str:
    """Hash all that a run sees of the data; the same on every machine (bytes are little-endian)."""
    shapes = [len(full), *image_shape, *(len(part) for part in parts), full.labels is not None]
    sha = hashlib.sha256(f"{kind} {shapes}".encode())
    sha.update(full.x.numpy().astype("<f4", copy=False).data)
    for whole in (full.labels, *parts):
        if whole is not None:
            sha.update(np.ascontiguousarray(whole.numpy(), dtype="<i8").data)
    return sha.hexdigest()
