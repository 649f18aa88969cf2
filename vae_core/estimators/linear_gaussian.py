"""The exact log p(x) of a model whose decoder is linear and Gaussian: probabilistic PCA's closed form."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.checks import check_matrix, refuse
from vae_core.estimators.estimate import Estimate
from vae_core.models import VAE
from vae_core.units import LOG_TWO_PI


@torch.no_grad()
def linear_gaussian_log_likelihood(model: VAE, x: Tensor) -> Estimate:
    """Return log p(x) = log N(x; b, W Wᵀ + σ² I), computed in float64 (Tipping & Bishop 1999, eq. 4).

    The encoder plays no part in it. For these weights it is exact; it is no truth about the data.

    Args:
        model: A VAE without hidden layers and with a Gaussian likelihood: x = W z + b + σ u.
        x: Images, (B, D).

    Returns:
        Values in nats, (B,) float64, of kind "exact"; the error is an estimate of what rounding can do.

    Raises:
        SettingError: If the decoder is not linear and Gaussian, or x has the wrong shape.
    """
    if model.likelihood != "gaussian" or model.hidden:
        rule = "must have a linear Gaussian decoder (no hidden layers, Gaussian likelihood)"
        refuse("model", rule, f"hidden layers {model.hidden} and likelihood {model.likelihood}")
    check_matrix("x", x, columns=model.dimensions)
    output = model.decoder.linears[-1]
    w, b = output.weight.double(), output.bias.double()
    dimensions, latent_dim = w.shape
    variance = torch.exp(2.0 * model.decoder.log_sigma.double())
    # M = WᵀW + σ² I, (L, L)
    m = w.T @ w + variance * torch.eye(latent_dim, dtype=w.dtype, device=w.device)
    root = torch.linalg.cholesky(m)
    residual = x.double() - b
    # posterior mean z* = M⁻¹ Wᵀ (x − b), (B, L)
    code = torch.cholesky_solve((residual @ w).T, root).T
    unexplained = residual - code @ w.T
    # (x − b)ᵀ (W Wᵀ + σ² I)⁻¹ (x − b) = min_z ‖x − b − W z‖²/σ² + ‖z‖², where nothing cancels
    distance = unexplained.square().sum(1) / variance + code.square().sum(1)
    # log |W Wᵀ + σ² I| = (D − L) log σ² + log |M|
    log_det = (dimensions - latent_dim) * torch.log(variance) + 2.0 * root.diagonal().log().sum()
    value = -0.5 * (dimensions * LOG_TWO_PI + log_det + distance)
    # Rounding: of the sums, of the residual before it is divided by σ², and of log |M| by M's condition.
    size = residual.norm(dim=1) + (code @ w.T).norm(dim=1)
    lost = distance + log_det.abs() + dimensions * LOG_TWO_PI + unexplained.norm(dim=1) * size / variance
    condition = torch.trace(m) * torch.cholesky_inverse(root).trace()
    error = torch.finfo(torch.float64).eps * (dimensions * lost + latent_dim * condition)
    return Estimate(value, error, "exact")
