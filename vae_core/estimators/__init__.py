"""Estimators of log p(x): reductions of the log-weights, and closed forms."""

from vae_core.estimators.annealed import (
    Sandwich,
    anneal,
    annealed_log_likelihood,
    bidirectional_log_likelihood,
)
from vae_core.estimators.estimate import Estimate, log_mean_exp
from vae_core.estimators.fits import Fit, fit_posterior
from vae_core.estimators.importance import importance_log_likelihood, log_weights
from vae_core.estimators.linear_gaussian import linear_gaussian_log_likelihood
from vae_core.estimators.moments import Moments
from vae_core.estimators.posterior import PosteriorGrid, log_joint_at, posterior_grid
from vae_core.estimators.proposals import fitted_proposal, prior_proposal, widened_encoder
from vae_core.estimators.quadrature import posterior_moments, quadrature_log_likelihood
from vae_core.estimators.scores import Work
from vae_core.estimators.weights import (
    HEAVY_TAIL,
    Ladder,
    effective_sample_size,
    fit_generalised_pareto,
    importance_ladder,
    pareto_shape,
)

__all__ = [
    "HEAVY_TAIL",
    "Estimate",
    "Fit",
    "Ladder",
    "Moments",
    "PosteriorGrid",
    "Sandwich",
    "Work",
    "anneal",
    "annealed_log_likelihood",
    "bidirectional_log_likelihood",
    "effective_sample_size",
    "fit_generalised_pareto",
    "fit_posterior",
    "fitted_proposal",
    "importance_ladder",
    "importance_log_likelihood",
    "linear_gaussian_log_likelihood",
    "log_joint_at",
    "log_mean_exp",
    "log_weights",
    "pareto_shape",
    "posterior_grid",
    "posterior_moments",
    "prior_proposal",
    "quadrature_log_likelihood",
    "widened_encoder",
]
