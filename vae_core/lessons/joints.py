"""Chapter 2: the generative and the inference joint, and the KL between them that training lowers.

KL(q(x, z) ‖ p(x, z)) = −E_{p_D} L(x) − H(p_D)
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.data import KnownDistribution, known_distribution
from vae_core.diagnostics.known_rate import KnownRate, known_rate
from vae_core.lessons.joints_grid import (
    DATASET,
    LOW,
    JointGrid,
    joint_grid,
    log_mixture,
)
from vae_core.lessons.joints_training import Moment
from vae_core.lessons.lesson import Outcome, Step, Verdict, number_verdict
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.units import LOG_TWO_PI

DRAWS = 4000
PRIOR_NODES = 1001
"""Of the rule for p(x) = ∫ p(z) p(x|z) dz that a step uses."""
OWN_REACH, OWN_NODES = 9.0, 301
"""Of the rule for KL(q(z|x) ‖ p(z|x)) around q's own centre: standard deviations of q, nodes."""
SOME_MASS = 1e-10
"""Of all data: rarer values of x are left out of that rule."""
SAME = 0.01
"""Nats: two joints that are no further apart count as one."""
RISEN = 1.5
"""Times the least KL on the way: an end above that has risen again."""
TENTH = 0.1
WITHIN = 0.02
"""Nats: how far off an answer may be."""
STILL = 1e-3
"""Total variation: an edge that changed by less did not move."""
EDGES = ("p_D(x)", "q(z)", "p(x)", "p(z)")
PAIRS = ((0, 3), (0, 1), (2, 3))
"""The edges that each choice of the last exercise names."""


@dataclass(frozen=True, eq=False)
class JointsSeen:
    """The moments of a training, and the one that is shown.

    Attributes:
        moments: As many as are trained, the first one untrained.
        place: Of the one that is shown.
        complete: Whether the last one is the end of the training.
        grid: Both joints at the moment that is shown.
    """

    moments: tuple[Moment, ...]
    place: int
    complete: bool
    grid: JointGrid

    @property
    def shown(self) -> Moment:
        """The moment that is shown."""
        return self.moments[self.place]


def outcome(seen: JointsSeen) -> Outcome | None:
    """Say where the KL of the two joints ends."""
    if not seen.complete:
        return None
    every = [moment.parts.kl for moment in seen.moments]
    said = (
        f"KL(q ‖ p) was {every[0]:.2f} nats before training and is {every[-1]:.2f} after it, "
        f"with seed {seen.shown.snapshot.config.seed}."
    )
    if every[-1] < SAME:
        return Outcome(0, said)
    if every[-1] > RISEN * min(every):
        return Outcome(2, said)
    parts = seen.moments[-1].parts
    return Outcome(
        1,
        f"{said} {parts.of_data:.2f} of it stay because p(x) is not p_D(x), and {parts.codes_given_x:.2f} "
        "because q(z|x) is not p(z|x).",
    )


@torch.no_grad()
def steps(seen: JointsSeen) -> tuple[Step, ...]:
    """Return how the KL of the joints, the ELBO and the KLs of their edges hang together, at one moment."""
    model, known = seen.shown.model().double(), _known()
    rate = known_rate(model, known)
    of_data, given_x = _of_data(model, known), _given_x(model, seen.grid)
    kl, slack = seen.shown.parts.kl, 1e-4 + seen.shown.parts.error + 2.0 * rate.off
    sampled, error = _drawn(model, seen)
    other = joint_grid(model, z=_shifted(seen.grid.z))
    return (
        Step(
            "Definition of the KL",
            f"The mean of log q − log p over {DRAWS:,} pairs: x from the data, then z from q(z|x).",
            "1/N Σ_n log {inference: q(x_n, z_n)}/{generative: p(x_n, z_n)}",
            "{kl: KL(q(x, z) ‖ p(x, z))}",
            sampled,
            kl,
            4.0 * error + slack,
            kind="Monte Carlo",
        ),
        Step(
            "Product rule",
            "Both joints are products: the log of their ratio falls into H, a KL to the prior and a "
            "reconstruction.",
            "{kl: KL(q(x, z) ‖ p(x, z))}",
            "−{entropy: H(p_D)} + E KL(q(z|x) ‖ p(z)) − E log p(x|z) = −{elbo: E L(x)} − {entropy: H(p_D)}",
            kl,
            _from_elbo(rate, known),
            slack,
        ),
        Step(
            "Chain rule, x first",
            "p(x, z) = p(x) p(z|x): how well the model fits the data, and how well q fits the posterior.",
            "{kl: KL(q(x, z) ‖ p(x, z))}",
            "{marginal: KL(p_D(x) ‖ p(x))} + {conditional: E_{p_D} KL(q(z|x) ‖ p(z|x))}",
            kl,
            of_data + given_x,
            slack,
        ),
        Step(
            "Chain rule, z first",
            "q(x, z) = q(z) q(x|z): how well the codes fit the prior, and how well the decoder undoes the "
            "encoder.",
            "{kl: KL(q(x, z) ‖ p(x, z))}",
            "KL(q(z) ‖ p(z)) + E_{q(z)} KL(q(x|z) ‖ p(x|z))",
            kl,
            _z_first(other),
            slack,
        ),
        Step(
            "A KL is not negative",
            "Drop a part that cannot be below zero: an edge never differs more than the whole.",
            "{marginal: KL(p_D(x) ‖ p(x))}",
            "{kl: KL(q(x, z) ‖ p(x, z))}",
            of_data,
            kl,
            slack,
            relation="≤",
        ),
    )


def _known() -> KnownDistribution:
    known = known_distribution(DATASET)
    if known is None:
        refuse("dataset", "must have a known distribution", DATASET)
    return known


def _from_elbo(rate: KnownRate, known: KnownDistribution) -> float:
    # −E L − H, with L = −distortion − rate
    return rate.rate + rate.distortion - known.entropy


def _drawn(model: VAE, seen: JointsSeen) -> tuple[float, float]:
    """Return the mean of log q(x, z)/p(x, z) over pairs drawn from q, and its standard error."""
    source = generator(seen.shown.step, "pairs of x and z")
    cumulative = (seen.grid.log_data.exp() * seen.grid.dx).cumsum(0)
    # x by its distribution function, linear between the nodes
    u = torch.rand(DRAWS, generator=source, dtype=torch.float64) * cumulative[-1]
    place = torch.searchsorted(cumulative, u).clamp(1, len(cumulative) - 1)
    share = (u - cumulative[place - 1]) / (cumulative[place] - cumulative[place - 1])
    # the sum up to node i reaches half a step beyond it
    x = (LOW + (place - 0.5 + share) * seen.grid.dx)[:, None]
    q = model.encode(x)
    z = q.sample(source)[0]
    log_prior = -0.5 * (z.square() + LOG_TWO_PI).sum(1)
    ratio = log_mixture(x[:, 0]) + q.log_prob(z) - log_prior - model.decode(z).log_prob(x)
    return float(ratio.mean()), float(ratio.std()) / math.sqrt(DRAWS)


def _of_data(model: VAE, known: KnownDistribution) -> float:
    """Return KL(p_D ‖ p), with p(x) a mixture that has a Gaussian at every node along z."""
    z = torch.linspace(-8.0, 8.0, PRIOR_NODES, dtype=torch.float64)
    log_prior = -0.5 * (z.square() + LOG_TWO_PI)
    # p(x) = Σ_k p(z_k) p(x|z_k) Δz
    decoded = model.decode(z[:, None]).log_prob_per_dimension(known.x[:, None])[..., 0]
    log_model = torch.logsumexp(decoded + log_prior, 1) + math.log(float(z[1] - z[0]))
    return float(known.weight @ (log_mixture(known.x[:, 0]) - log_model))


def _given_x(model: VAE, grid: JointGrid) -> float:
    """Return E_{p_D} KL(q(z|x) ‖ p(z|x)), by a rule around each q(z|x)."""
    mass = grid.log_data.exp() * grid.dx
    rows = mass > SOME_MASS
    x, q = grid.x[rows, None], model.encode(grid.x[rows, None])
    # z = μ + σ t
    t = torch.linspace(-OWN_REACH, OWN_REACH, OWN_NODES, dtype=torch.float64)
    z, share = q.mean + q.std * t, torch.softmax(-0.5 * t.square(), 0)
    log_q = -0.5 * (t.square() + q.log_var + LOG_TWO_PI)
    likelihood = model.decode(z.reshape(-1, 1)).log_prob(x.repeat_interleave(OWN_NODES, 0))
    log_joint = likelihood.reshape(z.shape) - 0.5 * (z.square() + LOG_TWO_PI)
    # log p(z|x) = log p(x, z) − log p(x)
    inner = (log_q - log_joint + grid.log_model[rows, None]) @ share
    return float(mass[rows] @ inner)


def _shifted(z: Tensor) -> Tensor:
    """Return nodes half a step beside those of a grid."""
    return z + 0.5 * (z[1] - z[0])


def _z_first(grid: JointGrid) -> float:
    """Return KL(q(z) ‖ p(z)) + E_{q(z)} KL(q(x|z) ‖ p(x|z)), each part from its own densities."""
    log_codes = grid.log_codes
    of_codes = float((log_codes.exp() * (log_codes - grid.log_prior)).sum() * grid.dz)
    inside = (grid.log_q - log_codes).exp() * ((grid.log_q - log_codes) - (grid.log_p - grid.log_prior))
    # ∫ q(z) [∫ q(x|z) log q(x|z)/p(x|z) dx] dz
    each = inside.sum(0) * grid.dx
    return of_codes + float((log_codes.exp() * each).sum() * grid.dz)


def check_tenth(seen: JointsSeen, _answer: float) -> Verdict | None:
    """Whether the first recorded moment with less than a tenth of the first KL is shown."""
    if not seen.complete:
        return None
    least = TENTH * seen.moments[0].parts.kl
    below = [place for place, moment in enumerate(seen.moments) if moment.parts.kl < least]
    here = seen.shown.parts.kl
    if not below:
        return Verdict(False, "With this σ and seed the KL never falls so far: take a narrower σ.")
    if seen.place == below[0]:
        return Verdict(
            True,
            f"At step {seen.shown.step:,} the KL is {here:.2f} nats; at the recorded step before it was "
            f"{seen.moments[seen.place - 1].parts.kl:.2f}.",
        )
    if here >= least:
        return Verdict(False, f"The KL is {here:.2f} nats here, and a tenth of the first is {least:.2f}.")
    return Verdict(False, "It is below a tenth here, and was so at an earlier recorded moment.")


def check_ceiling(seen: JointsSeen, answer: float) -> Verdict:
    """Whether the answer is the highest mean ELBO that any encoder and decoder can have: −H."""
    parts = seen.shown.parts
    return number_verdict(
        float(answer),
        # E L = −KL − H is highest where the KL is 0
        parts.elbo + parts.kl,
        within=WITHIN,
        why="No KL is below zero, so the mean ELBO is never above −H, and it is −H where the joints are one.",
        hint="How low can the KL be? Put that into the second line of the formula.",
    )


def check_still(seen: JointsSeen, answer: float) -> Verdict | None:
    """Whether the answer names the two edges that did not move between the first moment and the last."""
    if not seen.complete:
        return None
    moved = moves(seen)
    pair = PAIRS[int(answer)]
    if all(moved[edge] < STILL for edge in pair):
        return Verdict(
            True,
            f"The data and the prior are given. q(z) moved by {100 * moved[1]:.0f} % of its mass, and p(x) "
            f"by {100 * moved[2]:.0f} %.",
        )
    return Verdict(False, "Move the slider from its first moment to its last, and watch one edge at a time.")


@torch.no_grad()
def moves(seen: JointsSeen) -> tuple[float, ...]:
    """Return by how much of its mass each edge moved from the first moment to the last, as in `EDGES`."""
    last = joint_grid(seen.moments[-1].model())
    first = joint_grid(seen.moments[0].model(), z=last.z)
    pairs = (
        (first.log_q, last.log_q, 1),
        (first.log_q, last.log_q, 0),
        (first.log_p, last.log_p, 1),
        (first.log_p, last.log_p, 0),
    )
    return tuple(_moved(one, other, along, last) for one, other, along in pairs)


def _moved(one: Tensor, other: Tensor, along: int, grid: JointGrid) -> float:
    """Return the total variation between two edges: ½ ∫ |difference|, after integrating over an axis."""
    difference = one.exp().sum(along) - other.exp().sum(along)
    return 0.5 * float(difference.abs().sum() * grid.dx * grid.dz)
