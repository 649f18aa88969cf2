"""Records of gaps as the diagnostics make them, without a model."""

import torch

from vae_core.diagnostics.bound_cost import BoundCost, Trained
from vae_core.diagnostics.gap_history import GapHistory
from vae_core.diagnostics.gap_set import CauseSet, GapSet
from vae_core.diagnostics.jensen import JensenPicture, jensen_picture
from vae_core.estimators import Estimate, Ladder, PosteriorGrid
from vae_core.rng import generator


def column(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def estimate(value: float, error: float = 0.0, kind: str = "exact") -> Estimate:
    return Estimate(column(value), column(error), kind)


def ladder(*values: float, error: float = 0.02) -> Ladder:
    samples = (1, 10, 100, 1000, 5000)[: len(values)]
    return Ladder(samples, tuple(estimate(v, error, "lower_bound") for v in values))


def picture(std: float, *, top: float = -150.0, kind: str = "exact", shape: float = 0.0) -> JensenPicture:
    """Log-normal weights; with a `shape`, their logs are as far from normal as an exponential's are."""
    noise = torch.randn(4000, generator=generator(0, "picture"), dtype=torch.float64)
    log_w = top - 0.5 * std**2 + std * noise - shape * noise.square()
    return jensen_picture(
        log_w,
        log_likelihood=estimate(top, 0.05, kind),
        elbo=estimate(float(log_w.mean()), 0.0, "lower_bound"),
    )


def gap_set(part: str, *gaps: float, kind: str = "exact") -> GapSet:
    zeros = torch.zeros(len(gaps), dtype=torch.float64)
    elbo = Estimate(zeros - 160, zeros, "lower_bound")
    exact = Estimate(torch.tensor(gaps, dtype=torch.float64) - 160, zeros, kind)
    return GapSet(part, torch.arange(len(gaps)) + 10, exact, elbo)


def causes(*parts: tuple[float, float, float]) -> CauseSet:
    table = torch.tensor(parts, dtype=torch.float64).reshape(-1, 3)
    rows = torch.arange(len(table)) + 100
    return CauseSet(rows, table.sum(1), table[:, 0], table[:, 1], table[:, 2])


def history(
    validation: tuple[float, ...],
    train: tuple[float, ...],
    *,
    error: float = 0.5,
    steps: tuple[int, ...] = (),
) -> GapHistory:
    """Gaps of each moment; log p(x) rises from −500 on both parts."""
    count = len(validation)
    top = torch.linspace(-500, -150, count, dtype=torch.float64) if count else column()
    errors = torch.full((count,), error, dtype=torch.float64)
    places = steps or (0, 1, 10, 100, 1000, 3000)[:count]
    return GapHistory(
        steps=torch.tensor(places, dtype=torch.int64),
        train_log_likelihood=top + 5,
        train_elbo=top + 5 - column(*train),
        train_gap_error=errors,
        validation_log_likelihood=top,
        validation_elbo=top - column(*validation),
        validation_gap_error=errors,
        images=200,
    )


def cost(
    *lost: float,
    error: float = 0.3,
    families: tuple[tuple[float, float], tuple[float, float]] | None = None,
    ending: str | None = "Finished.",
) -> BoundCost:
    """What the bound costs on validation images at each moment."""
    count = len(lost)
    top = torch.linspace(-500, -150, count, dtype=torch.float64) if count else column()
    errors = torch.full((count,), error, dtype=torch.float64)
    return BoundCost(
        steps=torch.tensor((0, 1, 10, 100, 1000)[:count], dtype=torch.int64),
        elbo=Trained("elbo", top + 4, top, top - 8),
        exact=Trained("exact", top + 6, top + column(*lost), None),
        train_cost_error=errors,
        validation_cost_error=errors,
        family_gap=families,
        images=100,
        ending=ending,
    )


def posterior(std: float = 0.5, mean: float = 1.0, dims: int = 1) -> PosteriorGrid:
    """A normal posterior on a grid of six standard deviations to each side."""
    axis = torch.linspace(mean - 6 * std, mean + 6 * std, 201, dtype=torch.float64)
    law = torch.distributions.Normal(column(mean), column(std)).log_prob(axis)
    joint = law if dims == 1 else law[:, None] + law
    return PosteriorGrid(
        (axis,) * dims, joint, (-150.0, 0.0), 0.0, column(*[mean] * dims), std**2 * torch.eye(dims).double()
    )
