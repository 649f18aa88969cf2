"""What a run has recorded: two curves of nats per image."""

from __future__ import annotations

import io
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Values at T recorded steps, in nats per image; each column is (T,), per dimension (T, L).

    A training row is the mean over one batch (noisy: one draw of z for each image); a validation row is the
    mean over the validation split, at most its first 2,000 images, with the same draws at every row.
    """

    step: Column
    seconds: Column
    reconstruction: Column
    kl: Column
    elbo: Column
    kl_per_dimension: Column
    beta: Column
    learning_rate: Column

    def __len__(self) -> int:
        """T, the number of recorded steps."""
        return len(self.step)


@dataclass(frozen=True)
class History:
    """The training and the validation curve of a run."""

    train: Curve
    validation: Curve

    def to_csv(self) -> str:
        """Return both curves as one table, with a column that says which split a row belongs to."""
        out = io.StringIO()
        names = [f.name for f in fields(Curve) if f.name != "kl_per_dimension"]
        latent_dim = self.train.kl_per_dimension.shape[1]
        header = ["split", *names, *(f"kl_{j + 1}" for j in range(latent_dim))]
        out.write(",".join(header) + "\n")
        for split, curve in (("train", self.train), ("validation", self.validation)):
            columns = np.column_stack([*(getattr(curve, name) for name in names), curve.kl_per_dimension])
            for row in columns:
                out.write(",".join([split, *(f"{value:.9g}" for value in row)]) + "\n")
        return out.getvalue()


class Recorder:
    """Rows as they come, and the curve that they make."""

    def __init__(self, latent_dim: int) -> None:
        """Start with no rows."""
        self._buffer = np.empty((64, 7 + latent_dim))
        self._count = 0

    def add(
        self,
        *,
        step: int,
        seconds: float,
        reconstruction: float,
        kl_per_dimension: list[float],
        beta: float,
        learning_rate: float,
    ) -> None:
        """Append one row."""
        if self._count == len(self._buffer):
            self._buffer = np.concatenate((self._buffer, np.empty_like(self._buffer)))
        kl = sum(kl_per_dimension)
        head = (step, seconds, reconstruction, kl, reconstruction - kl, beta, learning_rate)
        self._buffer[self._count] = (*head, *kl_per_dimension)
        self._count += 1

    def forget_after(self, step: int) -> None:
        """Drop the rows of later steps."""
        self._count = int(np.searchsorted(self._buffer[: self._count, 0], step, side="right"))

    def table(self) -> Column:
        """Return the rows so far, (T, 7 + L), in memory of their own."""
        return self._buffer[: self._count].copy()

    def restore(self, table: Column) -> None:
        """Go on from the rows of a `table`.

        Raises:
            ValueError: If its columns are others, or a number is none.
        """
        if not np.isfinite(table).all():
            raise ValueError("a history holds finite numbers")
        self._buffer = np.concatenate((table, np.empty((64, self._buffer.shape[1]))))
        self._count = len(table)

    def curve(self) -> Curve:
        """Return the rows so far, as columns."""
        table = self.table()
        step, seconds, reconstruction, kl, elbo, beta, rate = table[:, :7].T
        return Curve(step, seconds, reconstruction, kl, elbo, table[:, 7:], beta, rate)
