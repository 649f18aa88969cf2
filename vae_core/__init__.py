"""VAE Lab's core: small variational autoencoders, trained fast and measured exactly.

The way of one x through the package: `data` gives images (B, D); `models` encodes them to q(z|x),
draws z = μ + σ ε and decodes it; `likelihoods` scores x under p(x|z); `divergences` gives the KL;
`objectives` joins both to the ELBO; `training` climbs it; `estimators` bound log p(x) from it;
`sweeps` trains many.
Everything is in nats per image.
"""

from vae_core.checks import SettingError
from vae_core.data import Dataset, Split, dataset_names, load_dataset
from vae_core.diagnostics import GapDecomposition, gap_decomposition
from vae_core.divergences import gaussian_kl
from vae_core.estimators import (
    Estimate,
    annealed_log_likelihood,
    importance_log_likelihood,
    linear_gaussian_log_likelihood,
    log_weights,
    quadrature_log_likelihood,
)
from vae_core.models import VAE, DiagonalGaussian
from vae_core.objectives import ElboTerms, elbo_terms
from vae_core.sweeps import SweepPlan, SweepPoint, read_sweep, run_sweep
from vae_core.training import Run, TrainConfig

__all__ = [
    "VAE",
    "Dataset",
    "DiagonalGaussian",
    "ElboTerms",
    "Estimate",
    "GapDecomposition",
    "Run",
    "SettingError",
    "Split",
    "SweepPlan",
    "SweepPoint",
    "TrainConfig",
    "annealed_log_likelihood",
    "dataset_names",
    "elbo_terms",
    "gap_decomposition",
    "gaussian_kl",
    "importance_log_likelihood",
    "linear_gaussian_log_likelihood",
    "load_dataset",
    "log_weights",
    "quadrature_log_likelihood",
    "read_sweep",
    "run_sweep",
]
