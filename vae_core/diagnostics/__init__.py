"""What a trained model is like: its codes against the prior, its gap, and its decoder beside another."""

from vae_core.diagnostics.aggregate_posterior import AggregatePosterior, MonteCarlo, hole_mass, prior_kl
from vae_core.diagnostics.calibration import Reliability, Residuals, calibration
from vae_core.diagnostics.comparability import Comparability, comparability, measure_of
from vae_core.diagnostics.decoder_scores import DecoderScores, ImageMean, decoder_scores
from vae_core.diagnostics.gap import GapDecomposition, gap_decomposition
from vae_core.diagnostics.gaussian_mixture import GaussianMixture
from vae_core.diagnostics.learned_sigma import SigmaCheck, SigmaTravel, sigma_check
from vae_core.diagnostics.pixel import PixelPrediction, pixel_prediction

__all__ = [
    "AggregatePosterior",
    "Comparability",
    "DecoderScores",
    "GapDecomposition",
    "GaussianMixture",
    "ImageMean",
    "MonteCarlo",
    "PixelPrediction",
    "Reliability",
    "Residuals",
    "SigmaCheck",
    "SigmaTravel",
    "calibration",
    "comparability",
    "decoder_scores",
    "gap_decomposition",
    "hole_mass",
    "measure_of",
    "pixel_prediction",
    "prior_kl",
    "sigma_check",
]
