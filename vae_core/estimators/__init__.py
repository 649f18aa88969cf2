"""Estimators of log p(x): reductions of the log-weights, and closed forms."""

from vae_core.estimators.estimate import Estimate, log_mean_exp
from vae_core.estimators.importance import importance_log_likelihood, log_weights
from vae_core.estimators.linear_gaussian import linear_gaussian_log_likelihood
from vae_core.estimators.moments import Moments
from vae_core.estimators.posterior import PosteriorGrid, posterior_grid
from vae_core.estimators.quadrature import posterior_moments, quadrature_log_likelihood

__all__ = [
    "Estimate",
    "Moments",
    "PosteriorGrid",
    "importance_log_likelihood",
    "linear_gaussian_log_likelihood",
    "log_mean_exp",
    "log_weights",
    "posterior_grid",
    "posterior_moments",
    "quadrature_log_likelihood",
]
