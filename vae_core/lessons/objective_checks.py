"""The exercises of chapter 4, judged on the image and the model at hand."""

from __future__ import annotations

from functools import lru_cache

from vae_core.lessons.lesson import Verdict
from vae_core.lessons.objective import ImageBase, ObjectiveSeen, Setting, at_rest, parts_of, with_shift
from vae_core.lessons.objective_curves import Curve, curve

STEP = 0.01
"""Of the sliders of the shift, prior σ."""
LEAST = 0.01
"""Nats: where no slider gains as much, the encoder's q can't be bettered by hand."""
BETA = 4.0
NEAR = 0.06
"""How far off the best factor on σ may be, as a share."""


@lru_cache(maxsize=8)
def _along_width(base: ImageBase) -> Curve:
    return curve(base, at_rest(base.model.latent_dim), dimension=None, betas=(1.0, BETA))


@lru_cache(maxsize=8)
def best_gain(base: ImageBase) -> float:
    """Return what the best single shift gains over the encoder's q, nats, on the places of its slider."""
    rest, gains = at_rest(base.model.latent_dim), []
    for dimension in range(base.model.latent_dim):
        place = STEP * round(curve(base, rest, dimension=dimension).best() / STEP)
        moved = Setting(with_shift(rest.shift, dimension, place)).moved(base.encoder.q)
        gains.append(parts_of(base.scores, moved).elbo - base.encoder.elbo)
    return max(gains)


def check_narrow(seen: ObjectiveSeen, answer: float) -> Verdict:
    """Whether the answer says where the reconstruction is highest over the factor: low, at one, or high."""
    found = _along_width(seen.base)
    best = float(found.values[found.reconstruction.argmax()])
    truth = 0 if best < 0.9 else 1 if best <= 1.1 else 2
    if int(answer) == truth:
        return Verdict(
            True,
            f"Of the factors that the slider has, {best:.3g} gives the best reconstruction, "
            f"{float(found.reconstruction.max()):.3f} nats: only the KL keeps q from shrinking to a point."
            if truth == 0
            else f"On this image it is highest at a factor of {best:.3g}.",
        )
    return Verdict(False, "Show the curves over the factor on σ, with no shift, and look at the blue one.")


def check_better(seen: ObjectiveSeen, _answer: float) -> Verdict:
    """Whether q is better than the encoder's by half of what the best single shift gains."""
    most = best_gain(seen.base)
    gained = seen.hand.elbo - seen.base.encoder.elbo
    if most < LEAST:
        return Verdict(False, "On this image no shift gains a hundredth of a nat: take another image.")
    if gained >= 0.5 * most:
        return Verdict(
            True,
            f"Your q has {gained:.3f} nats more than the encoder’s. The encoder answers for all images at "
            "once, and is not best for each.",
        )
    if gained > 0.0:
        return Verdict(False, f"{gained:.3f} nats more than the encoder’s: there is more to gain.")
    return Verdict(False, "Your q is no better yet. Show the curves over one shift, and look for the star.")


def check_beta(seen: ObjectiveSeen, answer: float) -> Verdict:
    """Whether the answer is the factor on σ that is best at β = 4, with no shift."""
    found = _along_width(seen.base)
    truth = found.best(BETA)
    if truth in (float(found.values[0]), float(found.values[-1])):
        return Verdict(False, "On this image the best factor lies beyond the slider: take another image.")
    if abs(float(answer) / truth - 1.0) <= NEAR:
        return Verdict(True, "A dearer KL asks for a wider q, and the reconstruction pays for it.")
    side = "high" if float(answer) > truth else "low"
    return Verdict(
        False,
        f"Too {side}. Put the shifts at zero and β at {BETA:g}, and look for the star of the dashed curve.",
    )
