"""A pool of drawn ELBO terms, from which minibatch estimates of the objective are made again and again.

Var[1/N Σ_n (1/S Σ_s log p(x_n|z_ns) − KL_n)] = Var_x L(x)/N + E_x Var_z log p(x|z)/(N S)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.data import Dataset
from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator

IMAGES, CODES = 512, 64
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
DRAWS = (1, 2, 4, 8, 16)
REPEATS = 200
AT_ONCE = 8
"""Codes of each image between two looks at the clock."""


@dataclass(frozen=True, eq=False)
class ElboPool:
    """Terms of the ELBO of some images, with several codes each; nats per image.

    Attributes:
        log_prob: log p(x_n|z_np) of codes z_np from q(z|x_n), (P, M).
        kl: KL(q(z|x_n) ‖ p(z)), (M,).
        fresh: One more estimate of each image's ELBO, of one code that is in no pool, (M,).
    """

    log_prob: Tensor
    kl: Tensor
    fresh: Tensor

    @property
    def elbo(self) -> Tensor:
        """The mean over the pool's codes of each image, (M,)."""
        return self.log_prob.mean(0) - self.kl

    @property
    def mean(self) -> float:
        """The mean over images and codes."""
        return float(self.elbo.mean())

    @property
    def within(self) -> float:
        """E_x Var_z log p(x|z): how much the codes of one image differ."""
        return float(self.log_prob.var(0).mean())

    @property
    def between(self) -> float:
        """Var_x L(x): how much images differ, without what the codes add to it."""
        return max(0.0, float(self.elbo.var()) - self.within / len(self.log_prob))

    def error_bar(self, batch: float, draws: float) -> float:
        """Return the standard deviation that an estimate of N images with S codes each has, nats."""
        # √(Var_x/N + E Var_z/(N S))
        return math.sqrt((self.between + self.within / draws) / batch)


@torch.no_grad()
def sampling_pool(model: VAE, data: Dataset) -> Iterator[ElboPool | float]:
    """Draw codes and score them; yields how much is done, then the pool.

    Args:
        model: Any VAE.
        data: The training images that it was made for.
    """
    count = min(IMAGES, len(data.train.x))
    rows = torch.linspace(0, len(data.train.x) - 1, count).round().long()
    x = data.train.x[rows]
    q, source = model.encode(x), generator(0, "chapter 5, pool")
    parts: list[Tensor] = []
    for done in range(0, CODES, AT_ONCE):
        yield done / CODES
        parts += [model.decode(q.sample(source)[0]).log_prob(x) for _ in range(AT_ONCE)]
    fresh = elbo_terms(model, x, samples=1, generator=generator(0, "chapter 5, fresh")).elbo
    yield ElboPool(torch.stack(parts).double(), standard_normal_kl(q).sum(1).double(), fresh.double())


def repeated(pool: ElboPool, batch: int, draws: int, *, repeats: int = REPEATS) -> Tensor:
    """Estimate the objective again and again, each time from other images and other codes.

    Args:
        pool: Of P codes for each of M images.
        batch: N, images drawn with replacement.
        draws: S, codes of each, at most P.
        repeats: R.

    Returns:
        (R,) nats per image.
    """
    codes, images = pool.log_prob.shape
    source = generator(batch * 1000 + draws, "chapter 5, repeats")
    # 1/S Σ_s over S neighbours in a ring of P draws, for each place where they may begin
    ring = torch.cat([pool.log_prob, pool.log_prob[:draws]]).cumsum(0)
    ring = torch.cat([torch.zeros(1, images, dtype=ring.dtype), ring])
    means = (ring[draws : draws + codes] - ring[:codes]) / draws
    which = torch.randint(images, (repeats, batch), generator=source)
    start = torch.randint(codes, (repeats, batch), generator=source)
    return (means[start, which] - pool.kl[which]).mean(1)


def measured_bars(pool: ElboPool, draws: int) -> tuple[float, ...]:
    """Return the standard deviation of repeated estimates for each of `BATCHES`, nats."""
    return tuple(float(repeated(pool, batch, draws).std()) for batch in BATCHES)
