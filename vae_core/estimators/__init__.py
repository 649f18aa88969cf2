"""Estimators of log p(x), each a reduction of the log-weights."""

from vae_core.estimators.estimate import Estimate, log_mean_exp
from vae_core.estimators.importance import importance_log_likelihood, log_weights

__all__ = ["Estimate", "importance_log_likelihood", "log_mean_exp", "log_weights"]
