"""Any decoder as a probability mass on binary images, so that two can be compared there."""

from __future__ import annotations

from vae_core.checks import refuse
from vae_core.likelihoods.base import Likelihood
from vae_core.likelihoods.bernoulli import Bernoulli
from vae_core.likelihoods.continuous_bernoulli import ContinuousBernoulli
from vae_core.likelihoods.gaussian import Gaussian


def on_binary(likelihood: Likelihood) -> Bernoulli:
    """Return p(x|z) restricted to {0, 1}ᴰ and renormalised there, for each z.

    The dimensions are independent given z, so that what is left of each is a Bernoulli with the logit
    log p(x_d = 1|z) − log p(x_d = 0|z).

    Args:
        likelihood: p(x|z) of (..., D) dimensions.

    Returns:
        A mass function on {0, 1}ᴰ, (..., D); a Bernoulli as it is.

    Raises:
        SettingError: If the likelihood is of no family that is known here.
    """
    if isinstance(likelihood, Bernoulli):
        return likelihood
    if isinstance(likelihood, ContinuousBernoulli):
        # p(x) ∝ e^{l x}, so log p(1) − log p(0) = l
        return Bernoulli(likelihood.logits)
    if isinstance(likelihood, Gaussian):
        # [μ² − (1 − μ)²]/2σ² = (μ − ½)/σ²
        return Bernoulli((likelihood.mean - 0.5) / likelihood.sigma**2)
    refuse(
        "likelihood", "must be a Bernoulli, a Gaussian or a continuous Bernoulli", type(likelihood).__name__
    )
