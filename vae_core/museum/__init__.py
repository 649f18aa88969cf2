"""The bug museum: ten mistakes that people make, each beside its sound twin. Wrong code lives only here."""

from __future__ import annotations

from vae_core.museum.beta_left_on import BETA_LEFT_ON
from vae_core.museum.bug import Answer, Bug, Numbers
from vae_core.museum.code import CodeLine, code_of, side_by_side
from vae_core.museum.curve import Curve, Line
from vae_core.museum.identity import Identity
from vae_core.museum.kl_sign import KL_SIGN
from vae_core.museum.log_two_pi import LOG_TWO_PI
from vae_core.museum.log_variance import LOG_VARIANCE
from vae_core.museum.mean_for_sum import MEAN_FOR_SUM
from vae_core.museum.mean_of_logs import MEAN_OF_LOGS
from vae_core.museum.minibatch_information import MINIBATCH_INFORMATION
from vae_core.museum.prior_codes import PRIOR_CODES
from vae_core.museum.signed_pixels import SIGNED_PIXELS
from vae_core.museum.twins import Exhibit, Twin, exhibit
from vae_core.museum.weighted_loss import WEIGHTED_LOSS

__all__ = [
    "Answer",
    "Bug",
    "CodeLine",
    "Curve",
    "Exhibit",
    "Identity",
    "Line",
    "Numbers",
    "Twin",
    "bugs",
    "code_of",
    "exhibit",
    "side_by_side",
]

_ALL = (
    MEAN_FOR_SUM,
    LOG_VARIANCE,
    KL_SIGN,
    PRIOR_CODES,
    SIGNED_PIXELS,
    LOG_TWO_PI,
    WEIGHTED_LOSS,
    MEAN_OF_LOGS,
    MINIBATCH_INFORMATION,
    BETA_LEFT_ON,
)


def bugs() -> tuple[Bug, ...]:
    """Return all ten, by number."""
    return _ALL
