"""Theorems 11 and 12: the linear VAE at its optimum is probabilistic PCA."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from vae_core.checks import check_matrix, refuse
from vae_core.divergences import standard_normal_kl
from vae_core.estimators import linear_gaussian_log_likelihood
from vae_core.models import VAE
from vae_core.theorems.assumptions import LINEAR_GAUSSIAN
from vae_core.theorems.case import Case
from vae_core.theorems.claim import Assumption, Link, Side, Theorem
from vae_core.theorems.mistakes import MISREAD_KL, with_misread_kl
from vae_core.units import LOG_TWO_PI

CONVERGED = 1e-3
"""Nats per image for a unit of any weight: the steepest that a slope may be."""
NEAR = 1e-2
"""Nats: what so small a slope may leave."""


@torch.no_grad()
def principal_model(
    x: Tensor,
    *,
    image_shape: Sequence[int],
    latent_dim: int,
    sigma: float | None = None,
    beta: float = 1.0,
    skipped: int = 0,
) -> VAE:
    """Return the linear VAE whose weights are probabilistic PCA's, in float64 (Tipping & Bishop 1999, eq. 7).

    Args:
        x: What it is fitted to, (N, D).
        image_shape: (C, H, W).
        latent_dim: k, below D.
        sigma: A fixed σ; None means the best one, learned.
        beta: Of the β-ELBO that it is the optimum of; 1 where σ is learned.
        skipped: Largest components that are left out: a saddle, and no optimum.

    Raises:
        SettingError: If k or β does not fit.
    """
    data = check_matrix("x", x, columns=math.prod(image_shape)).double()
    if latent_dim + skipped >= data.shape[1]:
        refuse("latent_dim", f"must be below {data.shape[1] - skipped}", latent_dim)
    if sigma is None and beta != 1.0:
        refuse("beta", "must be 1 where σ is learned", beta)
    values, axes = principal_components(data)
    kept = slice(skipped, skipped + latent_dim)
    rest = torch.cat([values[:skipped], values[skipped + latent_dim :]])
    variance = float(rest.mean()) if sigma is None else sigma**2
    model = VAE(
        image_shape,
        latent_dim=latent_dim,
        hidden=(),
        likelihood="gaussian",
        sigma="learned" if sigma is None else sigma,
    ).double()
    level = torch.tensor(beta * variance, dtype=torch.float64)
    # W = U (Λ − s)^½ with s = βσ², closed where λ ≤ s; q(z|x) = N((Λ − s)^½ Λ⁻¹ Uᵀ (x − b), s Λ⁻¹)
    scale = torch.maximum(values[kept], level)
    root = (scale - level).sqrt()
    decoder, encoder = model.decoder.linears[-1], model.encoder.linears[0]
    decoder.weight.copy_(axes[:, kept] * root)
    decoder.bias.copy_(data.mean(0))
    encoder.weight.copy_((axes[:, kept] * (root / scale)).T)
    encoder.bias.copy_(-(encoder.weight @ data.mean(0)))
    if model.encoder.constant_log_var is not None:
        model.encoder.constant_log_var.copy_((level / scale).log())
    model.decoder.log_sigma.fill_(0.5 * math.log(variance))
    return model.requires_grad_(False)


def principal_components(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return eigenvalues of the 1/n covariance, falling, (D,), and their axes, the columns of (D, D)."""
    values, axes = torch.linalg.eigh(torch.cov(x.T, correction=0).reshape(x.shape[1], -1))
    return values.flip(0).clamp_min(0.0), axes.flip(1)


def _steepest(case: Case) -> float:
    """Return the largest slope of the mean β-ELBO in any weight, on the images trained on."""
    if case.train is None:
        return math.inf
    model = copy.deepcopy(case.model).requires_grad_(True)
    with torch.enable_grad():
        q, w = model.encode(case.train), model.decoder.linears[-1].weight
        # E_q log p(x|z) = log p(x|μ) − Σ_j σ_j² ‖w_j‖²/2σ²
        spread = (q.std.square() @ w.square().sum(0)) * torch.exp(-2.0 * model.decoder.log_sigma)
        expected = model.decode(q.mean).log_prob(case.train) - 0.5 * spread
        objective = (expected - case.beta * standard_normal_kl(q).sum(1)).mean()
        slopes = torch.autograd.grad(objective, list(model.parameters()))
    return max(float(slope.abs().max()) for slope in slopes)


CONVERGED_HERE = Assumption(
    "converged",
    "The model must be trained to its end, on images that are at hand: no weight may still have a slope.",
    lambda case: _steepest(case) <= CONVERGED,
)
PLAIN = Assumption(
    "β = 1", "The model must have been trained with β = 1.", lambda case: math.isclose(case.beta, 1.0)
)


def _best_likelihood(case: Case) -> tuple[Link, ...]:
    """The mean log p(x) of the model, and the closed form of the best one's."""
    if case.train is None:
        return ()
    own = linear_gaussian_log_likelihood(case.model, case.train)
    values, _ = principal_components(case.train)
    k, dimensions = case.model.latent_dim, len(values)
    learned = case.model.sigma == "learned"
    level = values[k:].mean() if learned else torch.exp(2.0 * case.model.decoder.log_sigma)
    # The eigenvalues of W Wᵀ + σ² I
    fitted = torch.cat([torch.maximum(values[:k], level), level.expand(dimensions - k)])
    # −½ [D log 2π + Σ log l_i + Σ λ_i/l_i]
    best = -0.5 * float(dimensions * LOG_TWO_PI + fitted.log().sum() + (values / fitted).sum())
    left = Side("E log p(x)", float(own.value.mean()), float(own.error.mean()), "exact")
    return (Link.between(left, Side("−½ [D log 2π + Σ log l_i + Σ λ_i/l_i]", best, 0.0, "exact")),)


def _at_a_saddle(case: Case) -> Case:
    """Replace the model by one without the largest component: its slopes are 0 as well."""
    if case.train is None:
        return case
    learned = case.model.sigma == "learned"
    saddle = principal_model(
        case.train,
        image_shape=case.model.image_shape,
        latent_dim=case.model.latent_dim,
        sigma=None if learned else float(torch.exp(case.model.decoder.log_sigma)),
        skipped=1,
    )
    return replace(case, model=saddle)


OPTIMUM = Theorem(
    number=11,
    title="The linear VAE is probabilistic PCA",
    statement="Trained to its end, a linear VAE with a Gaussian decoder has the likelihood of "
    "probabilistic PCA on its training images, from any start: the ELBO adds no maxima of its own. l_i "
    "is λ_i for the k largest eigenvalues above σ², and σ² for the rest.",
    formula="E log p(x) = −½ [D log 2π + Σ log l_i + Σ λ_i/l_i]",
    source="Tipping & Bishop 1999, eq. 8; Lucas, Tucker, Grosse & Norouzi 2019, theorem 1",
    relation="=",
    assumptions=(LINEAR_GAUSSIAN, PLAIN, CONVERGED_HERE),
    measure=_best_likelihood,
    exact=True,
    tolerance=NEAR,
    most_error=NEAR,
    break_it=_at_a_saddle,
    breaks="The weights are those of a saddle, which leaves out the largest component: nothing has a "
    "slope there either, but training does not end there.",
)


def _active(case: Case) -> tuple[Link, ...]:
    """KL of each latent, the largest first, and ½ log⁺(λ_i/βσ²)."""
    if case.train is None:
        return ()
    kl = case.recipe.kl(case.model.encode(case.train)).mean(0).sort(descending=True).values
    values, _ = principal_components(case.train)
    level = case.beta * torch.exp(2.0 * case.model.decoder.log_sigma)
    # ½ log⁺(λ_i/βσ²)
    said = 0.5 * (values[: len(kl)].clamp_min(1e-300) / level).log().clamp_min(0.0)
    return tuple(
        Link(
            Side(f"KL_{i}", float(own), 0.0, "exact"),
            Side("½ log⁺(λ/βσ²)", float(other), 0.0, "exact"),
            0.0,
        )
        for i, (own, other) in enumerate(zip(kl, said, strict=True), start=1)
    )


ACTIVE = Theorem(
    number=12,
    title="A latent is active if its eigenvalue pays",
    statement="At the optimum of a linear VAE, latent i carries half the log of λ_i over βσ², and "
    "nothing where that is not above 1: collapse is a matter of σ² and β against the data's eigenvalues.",
    formula="KL_i = ½ log⁺(λ_i/βσ²)",
    source="Lucas, Tucker, Grosse & Norouzi 2019, section 4",
    relation="=",
    assumptions=(LINEAR_GAUSSIAN, CONVERGED_HERE),
    measure=_active,
    exact=True,
    tolerance=NEAR,
    most_error=NEAR,
    break_it=with_misread_kl,
    breaks=MISREAD_KL,
)
