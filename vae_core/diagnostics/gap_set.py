"""The gap between log p(x) and the ELBO over a part of a data set."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.diagnostics.gap import GapDecomposition, gap_decomposition, quadrature_elbo
from vae_core.diagnostics.sliced import lattice_posteriors
from vae_core.estimators import Estimate
from vae_core.models import VAE
from vae_core.rng import generator

CAUSE_SLICE = 10
"""Images whose gap is split at once: about a second of work."""

ELBO_SLICE = 8
"""Images whose ELBO is measured at once."""

AT_ONCE = 250
"""Images whose log p(x) is summed over the same lattices."""

LATTICE_SLICES = 40
"""About so many slices of work are such sums."""

TOLERANCE = 1e-2
"""Nats, of an ELBO."""


@dataclass(frozen=True, eq=False)
class GapSet:
    """log p(x) and the encoder's ELBO of some images.

    Attributes:
        part: "train", "validation" or "test".
        rows: Which rows of the data set's `full` they are, (B,).
        log_likelihood: (B,) nats.
        elbo: (B,) nats.
    """

    part: str
    rows: Tensor
    log_likelihood: Estimate
    elbo: Estimate

    @property
    def total(self) -> Tensor:
        """The gaps, (B,) nats."""
        return self.log_likelihood.value - self.elbo.value


@dataclass(frozen=True, eq=False)
class CauseSet:
    """The causes of the gaps of some images.

    Attributes:
        rows: Which rows of the data set's `full` they are, (B,).
        total: (B,) nats, the sum of the three.
        amortization: (B,) nats.
        covariance: (B,) nats.
        family: (B,) nats.
    """

    rows: Tensor
    total: Tensor
    amortization: Tensor
    covariance: Tensor
    family: Tensor


def slices(images: int) -> int:
    """Return about how many slices of work `gap_set` takes."""
    return math.ceil(images / ELBO_SLICE) + LATTICE_SLICES * math.ceil(images / AT_ONCE)


def gap_set(model: VAE, x: Tensor, rows: Tensor, *, part: str) -> Generator[None, None, GapSet]:
    """Measure log p(x) and the ELBO of images.

    Args:
        model: A VAE of latent dimension 1 or 2, in float32.
        x: The data set's `full`, (N, D).
        rows: Which rows of it, (B,).
        part: "train", "validation" or "test".

    Yields:
        Nothing, after each slice of tenths of a second.

    Returns:
        The record. Each log p(x) is a sum over lattices, an estimate that is within 0.01 nats for nearly all
        images, and not bounded for the others (`quadrature_log_likelihood` is, and takes five times as long).

    Raises:
        SettingError: If the latent dimension is above 2, or x has the wrong shape.
    """
    if model.latent_dim > 2:
        refuse("model", "must have 1 or 2 latent dimensions for the gaps of many images", model.latent_dim)
    sums = []
    for some in rows.split(AT_ONCE):
        noise = generator(0, f"lattices of {part}")
        sums.append((yield from lattice_posteriors(model, x[some], source=noise)))
    bounds = []
    for some in rows.split(ELBO_SLICE):
        bounds.append(quadrature_elbo(model, x[some], tolerance=TOLERANCE))
        yield
    return GapSet(
        part,
        rows,
        Estimate(
            torch.cat([found.log_likelihood for found in sums]),
            torch.cat([found.error for found in sums]),
            "estimate",
        ),
        Estimate(
            torch.cat([bound.value for bound in bounds]),
            torch.cat([bound.error for bound in bounds]),
            "lower_bound",
        ),
    )


def gap_causes(model: VAE, x: Tensor, rows: Tensor, *, tolerance: float = 1e-2) -> Iterator[CauseSet]:
    """Split the gaps of images into their causes, slice after slice.

    Args:
        model: A VAE of latent dimension 1 or 2.
        x: The data set's `full`, (N, D).
        rows: Which rows of it, (B,).
        tolerance: Of quadrature, in nats.

    Yields:
        The record of all images measured so far.

    Raises:
        SettingError: If x has the wrong shape.
    """
    parts: list[GapDecomposition] = []
    for some in rows.split(CAUSE_SLICE):
        parts.append(gap_decomposition(model, x[some], tolerance=tolerance))
        done = torch.cat([part.total.value for part in parts])
        yield CauseSet(
            rows[: len(done)],
            done,
            torch.cat([part.amortization.value for part in parts]),
            torch.cat([part.covariance.value for part in parts]),
            torch.cat([part.family.value for part in parts]),
        )
