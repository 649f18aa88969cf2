"""Which decoders stand side by side, and on which data: as a choice, and as a link writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vae_core.checks import SettingError
from vae_core.likelihoods import misfit
from vae_core.models.vae import check_sigma

Decoder = tuple[str, float | Literal["learned"]]
"""A likelihood and its σ; 1 where the likelihood has none."""

BERNOULLI: Decoder = ("bernoulli", 1.0)
CONTINUOUS: Decoder = ("continuous-bernoulli", 1.0)
GAUSSIAN_UNIT: Decoder = ("gaussian", 1.0)
GAUSSIAN_LEARNED: Decoder = ("gaussian", "learned")

STAND_INS: tuple[Decoder, ...] = (GAUSSIAN_LEARNED, GAUSSIAN_UNIT, ("gaussian", 0.2), ("gaussian", 0.1))
"""For decoders that the data don't allow, more than there are places."""

CURRENT = "current"
"""In place of a data set: the data and all settings of the current model."""

TWIN_DATA: dict[str, str] = {
    "mnist-5k": "Grey digits",
    "mnist-5k-binary": "Binary digits",
    "mnist-5k-dequantised": "Dequantised digits",
    "digits": "Small grey digits",
    "digits-dequantised": "Small dequantised digits",
    CURRENT: "The current model’s data and settings",
}

FEWEST, MOST = 2, 3


@dataclass(frozen=True)
class TwinChoice:
    """What is compared.

    Attributes:
        data: A key of `TWIN_DATA`.
        decoders: Two or three different ones, from left to right.
    """

    data: str = "mnist-5k"
    decoders: tuple[Decoder, ...] = (BERNOULLI, GAUSSIAN_LEARNED)

    def with_data(self, data: str) -> TwinChoice:
        """Return the same decoders on other data."""
        return TwinChoice(data, self.decoders)


def name_of(decoder: Decoder) -> str:
    """Return a decoder's name: ``Gaussian, σ = 0.2``."""
    likelihood, sigma = decoder
    if likelihood == "gaussian":
        return "Gaussian, σ learned" if sigma == "learned" else f"Gaussian, σ = {sigma:g}"
    return "Bernoulli" if likelihood == "bernoulli" else "Continuous Bernoulli"


def write_twins(choice: TwinChoice) -> str:
    """Return a choice as a link writes it: ``mnist-5k,bernoulli,gaussian-learned``."""
    words = [
        f"gaussian-{sigma if sigma == 'learned' else format(sigma, 'g')}"
        if likelihood == "gaussian"
        else likelihood
        for likelihood, sigma in choice.decoders
    ]
    return ",".join([choice.data, *words])


def fitting(decoders: tuple[Decoder, ...], support: str) -> tuple[Decoder, ...]:
    """Return the decoders, different Gaussians in place of those that data of a support don't allow."""
    found: list[Decoder] = [decoder for decoder in decoders if misfit(decoder[0], support) is None]
    stand_ins = [decoder for decoder in STAND_INS if decoder not in found]
    return tuple(decoder if misfit(decoder[0], support) is None else stand_ins.pop(0) for decoder in decoders)


def read_twins(text: str) -> TwinChoice | None:
    """Return the choice that a text means; ``None`` for any other text."""
    data, *words = text.split(",")
    decoders = [_decoder(word) for word in words[: MOST + 1]]
    if data not in TWIN_DATA or not FEWEST <= len(decoders) <= MOST or None in decoders:
        return None
    if len(set(decoders)) < len(decoders):
        return None
    return TwinChoice(data, tuple(decoder for decoder in decoders if decoder is not None))


def _decoder(word: str) -> Decoder | None:
    if word in ("bernoulli", "continuous-bernoulli"):
        return word, 1.0
    family, _, sigma = word.partition("-")
    if family != "gaussian" or len(sigma) > 20:
        return None
    try:
        return "gaussian", check_sigma("learned" if sigma == "learned" else float(sigma))
    except (SettingError, ValueError):
        return None
