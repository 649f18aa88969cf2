"""Decoder likelihoods, one family a file; each is normalised in full on its own space."""

from __future__ import annotations

from vae_core.likelihoods.base import Likelihood
from vae_core.likelihoods.bernoulli import Bernoulli
from vae_core.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_core.likelihoods.gaussian import Gaussian
from vae_core.likelihoods.on_binary import on_binary

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "ContinuousBernoulli",
    "Gaussian",
    "Likelihood",
    "misfit",
    "on_binary",
    "score_name",
]

LIKELIHOODS: tuple[str, ...] = ("bernoulli", "gaussian", "continuous-bernoulli")


def score_name(likelihood: str, support: str) -> str:
    """Say what log p(x|z) of a likelihood is on data of a support.

    A Bernoulli lives on {0, 1}: on grey pixels its value is a score and no log-likelihood.

    Args:
        likelihood: One of `LIKELIHOODS`.
        support: "binary", "unit" or "real".
    """
    if likelihood == "bernoulli" and support != "binary":
        return "Bernoulli score"
    return "log-likelihood"


def misfit(likelihood: str, support: str) -> str | None:
    """Return why a likelihood can't be used on data of a support, or None if it can."""
    if support == "real" and likelihood != "gaussian":
        return f"a {likelihood} decoder needs data in [0, 1], and these are real numbers"
    return None
