"""What several theorems take for granted."""

from __future__ import annotations

import torch

from vae_core.theorems.case import Case
from vae_core.theorems.claim import Assumption

EXACT_EVIDENCE = Assumption(
    "exact log p(x)",
    "The model must have one or two latent dimensions, or a linear Gaussian decoder: only there is log p(x) "
    "known exactly.",
    lambda case: case.model.latent_dim <= 2 or case.linear,
)
PLANAR = Assumption(
    "grid over z",
    "The model must have one or two latent dimensions: a grid over more has too many nodes.",
    lambda case: case.model.latent_dim <= 2,
)
LINEAR_GAUSSIAN = Assumption(
    "linear Gaussian decoder",
    "The decoder must be linear and Gaussian: only then is p(z|x) a Gaussian.",
    lambda case: case.linear,
)
GAUSSIAN = Assumption(
    "Gaussian decoder",
    "The decoder must be Gaussian: no other has a σ.",
    lambda case: case.model.likelihood == "gaussian",
)
IN_UNIT_INTERVAL = Assumption(
    "pixels in [0, 1]",
    "Pixels must lie in [0, 1]: cross-entropy is not defined elsewhere.",
    lambda case: bool(((case.x >= 0.0) & (case.x <= 1.0)).all()),
)
MASS = Assumption(
    "mass function",
    "The decoder must be a Bernoulli and the pixels binary: only then is p(x|z) a probability, and "
    "KL(q(x|z) ‖ p(x|z)) finite.",
    lambda case: mass(case),
)
DISTINCT = Assumption(
    "distinct images",
    "No image may be there twice: the entropy of the data is log N only then.",
    lambda case: distinct(case),
)


def mass(case: Case) -> bool:
    """Whether p(x|z) is a mass function on the images: a Bernoulli, and binary pixels."""
    binary = bool(((case.x == 0.0) | (case.x == 1.0)).all())
    return case.model.likelihood == "bernoulli" and case.support == "binary" and binary


def distinct(case: Case) -> bool:
    """Whether no two images are equal."""
    return len(torch.unique(case.x, dim=0)) == len(case.x)
