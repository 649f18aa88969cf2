"""What a trained model is like: its codes against the prior, its gap, and its decoder beside another."""

from vae_core.diagnostics.activity import Activity, Turn, activity, turns
from vae_core.diagnostics.aggregate_posterior import AggregatePosterior, MonteCarlo, hole_mass, prior_kl
from vae_core.diagnostics.calibration import Reliability, Residuals, calibration
from vae_core.diagnostics.comparability import Comparability, comparability, measure_of
from vae_core.diagnostics.decoder_scores import DecoderScores, ImageMean, decoder_scores
from vae_core.diagnostics.gap import GapDecomposition, gap_decomposition
from vae_core.diagnostics.gaussian_mixture import GaussianMixture
from vae_core.diagnostics.kl_split import KlSplit, kl_split
from vae_core.diagnostics.known_rate import KnownRate, known_rate
from vae_core.diagnostics.learned_sigma import SigmaCheck, SigmaTravel, sigma_check
from vae_core.diagnostics.linear_rate import LinearRate, linear_rate
from vae_core.diagnostics.pixel import PixelPrediction, pixel_prediction
from vae_core.diagnostics.tug import Landscape, Tug, landscape, pixel_map, tug

__all__ = [
    "Activity",
    "AggregatePosterior",
    "Comparability",
    "DecoderScores",
    "GapDecomposition",
    "GaussianMixture",
    "ImageMean",
    "KlSplit",
    "KnownRate",
    "Landscape",
    "LinearRate",
    "MonteCarlo",
    "PixelPrediction",
    "Reliability",
    "Residuals",
    "SigmaCheck",
    "SigmaTravel",
    "Tug",
    "Turn",
    "activity",
    "calibration",
    "comparability",
    "decoder_scores",
    "gap_decomposition",
    "hole_mass",
    "kl_split",
    "known_rate",
    "landscape",
    "linear_rate",
    "measure_of",
    "pixel_map",
    "pixel_prediction",
    "prior_kl",
    "sigma_check",
    "tug",
    "turns",
]
