"""Exact log p(x) and ELBOs of a few hundred images, in slices that are short enough for a job of the engine.

For means over images: log p(x) is summed over an even lattice of codes, which takes a tenth of the time of
adaptive quadrature and gives an error that holds for means rather than for each single image.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.diagnostics.gap import quadrature_elbo
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE
from vae_core.training.lattice import F64, MOST_SEEN, Lattice, LatticeSum

# Nats by which log p(x) of an image may be off.
TOLERANCE = 1e-2
# Of the ELBO: only before training, where q is as wide as the prior, are its errors not far below this.
ELBO_TOLERANCE = 0.3
WIDEST, FIRST_RADIUS, LAST_RADIUS = 0.25, 6.0, 12.0
# Lattices are drawn finer for the images that need it, at most so often, and with at most so many codes.
LATTICES, MOST_CODES = 12, 400_000
# By these factors at the least and at the most.
FINER, FINEST = 0.9, 0.5
AT_THE_EDGE = 1e-3
# Images whose ELBO is measured at once, times nodes of its rule: tenths of a second.
ELBO_IMAGES = 8


@dataclass(frozen=True, eq=False)
class LatticePosteriors:
    """log p(x) of images, and the first moments of p(z|x), by sums over lattices.

    Attributes:
        log_likelihood: (B,) nats, float64.
        error: About how far off each may be, (B,) nats: not a bound.
        mean: E[z|x], (B, L).
        cov: Cov[z|x], (B, L, L).
        best: The likeliest code of those on the lattice, (B, L).
    """

    log_likelihood: Tensor
    error: Tensor
    mean: Tensor
    cov: Tensor
    best: Tensor


def lattice_posteriors(
    model: VAE, x: Tensor, *, source: torch.Generator
) -> Generator[None, None, LatticePosteriors]:
    """Sum p(x, z) over lattices that grow finer for the images that need it.

    Args:
        model: A VAE of latent dimension 1 or 2, in float32.
        x: Images, (B, D).
        source: Of the lattices' shifts and turns.

    Yields:
        Nothing, after each tenth of a second or so of work.

    Returns:
        What was found; where the error is above 0.01 nats, no finer lattice was allowed.
    """
    dims, rows = model.latent_dim, torch.arange(len(x))
    found = LatticePosteriors(
        torch.full((len(x),), -torch.inf, dtype=F64),
        torch.full((len(x),), torch.inf, dtype=F64),
        torch.zeros(len(x), dims, dtype=F64),
        torch.eye(dims, dtype=F64).repeat(len(x), 1, 1),
        torch.zeros(len(x), dims, dtype=F64),
    )
    spacing, radius = WIDEST, FIRST_RADIUS
    for _ in range(LATTICES):
        lattice = Lattice.drawn(dims, spacing, source)
        if len(rows) * lattice.expected_blocks(radius) > MOST_SEEN:
            break
        total = LatticeSum(model, x[rows], lattice, radius=radius)
        yield
        if total.codes > MOST_CODES:
            break
        top, best = x.new_zeros(len(rows)), x.new_zeros(len(rows), dims)
        for z, mass in total.chunks():
            highest, where = mass.max(1)
            best = torch.where((highest > top)[:, None], z[where], best)
            top = torch.maximum(top, highest)
            yield
        mean, cov = total.moments()
        for kept, fresh in (
            (found.log_likelihood, total.log_mass),
            (found.error, total.error),
            (found.mean, mean),
            (found.cov, cov),
            (found.best, best.double()),
        ):
            kept[rows] = fresh
        if total.edge > AT_THE_EDGE and radius < LAST_RADIUS:
            radius += 2.0
        else:
            short = total.error > TOLERANCE
            if not bool(short.any()):
                break
            rows, error = rows[short], float(total.error[short].median().clamp(max=0.5))
            # error = e^{−c/h²}: the h at which half of them are settled
            factor = math.sqrt(math.log(error) / math.log(TOLERANCE))
            spacing *= min(max(factor, FINEST), FINER)
    return found


def sliced_elbo(
    model: VAE, x: Tensor, *, q: DiagonalGaussian | FullGaussian | None = None
) -> Generator[None, None, Tensor]:
    """Measure the ELBO of q (the encoder's when None) on images x (B, D), a few at a time.

    Yields:
        Nothing, after each few images.

    Returns:
        (B,) nats, float64.
    """
    values = []
    for rows in torch.arange(len(x)).split(ELBO_IMAGES):
        own = None if q is None else FullGaussian(q.mean[rows], q.root[rows])
        values.append(quadrature_elbo(model, x[rows], q=own, tolerance=ELBO_TOLERANCE).value)
        yield
    return torch.cat(values)
