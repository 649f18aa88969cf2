"""Whether the likelihoods of two decoders may stand side by side, on what, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from vae_core.checks import check_choice, refuse
from vae_core.data.arrays import SUPPORTS
from vae_core.likelihoods import LIKELIHOODS, misfit

Measure = Literal["mass", "density", "score"]
Space = Literal["binary", "density", "bits"]
Decoder: TypeAlias = tuple[str, float | Literal["learned"]]
"""The name of a likelihood, and σ (which only the Gaussian has)."""

NAMES = {
    "bernoulli": "Bernoulli",
    "gaussian": "Gaussian",
    "continuous-bernoulli": "continuous Bernoulli",
}


@dataclass(frozen=True)
class Comparability:
    """What may be said of two decoders' likelihoods side by side.

    Attributes:
        allowed: Whether the two numbers may be compared.
        on: "binary": nats of probabilities on {0, 1}ᴰ. "density": nats of densities on one space. "bits":
            bits per dimension of the integers. None where they are scores, or not allowed.
        reason: Why, in one or two sentences for the screen.
    """

    allowed: bool
    on: Space | None
    reason: str


def measure_of(likelihood: str, support: str) -> Measure:
    """Return what p(x|z) is on data of a support.

    Args:
        likelihood: One of `LIKELIHOODS`.
        support: "binary", "unit" or "real".

    Returns:
        "mass" where it sums to 1 over {0, 1}ᴰ, "density" where it integrates to 1 over [0, 1]ᴰ or ℝᴰ,
        "score" where it does neither.

    Raises:
        SettingError: If a name is unknown, or the likelihood can't be used on the support.
    """
    check_choice("likelihood", likelihood, LIKELIHOODS)
    check_choice("support", support, SUPPORTS)
    problem = misfit(likelihood, support)
    if problem is not None:
        refuse("likelihood", "must fit the data", problem)
    if likelihood != "bernoulli":
        return "density"
    return "mass" if support == "binary" else "score"


def comparability(first: Decoder, second: Decoder, *, support: str, dequantised: bool) -> Comparability:
    """Say whether two decoders' ELBOs or log-likelihoods of the same images may be compared.

    The answer is the same whichever of the two comes first, and whatever σ is.

    Args:
        first: Likelihood and σ of one decoder.
        second: Those of the other.
        support: "binary", "unit" or "real".
        dequantised: Whether the data are (integer + u)/levels; on "unit" support only.

    Raises:
        SettingError: If a name is unknown, or data that are not on "unit" support are said to be dequantised.
    """
    for name, _ in (first, second):
        check_choice("likelihood", name, LIKELIHOODS)
    check_choice("support", support, SUPPORTS)
    if dequantised and support != "unit":
        refuse("dequantised", "must be False unless the support is unit", f"support {support}")
    one, other = sorted((first[0], second[0]), key=LIKELIHOODS.index)
    problem = misfit(one, support) or misfit(other, support)
    if problem is not None:
        return _refused(f"{problem[0].upper()}{problem[1:]}.")
    if support == "binary":
        return Comparability(True, "binary", _on_binary(one, other))
    if measure_of(one, support) == "score":
        return _with_a_score(other)
    if dequantised:
        return Comparability(True, "bits", _on_integers(one, other))
    if support == "real":
        reason = "Both decoders are Gaussian: densities on ℝᴰ of the same numbers, in the same unit."
        return Comparability(True, "density", reason)
    return _of_grey_levels(one, other)


def _refused(reason: str) -> Comparability:
    return Comparability(False, None, reason)


def _on_binary(one: str, other: str) -> str:
    """Say why two decoders, in the order of `LIKELIHOODS`, are comparable on binary images."""
    if one == other == "bernoulli":
        return "Both decoders are Bernoulli: probabilities of the same binary images."
    if one == "bernoulli":
        begin = f"The Bernoulli is a probability on {{0, 1}}ᴰ, and the {NAMES[other]} is restricted to that"
    else:
        begin = f"{_subject(one, other)} densities, each restricted to {{0, 1}}ᴰ"
    gaussian = "gaussian" in (one, other)
    formula = "; of the Gaussian that leaves P(x_d = 1|z) = sigmoid((μ_d − ½)/σ²)" if gaussian else ""
    return (
        f"{begin} and renormalised there for each z{formula}. Both are then probabilities of the same images."
    )


def _with_a_score(other: str) -> Comparability:
    """A Bernoulli on grey pixels, beside another decoder."""
    if other == "bernoulli":
        return Comparability(
            True,
            None,
            "Both decoders are Bernoulli, which has a score on grey pixels and no likelihood. "
            "They are compared as scores: how far each lies below the same best one.",
        )
    return _refused(
        "The Bernoulli has a score on grey pixels and no likelihood: over [0, 1]ᴰ it integrates to at most "
        f"2⁻ᴰ, not to 1. The {NAMES[other]} has a density, so one says nothing against the other."
    )


def _on_integers(one: str, other: str) -> str:
    """Say why two densities of dequantised pixels are comparable in bits."""
    reason = (
        f"{_subject(one, other)} densities of the same dequantised pixels: the ELBO of each bounds from "
        "above the bits that the integers cost (Theis et al. 2016)."
    )
    if "gaussian" in (one, other):
        reason += " The Gaussian wastes mass outside [0, 1]ᴰ; its bound holds all the same."
    return reason


def _of_grey_levels(one: str, other: str) -> Comparability:
    """Two densities of pixels that are really grey levels: of one space, or of two."""
    if one != other:
        return _refused(
            "The Gaussian is a density on ℝᴰ and the continuous Bernoulli one on [0, 1]ᴰ, of pixels that are "
            "really grey levels. A density at such points can be made as high as one likes by narrowing it: "
            "compare on dequantised data."
        )
    space = "ℝᴰ" if one == "gaussian" else "[0, 1]ᴰ"
    return Comparability(
        True,
        "density",
        f"{_subject(one, other)} densities on {space} of the same pixels. But the pixels are really grey "
        "levels, so neither density is a probability of them, and narrowing one can raise it without limit.",
    )


def _subject(one: str, other: str) -> str:
    """Begin a sentence about two decoders, up to its verb."""
    if one == other:
        return f"Both {NAMES[one]}s are"
    return f"The {NAMES[one]} and the {NAMES[other]} are"
