"""The tug of war in one image: what reconstruction and KL do to each latent code's mean and width.

Expectations under q are deterministic, so that forces are slopes of a plain function: a product of
Gauss-Hermite rules over one or two dimensions, a fixed low-discrepancy set over more. Everything is float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from vae_core.checks import check_choice, check_matrix, check_number, refuse
from vae_core.diagnostics.expectations import (
    FINE_ENOUGH_TO_DRAW,
    chunks,
    expected_log_prob,
    fine_rule,
    ladder,
)
from vae_core.divergences import standard_normal_kl
from vae_core.estimators.fits import Noise
from vae_core.estimators.scores import ImageScores
from vae_core.gaussians import DiagonalGaussian
from vae_core.models import VAE

Over = Literal["mean", "width"]
OVER: tuple[Over, ...] = ("mean", "width")
# Where the best is looked for at first: prior σ to each side, and powers of e around the prior's width.
MEANS, WIDTHS = 4.0, (-4.0, 1.0)
LOOKS = 33
# How often the interval around the best is halved.
HALVINGS = 8
# Of the finite differences that tell a peak's width, and the widest that is shown.
STEP, WIDEST = 1e-3, 2.0
# What a landscape shows beside the encoder's answer and the best: about 8 nats of a mean's ELBO.
STANDARD_DEVIATIONS, FACTOR = 4.0, 5.0


@dataclass(frozen=True, eq=False)
class Tug:
    """The two terms of one image's ELBO, and how each pulls at q; where q is best they cancel.

    Attributes:
        mean: μ of q, (L,), prior σ.
        std: σ of q, (L,), prior σ.
        reconstruction: E_q[log p(x|z)], nats.
        kl_per_dimension: KL(q_j ‖ p_j), (L,) nats.
        mean_force_reconstruction: ∂/∂μ_j E_q[log p(x|z)], (L,), nats per prior σ.
        mean_force_kl: ∂/∂μ_j of −KL, (L,), nats per prior σ.
        width_force_reconstruction: ∂/∂log σ_j E_q[log p(x|z)], (L,), nats per factor e.
        width_force_kl: ∂/∂log σ_j of −KL, (L,), nats per factor e.
        error: Nats by which another rule's reconstruction differs: a finer product, or another even set.
    """

    mean: Tensor
    std: Tensor
    reconstruction: float
    kl_per_dimension: Tensor
    mean_force_reconstruction: Tensor
    mean_force_kl: Tensor
    width_force_reconstruction: Tensor
    width_force_kl: Tensor
    error: float = 0.0

    @property
    def elbo(self) -> float:
        """Reconstruction less KL, nats."""
        return self.reconstruction - float(self.kl_per_dimension.sum())

    @property
    def mean_residual(self) -> Tensor:
        """∂ELBO/∂μ_j, (L,): what is left of the two forces."""
        return self.mean_force_reconstruction + self.mean_force_kl

    @property
    def width_residual(self) -> Tensor:
        """∂ELBO/∂log σ_j, (L,)."""
        return self.width_force_reconstruction + self.width_force_kl


@dataclass(frozen=True, eq=False)
class Landscape:
    """One image's ELBO as the mean or the width of one latent code moves, all else as the encoder says.

    Attributes:
        dimension: j, from 0.
        over: "mean" (μ_j moves) or "width" (σ_j does).
        values: What it moves over, increasing, (P,), prior σ; it holds `here` and `best`.
        reconstruction: E_q[log p(x|z)], (P,) nats.
        minus_kl: −KL(q ‖ p), (P,) nats, of all dimensions together.
        elbo: Their sum, (P,) nats.
        here: The encoder's answer.
        best: Where the ELBO is highest on this line.
    """

    dimension: int
    over: Over
    values: Tensor
    reconstruction: Tensor
    minus_kl: Tensor
    elbo: Tensor
    here: float
    best: float


def tug(model: VAE, x: Tensor, *, q: DiagonalGaussian | None = None) -> Tug:
    """Return how reconstruction and KL pull at q of one image.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        q: What is pulled at, (1, L); None means the encoder's.

    Raises:
        SettingError: If x is no single image, or q has another shape.
    """
    model, x, q = _checked(model, x, q)
    noise, error = fine_rule(ImageScores(model, x), q)
    mean, log_std = q.mean[0].clone().requires_grad_(True), (0.5 * q.log_var[0]).clone().requires_grad_(True)
    value, slopes = 0.0, [torch.zeros_like(mean), torch.zeros_like(mean)]
    for rows in chunks(noise, model.dimensions):
        with torch.enable_grad():
            # z = μ + σ ⊙ ε;  E_q[log p(x|z)] = Σ_s w_s log p(x|z_s)
            z = mean + torch.exp(log_std) * noise.points[rows]
            part = noise.weight[rows] @ model.decode(z).log_prob(x)
            found = torch.autograd.grad(part, (mean, log_std))
        value += float(part.detach())
        slopes = [slope + more for slope, more in zip(slopes, found, strict=True)]
    return Tug(
        mean=q.mean[0],
        std=q.std[0],
        reconstruction=value,
        kl_per_dimension=standard_normal_kl(q)[0],
        mean_force_reconstruction=slopes[0],
        # −KL_j = −½ (σ_j² + μ_j² − 1 − log σ_j²):  ∂/∂μ_j = −μ_j,  ∂/∂log σ_j = 1 − σ_j²
        mean_force_kl=-q.mean[0],
        width_force_reconstruction=slopes[1],
        width_force_kl=-torch.expm1(q.log_var[0]),
        error=error,
    )


@torch.no_grad()
def landscape(model: VAE, x: Tensor, *, dimension: int, over: Over, points: int = 81) -> Landscape:
    """Return one image's ELBO along the mean or the width of one latent code.

    The line is as long as is needed to see how the ELBO falls around the encoder's answer and the best; over
    widths it is logarithmic, and reaches the prior's. In one or two latent dimensions the ELBO at both of
    these places is right to about 0.003 nats; where q is far wider, it is rougher.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        dimension: j, from 0.
        over: "mean" or "width".
        points: P.

    Raises:
        SettingError: If x is no single image, or a setting breaks its rule.
    """
    model, x, q = _checked(model, x, None)
    j = int(check_number("dimension", dimension, low=0, high=model.latent_dim - 1, integer=True))
    check_choice("over", over, OVER)
    count = int(check_number("points", points, low=9, high=2000, integer=True))
    line = _Line(ImageScores(model, x), q, j, over)
    rules = ladder(model.latent_dim, j if over == "width" else None)
    for noise, finer in zip(rules, (*rules[1:], None), strict=True):
        best, spread = _highest(partial(line.elbo, noise=noise), line.searched())
        ends = torch.tensor([line.here, best], dtype=torch.float64)
        if finer is None or bool(
            ((line.elbo(ends, noise) - line.elbo(ends, finer)).abs() < FINE_ENOUGH_TO_DRAW).all()
        ):
            break
    places = _through(line.shown(best, spread, count), (best, line.here))
    reconstruction, minus_kl = line.terms(places, noise)
    values = places if over == "mean" else places.exp()
    here, best = (float(values[(places - place).abs().argmin()]) for place in (line.here, best))
    return Landscape(j, over, values, reconstruction, minus_kl, reconstruction + minus_kl, here, best)


@torch.no_grad()
def pixel_map(model: VAE, x: Tensor, *, q: DiagonalGaussian | None = None) -> Tensor:
    """Return E_q[log p(x_d|z)] of each pixel, (D,) nats; its sum is the reconstruction of `tug`.

    Args:
        model: Any VAE.
        x: The image, (1, D).
        q: As in `tug`.

    Raises:
        SettingError: If x is no single image, or q has another shape.
    """
    model, x, q = _checked(model, x, q)
    noise, _ = fine_rule(ImageScores(model, x), q)
    total = torch.zeros(model.dimensions, dtype=torch.float64)
    for rows in chunks(noise, model.dimensions):
        z = q.mean + q.std * noise.points[rows]
        # Σ_s w_s log p(x_d|z_s)
        total += noise.weight[rows] @ model.decode(z).log_prob_per_dimension(x)
    return total


def _checked(model: VAE, x: Tensor, q: DiagonalGaussian | None) -> tuple[VAE, Tensor, DiagonalGaussian]:
    """Return all three in float64, q the encoder's where none is given."""
    if len(check_matrix("x", x, columns=model.dimensions)) != 1:
        refuse("x", "must be one image", f"{len(x)} of them")
    exact, image = model.double().requires_grad_(False), x.detach().double()
    if q is None:
        return exact, image, exact.encode(image)
    shape = (1, model.latent_dim)
    if q.mean.shape != shape or q.log_var.shape != shape:
        refuse(
            "q",
            f"must have a mean and a log_var of shape {shape}",
            f"{[*q.mean.shape]} and {[*q.log_var.shape]}",
        )
    return exact, image, DiagonalGaussian(q.mean.detach().double(), q.log_var.detach().double())


@dataclass(frozen=True, eq=False)
class _Line:
    """Places of one latent code: μ_j, or log σ_j."""

    scores: ImageScores
    q: DiagonalGaussian
    dimension: int
    over: Over

    @property
    def here(self) -> float:
        """The encoder's answer."""
        where = self.q.mean if self.over == "mean" else 0.5 * self.q.log_var
        return float(where[0, self.dimension])

    def terms(self, places: Tensor, noise: Noise) -> tuple[Tensor, Tensor]:
        """Reconstruction and −KL at places (P,), (P,) nats each."""
        mean, log_var = (part.repeat(len(places), 1) for part in (self.q.mean, self.q.log_var))
        if self.over == "mean":
            mean[:, self.dimension] = places
        else:
            log_var[:, self.dimension] = 2.0 * places
        moved = DiagonalGaussian(mean, log_var)
        return expected_log_prob(self.scores, noise, moved), -standard_normal_kl(moved).sum(1)

    def elbo(self, places: Tensor, noise: Noise) -> Tensor:
        """(P,) nats."""
        return torch.stack(self.terms(places, noise)).sum(0)

    def searched(self) -> Tensor:
        """Where the best is looked for at first, (LOOKS,): around the prior, and the encoder's answer."""
        if self.over == "mean":
            reach = STANDARD_DEVIATIONS * float(self.q.std[0, self.dimension])
            low, high = min(-MEANS, self.here - reach), max(MEANS, self.here + reach)
        else:
            low, high = min(0.0, self.here) + WIDTHS[0], max(0.0, self.here) + WIDTHS[1]
        return torch.linspace(low, high, LOOKS, dtype=torch.float64)

    def shown(self, best: float, spread: float, count: int) -> Tensor:
        """Even places that show the ELBO's fall around here and the best, (P,)."""
        low, high = min(self.here, best), max(self.here, best)
        if self.over == "mean":
            low, high = low - STANDARD_DEVIATIONS * spread, high + STANDARD_DEVIATIONS * spread
        else:
            low, high = low - math.log(FACTOR), max(high + math.log(FACTOR), 0.25)
        return torch.linspace(low, high, count, dtype=torch.float64)


def _highest(height: Callable[[Tensor], Tensor], line: Tensor) -> tuple[float, float]:
    """Return where a function is highest, and 1/√−h″ there: how wide its peak is."""
    centre, half = float(line[height(line).argmax()]), float(line[1] - line[0])
    for _ in range(HALVINGS):
        half *= 0.5
        near = torch.tensor([centre - half, centre, centre + half], dtype=line.dtype)
        centre = float(near[height(near).argmax()])
    below, top, above = height(
        torch.tensor([centre - STEP, centre, centre + STEP], dtype=line.dtype)
    ).tolist()
    # h″ ≈ (h(a − s) − 2 h(a) + h(a + s))/s², and the top of the parabola through the three
    bend = 2.0 * top - below - above
    shift = 0.5 * STEP * (above - below) / bend if bend > 0.0 else 0.0
    return centre + min(max(shift, -half), half), STEP / max(bend, (STEP / WIDEST) ** 2) ** 0.5


def _through(line: Tensor, places: tuple[float, float]) -> Tensor:
    """Return a line whose nearest points are moved onto some places, in order."""
    free = torch.ones(len(line), dtype=torch.bool)
    moved = line.clone()
    for place in dict.fromkeys(places):
        distance = torch.where(free, (line - place).abs(), torch.inf)
        nearest = int(distance.argmin())
        moved[nearest], free[nearest] = place, False
    return moved.sort().values
