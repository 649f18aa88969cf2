"""What one control of chapter 4 does to the terms of the objective, all else as it is set."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_core.checks import check_number
from vae_core.diagnostics.expectations import expected_log_prob, ladder
from vae_core.divergences import standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.lessons.objective import ImageBase, Setting, with_shift

REACH = 1.5
"""How far a shift goes to each side, prior σ."""
FACTORS = (0.125, 8.0)
COARSE, FINE, FACTORS_COARSE = 41, 9, 33
WIDE = 2.0
"""Times the encoder's σ: a wider q asks for a finer rule."""
SMALL = 64
"""Values of an image: so few are scored so fast that the finest rule is quick enough."""
ROUNDS = 2
"""How often the surroundings of the best are looked at more closely."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The terms along one control.

    Attributes:
        dimension: Whose shift moves, from 0; ``None`` where the factor on σ does.
        values: What it moves over, increasing, (P,): prior σ, or times the encoder's σ.
        reconstruction: (P,) nats.
        kl: (P,) nats.
    """

    dimension: int | None
    values: Tensor
    reconstruction: Tensor
    kl: Tensor

    def objective(self, beta: float = 1.0) -> Tensor:
        """Reconstruction less β KL, (P,) nats."""
        return self.reconstruction - beta * self.kl

    def best(self, beta: float = 1.0) -> float:
        """Where that is highest: the top of the parabola through the three highest neighbours."""
        heights = self.objective(beta)
        place = self.values.log() if self.dimension is None else self.values
        k = int(heights.argmax())
        if not 0 < k < len(heights) - 1:
            return float(self.values[k])
        (a, b, c), (low, top, high) = place[k - 1 : k + 2].tolist(), heights[k - 1 : k + 2].tolist()
        # The vertex of the parabola through three points
        left, right = (b - a) * (top - high), (b - c) * (top - low)
        vertex = b if left == right else b - 0.5 * ((b - a) * left - (b - c) * right) / (left - right)
        return math.exp(vertex) if self.dimension is None else vertex


@torch.no_grad()
def curve(
    base: ImageBase, setting: Setting, *, dimension: int | None, betas: Sequence[float] = (1.0,)
) -> Curve:
    """Return the terms along one control, denser around the encoder's q and the best places.

    Args:
        base: Of the image.
        setting: Of all other controls.
        dimension: Whose shift moves, from 0; ``None`` moves the factor on σ.
        betas: Weights on the KL whose best places are looked at closely.

    Raises:
        SettingError: If there is no such dimension.
    """
    if dimension is None:
        start = _even(math.log(FACTORS[0]), math.log(FACTORS[1]), FACTORS_COARSE).exp()
    else:
        check_number("dimension", dimension, low=0, high=base.model.latent_dim - 1, integer=True)
        reach = 4.0 * setting.factor * float(base.encoder.q.std[0, dimension])
        start = torch.cat([_even(-REACH, REACH, COARSE), _even(-reach, reach, FINE)]).clamp(-REACH, REACH)
    found = _measured(base, setting, dimension, start)
    for _ in range(ROUNDS):
        near = [_around(found, beta) for beta in betas]
        found = _joined(found, _measured(base, setting, dimension, torch.cat(near)))
    return found


def _even(low: float, high: float, count: int) -> Tensor:
    return torch.linspace(low, high, count, dtype=torch.float64)


def _around(found: Curve, beta: float) -> Tensor:
    """Return places between the best one and its neighbours."""
    k = int(found.objective(beta).argmax())
    values = found.values
    low, high = float(values[max(k - 1, 0)]), float(values[min(k + 1, len(values) - 1)])
    middle = float(values[k])
    return torch.tensor([0.5 * (low + middle), 0.5 * (middle + high)], dtype=torch.float64)


def _joined(one: Curve, other: Curve) -> Curve:
    values = torch.cat([one.values, other.values])
    order = values.argsort()
    keep = torch.cat([torch.tensor([True]), values[order].diff() > 1e-9])
    order = order[keep]
    return Curve(
        one.dimension,
        values[order],
        torch.cat([one.reconstruction, other.reconstruction])[order],
        torch.cat([one.kl, other.kl])[order],
    )


def _measured(base: ImageBase, setting: Setting, dimension: int | None, places: Tensor) -> Curve:
    places = places.unique()
    moved = [_at(setting, dimension, value).moved(base.encoder.q) for value in places.tolist()]
    q = DiagonalGaussian(torch.cat([one.mean for one in moved]), torch.cat([one.log_var for one in moved]))
    wide = q.log_var.sub(base.encoder.q.log_var).amax(1) > 2.0 * math.log(WIDE)
    reconstruction = torch.zeros(len(places), dtype=torch.float64)
    rules = ladder(base.model.latent_dim)
    quick, finer = (rules[-1], rules[-1]) if base.model.dimensions <= SMALL else rules[:2]
    for rows, rule in ((~wide, quick), (wide, finer)):
        if bool(rows.any()):
            part = DiagonalGaussian(q.mean[rows], q.log_var[rows])
            reconstruction[rows] = expected_log_prob(base.scores, rule, part)
    return Curve(dimension, places, reconstruction, standard_normal_kl(q).sum(1))


def _at(setting: Setting, dimension: int | None, value: float) -> Setting:
    if dimension is None:
        return replace(setting, factor=value)
    return replace(setting, shift=with_shift(setting.shift, dimension, value))
