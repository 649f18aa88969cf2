"""What a trained model is like: the aggregate posterior, its KL from the prior and its holes."""

from vae_core.diagnostics.aggregate_posterior import AggregatePosterior, MonteCarlo, hole_mass, prior_kl
from vae_core.diagnostics.gap import GapDecomposition, gap_decomposition
from vae_core.diagnostics.gaussian_mixture import GaussianMixture

__all__ = [
    "AggregatePosterior",
    "GapDecomposition",
    "GaussianMixture",
    "MonteCarlo",
    "gap_decomposition",
    "hole_mass",
    "prior_kl",
]
