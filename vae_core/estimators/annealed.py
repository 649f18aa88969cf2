"""Annealed importance sampling: from the prior to the posterior in small steps (Neal 2001; Wu et al. 2017).

With f_t(z) = p(z) p(x|z)^β_t, z walks from p(z) to p(z|x) by Hamiltonian Monte Carlo, and gathers
log w = Σ_t (β_t − β_{t−1}) log p(x|z_{t−1}), with E w = p(x). Walked backwards from an exact posterior
sample, as there is for an x that the model itself has drawn, E 1/w = 1/p(x): log p(x) is held between two
sides, in expectation (Grosse et al. 2015).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.estimators.estimate import Estimate, log_mean_exp
from vae_core.estimators.fits import LogJoint
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

LEAPFROGS = 8
# The pilot aims at this share of accepted moves, with chains of its own.
ACCEPTED, PILOT_CHAINS = 0.7, 4
FIRST_STEP, SHORTEST, LONGEST = 0.3, 1e-4, 1.5
# How fast the pilot's log step follows.
GAIN = 0.5


def anneal(
    state: Tensor,
    temperatures: int,
    *,
    increment: Callable[[int, Tensor], Tensor],
    move: Callable[[int, Tensor], Tensor],
    backward: bool = False,
) -> Tensor:
    """Walk along a path of densities f_0 … f_T and return log w.

    Args:
        state: Samples from f_0, or from f_T backwards.
        temperatures: T.
        increment: (t, z) -> log f_t(z) − log f_{t−1}(z), for t from 1 to T.
        move: (t, z) -> z moved so that f_t stays as it is.
        backward: From f_T to f_0.

    Returns:
        log w = Σ_t log f_t(z)/f_{t−1}(z): E w = Z_T/Z_0 forwards, E 1/w = Z_0/Z_T backwards.
    """
    order = range(temperatures, 0, -1) if backward else range(1, temperatures + 1)
    total: Tensor | None = None
    for t in order:
        gained = increment(t, state)
        total = gained if total is None else total + gained
        if backward and t > 1:
            state = move(t - 1, state)
        elif not backward and t < temperatures:
            state = move(t, state)
    if total is None:
        return torch.zeros(0)
    return total


def schedule(temperatures: int) -> Tensor:
    """β_0 = 0 … β_T = 1, (T + 1,): an S-curve, slow at both ends (Wu et al. 2017)."""
    u = torch.sigmoid(torch.linspace(-4.0, 4.0, temperatures + 1, dtype=torch.float64))
    return (u - u[0]) / (u[-1] - u[0])


@torch.no_grad()
def annealed_log_likelihood(
    model: VAE,
    x: Tensor,
    *,
    chains: int,
    temperatures: int,
    generator: torch.Generator | None = None,
) -> Estimate:
    """Return log p(x) by annealed importance sampling, in float64.

    Args:
        model: Any VAE.
        x: Images, (B, D).
        chains: Walks per image.
        temperatures: T, steps of each walk.
        generator: Where the noise comes from; None means a fresh generator of seed 0.

    Returns:
        log 1/C Σ w, (B,) nats: in expectation a lower bound, which rises with both numbers. The error is the
        delta method's, infinite for one chain: the noise of this draw, and not the distance from log p(x).

    Raises:
        SettingError: If a setting or x breaks its rule.
    """
    _check(chains, temperatures)
    source = torch.Generator().manual_seed(0) if generator is None else generator
    walk = _Walk(model, x, temperatures, source)
    walk.tune()
    log_w = walk.forward(chains)
    return Estimate(log_mean_exp(log_w), _delta(log_w), "lower_bound")


@dataclass(frozen=True, eq=False)
class Sandwich:
    """log p(x) of images that the model drew, from both sides.

    Attributes:
        x: The images, (B, D).
        z: The codes they were drawn from: exact samples of p(z|x), (B, L).
        lower: By annealing forwards, (B,) nats.
        upper: By annealing backwards from z, (B,) nats.
    """

    x: Tensor
    z: Tensor
    lower: Estimate
    upper: Estimate


@torch.no_grad()
def bidirectional_log_likelihood(
    model: VAE,
    *,
    images: int,
    chains: int,
    temperatures: int,
    generator: torch.Generator | None = None,
) -> Sandwich:
    """Draw images from the model, and hold their log p(x) between two bounds (Grosse et al. 2015).

    Args:
        model: Any VAE.
        images: How many are drawn.
        chains: Walks per image and direction.
        temperatures: T, steps of each walk.
        generator: Where all noise comes from; None means a fresh generator of seed 0.

    Returns:
        Bounds that hold in expectation, and for such images only.

    Raises:
        SettingError: If a setting breaks its rule.
    """
    check_number("images", images, low=1, high=1_000_000, integer=True)
    _check(chains, temperatures)
    source = torch.Generator().manual_seed(0) if generator is None else generator
    exact = model.double()
    z = torch.randn(images, model.latent_dim, generator=source, dtype=torch.float64)
    x = exact.decode(z).sample(source)
    walk = _Walk(exact, x, temperatures, source)
    walk.tune()
    up, down = walk.forward(chains), walk.backward(z.expand(chains, -1, -1))
    # E 1/w = 1/p(x), so −log of the mean of 1/w lies above log p(x) in expectation.
    upper = Estimate(-log_mean_exp(-down), _delta(-down), "upper_bound")
    return Sandwich(x, z, Estimate(log_mean_exp(up), _delta(up), "lower_bound"), upper)


def _check(chains: int, temperatures: int) -> None:
    check_number("chains", chains, low=1, high=100_000, integer=True)
    check_number("temperatures", temperatures, low=1, high=1_000_000, integer=True)


def _delta(log_w: Tensor) -> Tensor:
    if len(log_w) == 1:
        return torch.full_like(log_w[0], math.inf)
    # Var log w̄ ≈ Var(w) / (C w̄²)
    return torch.exp(log_w - log_mean_exp(log_w)).std(0) / math.sqrt(len(log_w))


class _Walk:
    """Hamiltonian Monte Carlo along the path of some images, all chains at once."""

    def __init__(self, model: VAE, x: Tensor, temperatures: int, source: torch.Generator) -> None:
        self.target = LogJoint(model, x)
        self.images = torch.arange(len(x))
        self.dims, self.temperatures, self.source = model.latent_dim, temperatures, source
        self.betas = schedule(temperatures)
        self.steps = torch.full((temperatures + 1, len(x)), FIRST_STEP, dtype=torch.float64)
        self._pilot = False
        # Of the last state that was looked at: z, log p(x|z) and its gradient.
        self._seen: tuple[Tensor, Tensor, Tensor] | None = None

    def tune(self) -> None:
        """Find step sizes for every image and temperature by a pilot of its own chains, and freeze them."""
        self._pilot = True
        self.forward(PILOT_CHAINS)
        self._pilot = False

    def forward(self, chains: int) -> Tensor:
        """Return log w of walks from the prior, (C, B)."""
        shape = (chains, len(self.images), self.dims)
        z = torch.randn(shape, generator=self.source, dtype=torch.float64)
        return anneal(z, self.temperatures, increment=self._increment, move=self._move)

    def backward(self, z: Tensor) -> Tensor:
        """Return log w of walks from posterior samples z (C, B, L) to the prior."""
        z = self._move(self.temperatures, z)
        return anneal(z, self.temperatures, increment=self._increment, move=self._move, backward=True)

    def _increment(self, t: int, z: Tensor) -> Tensor:
        return (self.betas[t] - self.betas[t - 1]) * self._look(z)[0]

    def _look(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Return log p(x|z) (C, B) and its gradient (C, B, L)."""
        if self._seen is not None and self._seen[0] is z:
            return self._seen[1], self._seen[2]
        value, slope = self.target.slopes(z, self.images)
        value, slope = value + 0.5 * (z.square() + LOG_TWO_PI).sum(-1), slope + z
        self._seen = (z, value, slope)
        return value, slope

    def _move(self, t: int, z: Tensor) -> Tensor:
        beta = self.betas[t]
        value, slope = self._look(z)
        momentum = torch.randn(z.shape, generator=self.source, dtype=torch.float64)
        # The step is varied a little, against walks that return to where they began.
        vary = 0.8 + 0.4 * torch.rand(z.shape[:2], generator=self.source, dtype=torch.float64)
        step = (self.steps[t] * vary)[:, :, None]
        start = 0.5 * (z.square() + momentum.square()).sum(-1) - beta * value
        end, end_value, end_slope = z, value, slope
        # Leapfrogs for U(z) = ½ ‖z‖² − β log p(x|z)
        momentum = momentum + 0.5 * step * (beta * end_slope - end)
        for k in range(LEAPFROGS):
            end = end + step * momentum
            end_value, end_slope = self._look(end)
            momentum = momentum + (0.5 if k == LEAPFROGS - 1 else 1.0) * step * (beta * end_slope - end)
        energy = 0.5 * (end.square() + momentum.square()).sum(-1) - beta * end_value
        chance = torch.exp((start - energy).clamp(max=0.0)).nan_to_num(nan=0.0)
        taken = torch.rand(chance.shape, generator=self.source, dtype=torch.float64) < chance
        if self._pilot:
            grown = self.steps[t] * torch.exp(GAIN * (chance.mean(0) - ACCEPTED))
            self.steps[t + 1 :] = grown.clamp(SHORTEST, LONGEST)
        moved = torch.where(taken[:, :, None], end, z)
        self._seen = (
            moved,
            torch.where(taken, end_value, value),
            torch.where(taken[:, :, None], end_slope, slope),
        )
        return moved
