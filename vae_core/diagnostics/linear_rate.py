"""The exact rate-distortion curve of linear VAEs: reverse water-filling that stops at k components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_matrix, check_number, refuse
from vae_core.models.vae import MAX_LATENT_DIM, SIGMA_HIGH, SIGMA_LOW
from vae_core.units import LOG_TWO_PI

MOST_BETAS = 10_000


@dataclass(frozen=True, eq=False)
class LinearRate:
    """What the best linear VAE of each β reaches: a decoder W z + b, a Gaussian of fixed σ, a linear encoder.

    No linear VAE of these k and σ has both a lower rate and a lower distortion on the data that it was
    fitted to; on other data there is no such promise.

    Attributes:
        beta: Increasing, (P,).
        rate: Mean KL(q(z|x) ‖ p(z)), nats per image, (P,).
        distortion: −E_q log p(x|z), nats per image, (P,).
        kl: The rate's parts, one a component, nats per image, (P, k), or (P, D) where k is above D.
        eigenvalues: The k largest of the 1/n covariance of the data fitted to, (k,) or (D,).
        variance: σ².
        held_out: Whether rate and distortion are those on other data than the model was fitted to.
    """

    beta: Tensor
    rate: Tensor
    distortion: Tensor
    kl: Tensor
    eigenvalues: Tensor
    variance: float
    held_out: bool

    @property
    def elbo(self) -> Tensor:
        """Of β = 1, nats per image, (P,)."""
        return -(self.rate + self.distortion)


@torch.no_grad()
def linear_rate(
    x: Tensor, *, latent_dim: int, sigma: float, betas: Sequence[float], on: Tensor | None = None
) -> LinearRate:
    """Return the curve of the linear VAEs that are the best for x, in closed form and in float64.

    E_q log p(x|z) − β KL is, up to a factor β and a constant, the ELBO of a Gaussian of variance βσ². So the
    optimum is that of probabilistic PCA with the fixed noise variance s = βσ² (Tipping & Bishop 1999; Lucas
    et al. 2019): each of the k largest principal components is kept if its variance λ_i is above s.

    Args:
        x: The data fitted to, (N, D), N at least 2.
        latent_dim: k.
        sigma: Of the Gaussian, a fixed number.
        betas: Above 0; they are sorted.
        on: The data that the fitted models are measured on, (M, D); x where None.

    Raises:
        SettingError: If an argument breaks its rule.
    """
    k = int(check_number("latent_dim", latent_dim, low=1, high=MAX_LATENT_DIM, integer=True))
    variance = check_number("sigma", sigma, low=SIGMA_LOW, high=SIGMA_HIGH) ** 2
    if not 0 < len(betas) <= MOST_BETAS:
        refuse("betas", f"must be from 1 to {MOST_BETAS} numbers", f"{len(betas)} of them")
    checked = [check_number("beta", beta, low=0.0, high=1e6, open_low=True) for beta in betas]
    beta = torch.tensor(sorted(checked), dtype=torch.float64)
    fitted = check_matrix("x", x, columns=x.shape[-1]).double()
    if len(fitted) < 2:
        refuse("x", "must have at least 2 images", len(fitted))
    measured = fitted if on is None else check_matrix("on", on, columns=fitted.shape[1]).double()
    centre = fitted.mean(0)
    values, axes = torch.linalg.eigh(torch.cov(fitted.T, correction=0).reshape(fitted.shape[1], -1))
    kept = values.flip(0).clamp_min(0.0)[:k]
    # a_i = mean (u_iᵀ(x − b))² of what is measured: λ_i where that is the data fitted to
    along = ((measured - centre) @ axes.flip(1)).square().mean(0)
    level = beta[:, None] * variance
    # s/λ_i, the share of a component's variance that stays noise: 1 where the component is closed
    share = (level / kept.clamp_min(torch.finfo(torch.float64).tiny)).clamp_max(1.0)
    # E μ_i² = a_i (λ_i − s)/λ_i², with u_iᵀ(x − b) (λ_i − s)^½/λ_i the mean code
    power = torch.where(share < 1.0, along[: len(kept)] / kept * (1.0 - share), 0.0)
    # KL_i = ½ (s/λ_i + E μ_i² − 1 − log s/λ_i), which is ½ log⁺(λ_i/s) on the data fitted to
    kl = 0.5 * (share + power - 1.0 - torch.log(share))
    # E (u_iᵀ(x − W z − b))² = a_i (s/λ_i)² + (λ_i − s) s/λ_i, which is min(λ_i, s) on the data fitted to
    error = along[: len(kept)] * share.square() + kept * (1.0 - share) * share
    squares = error.sum(1) + along[len(kept) :].sum()
    # D = ½ [dim log 2πσ² + E ‖x − W z − b‖²/σ²]
    dimensions = fitted.shape[1]
    constant = 0.5 * dimensions * (LOG_TWO_PI + torch.log(torch.tensor(variance, dtype=torch.float64)))
    return LinearRate(
        beta=beta,
        rate=kl.sum(1),
        distortion=constant + 0.5 * squares / variance,
        kl=kl,
        eigenvalues=kept,
        variance=variance,
        held_out=on is not None,
    )
