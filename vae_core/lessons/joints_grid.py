"""Both joints of a model of one number and one code on a grid: their densities, edges and KL divergences.

Generative p(x, z) = p(z) p(x|z), inference q(x, z) = p_D(x) q(z|x), with p_D the known mixture on the line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.data import known_distribution
from vae_core.data.toys import MIXTURE_1D, MIXTURE_MEANS, MIXTURE_STDS, MIXTURE_WEIGHTS
from vae_core.divergences import standard_normal_kl
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI

DATASET = MIXTURE_1D.name
LOW, HIGH = -8.6, 8.1
"""Of x: seven of the mixture's widest σ beyond its outer means."""
NODES = 336
"""Steps along x; along z they are so many that the narrowest q(z|x) is met."""
PRIOR_REACH = 6.5
WIDEST, MOST = 0.04, 1600
"""Of a step along z, prior σ; and how many steps at most."""
STEP_SHARE = 0.5
"""A step along z is at most so much of the narrowest q(z|x) that carries mass."""
CARRIES = 1e-6
"""Of all data: values of x that are rarer do not count for the extent of z."""


@dataclass(frozen=True, eq=False)
class JointGrid:
    """Both joints on a grid, in float64.

    Attributes:
        x: (N + 1,), in the data's own unit.
        z: (M + 1,), prior σ.
        log_q: log q(x, z), (N + 1, M + 1).
        log_p: log p(x, z), (N + 1, M + 1).
        log_data: log p_D(x), (N + 1,).
        log_prior: log p(z), (M + 1,).
        prior_kl: KL(q(z|x) ‖ p(z)) in closed form, (N + 1,).
    """

    x: Tensor
    z: Tensor
    log_q: Tensor
    log_p: Tensor
    log_data: Tensor
    log_prior: Tensor
    prior_kl: Tensor

    @property
    def dx(self) -> float:
        """The step along x."""
        return float(self.x[1] - self.x[0])

    @property
    def dz(self) -> float:
        """The step along z."""
        return float(self.z[1] - self.z[0])

    @property
    def log_codes(self) -> Tensor:
        """log q(z) = log ∫ q(x, z) dx, (M + 1,)."""
        return torch.logsumexp(self.log_q, 0) + math.log(self.dx)

    @property
    def log_model(self) -> Tensor:
        """log p(x) = log ∫ p(x, z) dz, (N + 1,)."""
        return torch.logsumexp(self.log_p, 1) + math.log(self.dz)

    def every_second(self) -> JointGrid:
        """Return the grid of half as many steps along both axes."""
        return JointGrid(
            self.x[::2],
            self.z[::2],
            self.log_q[::2, ::2],
            self.log_p[::2, ::2],
            self.log_data[::2],
            self.log_prior[::2],
            self.prior_kl[::2],
        )


@dataclass(frozen=True)
class JointKl:
    """KL(q(x, z) ‖ p(x, z)) and its parts in both orders, in nats per image.

    Attributes:
        kl: The whole, summed over the grid.
        error: How far the sum over half as fine a grid lies off.
        of_data: KL(p_D(x) ‖ p(x)).
        codes_given_x: E_{p_D} KL(q(z|x) ‖ p(z|x)).
        of_codes: KL(q(z) ‖ p(z)).
        x_given_codes: E_{q(z)} KL(q(x|z) ‖ p(x|z)).
        elbo: E_{p_D} L(x), from the reconstruction and the closed form of KL(q(z|x) ‖ p(z)).
    """

    kl: float
    error: float
    of_data: float
    codes_given_x: float
    of_codes: float
    x_given_codes: float
    elbo: float


def unfit(*, dataset: str, likelihood: str, latent_dim: int) -> str:
    """Say why a model has no joints of one number and one code that are known; "" where it has."""
    if dataset == DATASET and likelihood == "gaussian" and latent_dim == 1:
        return ""
    return (
        "On paper a joint has two axes: this chapter needs one number x and one code z, and the current "
        "model has more, or other data."
        if dataset != DATASET or latent_dim != 1
        else "This chapter needs a Gaussian decoder."
    )


def log_mixture(x: Tensor) -> Tensor:
    """Return log p_D(x) of the mixture at values x (...), nats."""
    weight, mean, std = (
        torch.tensor(part, dtype=torch.float64) for part in (MIXTURE_WEIGHTS, MIXTURE_MEANS, MIXTURE_STDS)
    )
    # log Σ_k weight_k N(x; mean_k, std_k²)
    scaled = (x[..., None] - mean) / std
    return torch.logsumexp(weight.log() - std.log() - 0.5 * (scaled.square() + LOG_TWO_PI), -1)


def data_entropy() -> float:
    """Return H(p_D) of the mixture, nats; a differential entropy, so it depends on the unit of x.

    Raises:
        SettingError: If the mixture is not known, which is a mistake of ours.
    """
    known = known_distribution(DATASET)
    if known is None:
        refuse("dataset", "must have a known distribution", DATASET)
    return known.entropy


@torch.no_grad()
def joint_grid(model: VAE, *, z: Tensor | None = None) -> JointGrid:
    """Put both joints of a model on a grid.

    Args:
        model: Of one number and one code, Gaussian.
        z: The nodes along z; chosen by the model's own codes when None.

    Raises:
        SettingError: If the model has other dimensions.
    """
    if model.dimensions != 1 or model.latent_dim != 1:
        refuse("model", "must have one pixel and one latent dimension", (model.dimensions, model.latent_dim))
    model = model.double()
    x = torch.linspace(LOW, HIGH, NODES + 1, dtype=torch.float64)
    log_data, q = log_mixture(x), model.encode(x[:, None])
    if z is None:
        z = _codes(q.mean[:, 0], q.std[:, 0], log_data.exp() * (x[1] - x[0]))
    # log q(x, z) = log p_D(x) + log q(z|x)
    scaled = (z - q.mean).square() * torch.exp(-q.log_var)
    log_q = log_data[:, None] - 0.5 * (scaled + q.log_var + LOG_TWO_PI)
    # log p(x, z) = log p(z) + log p(x|z)
    log_prior = -0.5 * (z.square() + LOG_TWO_PI)
    likelihood = model.decode(z[:, None]).log_prob_per_dimension(x[:, None, None])[..., 0]
    prior_kl = standard_normal_kl(q)[:, 0]
    return JointGrid(x, z, log_q, log_prior + likelihood, log_data, log_prior, prior_kl)


def _codes(mean: Tensor, std: Tensor, mass: Tensor) -> Tensor:
    """Return nodes along z that reach over all of q(z) and p(z), and meet the narrowest q(z|x)."""
    carries = mass > CARRIES * mass.sum()
    reach = max(PRIOR_REACH, float((mean.abs() + PRIOR_REACH * std)[carries].max()))
    step = min(WIDEST, STEP_SHARE * float(std[carries].min()))
    half = min(MOST // 2, math.ceil(reach / step))
    half += half % 2
    return torch.linspace(-reach, reach, 2 * half + 1, dtype=torch.float64)


def joint_kl(grid: JointGrid) -> JointKl:
    """Return KL(q ‖ p) of a grid and its parts, each from its own definition."""
    whole = _summed(grid)
    area, log_model, log_codes = grid.dx * grid.dz, grid.log_model, grid.log_codes
    mass = grid.log_q.exp() * area
    data, codes = grid.log_data.exp() * grid.dx, log_codes.exp() * grid.dz
    # E_{p_D} ∫ q(z|x) [log q(z|x) − log p(z|x)] dz
    inner = (grid.log_q - grid.log_data[:, None]) - (grid.log_p - log_model[:, None])
    # E_{q(z)} ∫ q(x|z) [log q(x|z) − log p(x|z)] dx, p(x|z) = p(x, z)/p(z)
    other = (grid.log_q - log_codes) - (grid.log_p - grid.log_prior)
    return JointKl(
        whole,
        abs(whole - _summed(grid.every_second())),
        float((data * (grid.log_data - log_model)).sum()),
        float((mass * inner).sum()),
        float((codes * (log_codes - grid.log_prior)).sum()),
        float((mass * other).sum()),
        # E_{p_D} [E_q log p(x|z) − KL(q(z|x) ‖ p(z))]
        float((mass * (grid.log_p - grid.log_prior)).sum() - data @ grid.prior_kl),
    )


def _summed(grid: JointGrid) -> float:
    # KL(q ‖ p) = ∫∫ q(x, z) [log q(x, z) − log p(x, z)] dx dz
    return float((grid.log_q.exp() * (grid.log_q - grid.log_p)).sum() * grid.dx * grid.dz)
