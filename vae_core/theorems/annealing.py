"""Theorem 10: annealing holds log p(x) from both sides, on images that the model itself has drawn."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.estimators import anneal, linear_gaussian_log_likelihood, log_mean_exp
from vae_core.estimators.fits import LogJoint
from vae_core.estimators.scores import ImageScores
from vae_core.gaussians import DiagonalGaussian
from vae_core.theorems.bounds import log_joint
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Link, Side, Theorem

IMAGES = 32
CHAINS = 8
STEPS = 24
"""Temperatures between the wide q and p(z|x)."""
WIDER = 2.0
"""Than the encoder's: it is often too sure of its codes."""
TRIES = 256
"""Draws from the prior among which a likely code is looked for."""
CLIMBS = 20
STRIDES = (1.0, 0.25)
"""Of a random walk, in the wide q's σ, at both ends."""


class _Walk:
    """Metropolis moves along f_t = q(z)^{1 − t/T} p(x, z)^{t/T}, all chains of all images at once."""

    def __init__(self, case: Case, x: Tensor, q: DiagonalGaussian, source: torch.Generator) -> None:
        self.case, self.x, self.q, self.source = case, x, q, source
        self._seen: tuple[Tensor, Tensor, Tensor] | None = None

    def look(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return log q(z) and log p(x, z), (C, B) each."""
        if self._seen is None or self._seen[0] is not z:
            self._seen = (z, self.q.log_prob(z), log_joint(self.case, self.x, z))
        return self._seen[1], self._seen[2]

    def increment(self, t: int, z: Tensor) -> Tensor:
        """Return log f_t − log f_{t−1}."""
        log_q, log_p = self.look(z)
        return (log_p - log_q) / STEPS

    def move(self, t: int, z: Tensor) -> Tensor:
        """Move z so that f_t stays as it is."""
        own_q, own_p = self.look(z)
        noise = torch.randn(z.shape, generator=self.source, dtype=z.dtype)
        share = t / STEPS
        stride = STRIDES[0] ** (1.0 - share) * STRIDES[1] ** share
        proposed = z + stride * self.q.std * noise
        new_q, new_p = self.q.log_prob(proposed), log_joint(self.case, self.x, proposed)
        gain = (1.0 - share) * (new_q - own_q) + share * (new_p - own_p)
        taken = torch.rand(gain.shape, generator=self.source, dtype=z.dtype).log() < gain
        moved = torch.where(taken[..., None], proposed, z)
        self._seen = (moved, torch.where(taken, new_q, own_q), torch.where(taken, new_p, own_p))
        return moved


def _aimed(case: Case, x: Tensor, source: torch.Generator) -> DiagonalGaussian:
    """Return a wide q around a likely code of each image, found from x alone.

    Pure noise in an image leads the encoder astray, so the best of some draws is climbed from.
    """
    scores, target, rows = ImageScores(case.model, x), LogJoint(case.model, x), torch.arange(len(x))
    tries = torch.randn(TRIES, case.model.latent_dim, generator=source, dtype=torch.float64)
    log_p = scores.log_prob(scores.parameters_at(tries)) - 0.5 * tries.square().sum(1)
    starts = torch.stack([tries[log_p.argmax(1)], case.model.encode(x).mean])
    values = target.at(starts, rows)
    z, value = starts[values.argmax(0), rows], values.amax(0)
    # What the encoder says of the decoder's mean: about how wide p(z|x) is
    log_var = case.model.encode(case.model.decode(z).mean).log_var
    step = torch.ones_like(value)
    for _ in range(CLIMBS):
        # z + s σ² ∇ log p(x, z), s halved where that leads down
        slope = target.slopes(z[None], rows)[1][0]
        ahead = z + step[:, None] * log_var.exp() * slope
        there = target.at(ahead[None], rows)[0]
        better = there > value
        z, value = torch.where(better[:, None], ahead, z), torch.where(better, there, value)
        step = torch.where(better, 1.2 * step, 0.4 * step)
    return widened(DiagonalGaussian(z, log_var))


def widened(q: DiagonalGaussian) -> DiagonalGaussian:
    """Return q with a σ that is `WIDER` times as large."""
    return DiagonalGaussian(q.mean, q.log_var + 2.0 * math.log(WIDER))


def _sandwich(case: Case) -> tuple[Link, ...]:
    """Annealing forwards, log p(x) where it has a closed form, and annealing backwards."""
    source = case.noise("annealing")
    z = torch.randn(IMAGES, case.model.latent_dim, generator=source, dtype=torch.float64)
    x = case.model.decode(z).sample(source)
    wide = _aimed(case, x, source)
    walk = _Walk(case, x, wide, source)
    start = walk.q.sample(source, samples=CHAINS)
    up = anneal(start, STEPS, increment=walk.increment, move=walk.move)
    # z is an exact sample of p(z|x), as x was drawn from it
    end = z.expand(CHAINS, -1, -1)
    if case.recipe.walk_from == "nearby":
        end = widened(wide).sample(source, samples=CHAINS)
    end = walk.move(STEPS, end)
    down = anneal(end, STEPS, increment=walk.increment, move=walk.move, backward=True)
    # E w = p(x) forwards, E 1/w = 1/p(x) backwards
    values = [log_mean_exp(up), -log_mean_exp(-down)]
    sides = [
        Side("annealing, forwards,", float(values[0].mean()), _error(up), "Monte Carlo"),
        Side("annealing, backwards,", float(values[1].mean()), _error(-down), "Monte Carlo"),
    ]
    if case.linear:
        values.insert(1, linear_gaussian_log_likelihood(case.model, x).value)
        sides.insert(1, Side("log p(x)", float(values[1].mean()), 0.0, "exact"))
    # Of the same images, so that what differs between images is in neither
    errors = [float((high - low).std()) / math.sqrt(IMAGES) for low, high in pairwise(values)]
    return tuple(Link(*pair, error) for pair, error in zip(pairwise(sides), errors, strict=True))


def _error(log_w: Tensor) -> float:
    """Return the delta method's error of the mean over images of log-mean-exp over chains."""
    relative = torch.exp(log_w - log_mean_exp(log_w)).var(0) / len(log_w)
    return math.sqrt(float(relative.sum())) / log_w.shape[1]


SANDWICH = Theorem(
    number=10,
    title="Annealing from both sides",
    statement="Walked from a wide q to the posterior, annealing gives a lower bound of log p(x) in "
    "expectation. On images drawn from the model the posterior has an exact sample, and walked back from "
    "there it gives an upper bound.",
    formula="E log 1/C Σ w ≤ log p(x) ≤ E[−log 1/C Σ 1/w′]",
    source="Neal 2001; Grosse, Ghahramani & Adams 2015",
    relation="≤",
    assumptions=(),
    measure=_sandwich,
    exact=False,
    tolerance=0.0,
    most_error=0.5,
    break_it=lambda case: case.altered(walk_from="nearby"),
    breaks="The walk back begins at draws around a likely code, which are no samples of the posterior.",
)
