"""The exercises of chapter 7, judged on the pair in the hand."""

from __future__ import annotations

import torch
from torch import Tensor

from vae_core.lessons.gaussian_pair import Pair, closed_kl, of_moments
from vae_core.lessons.gaussians import GaussiansSeen
from vae_core.lessons.lesson import Verdict, number_verdict

WITHIN = 0.02
"""Nats: how far off a number that is answered may be."""
EQUAL = 0.05
"""Nats: two KLs that differ less are the same to a hand."""
DIFFERENT = 0.5
"""Nats that each of two equal KLs has to have."""
TOGETHER = 0.05
"""How far apart two centres may lie and count as one."""
UPRIGHT = 0.1
"""The correlation up to which a Gaussian counts as axis-parallel."""
TURNED = 0.5
BEST = 0.05
"""Nats that the best axis-parallel q may be missed by."""


def check_equal(seen: GaussiansSeen, _answer: float) -> Verdict:
    """Whether both KLs are the same and large, with one centre."""
    forth, back = seen.forward.closed, seen.backward.closed
    said = f"KL(q ‖ p) is {forth:.3f} nats and KL(p ‖ q) {back:.3f}"
    if float((seen.pair.q.mean - seen.pair.p.mean).norm()) > TOGETHER:
        return Verdict(False, f"{said}, but the centres lie apart: put one onto the other first.")
    if min(forth, back) < DIFFERENT:
        return Verdict(False, f"{said}: make the shapes differ more, until both are above half a nat.")
    if abs(forth - back) > EQUAL:
        return Verdict(False, f"{said}. Where is q wider than p, and where is it narrower? Even that out.")
    return Verdict(True, f"{said}: as much is lost where q is wider as where it is narrower.")


def check_distance(seen: GaussiansSeen, answer: float) -> Verdict:
    """Whether the answer is what moving q's centre onto p's would save."""
    if float((seen.pair.q.mean - seen.pair.p.mean).norm()) <= TOGETHER:
        return Verdict(False, "Both centres are in one place: move one away first.")
    together = Pair(of_moments(seen.pair.p.mean[0], seen.pair.q.cov[0]), seen.pair.p)
    return number_verdict(
        float(answer),
        seen.forward.closed - closed_kl(together),
        within=WITHIN,
        why="Only one of the four terms holds the means.",
        hint="Which of the four terms of KL(q ‖ p) knows where the centres are?",
    )


def best_upright(pair: Pair) -> Pair:
    """Return p with the axis-parallel q of the lowest KL(q ‖ p)."""
    # Σ_j [σ_j² (Σ_p⁻¹)_jj − log σ_j²] is least where σ_j² = 1/(Σ_p⁻¹)_jj
    precision = torch.linalg.inv(pair.p.cov[0]).diagonal()
    return Pair(of_moments(pair.p.mean[0], precision.reciprocal().diag()), pair.p)


def check_upright(seen: GaussiansSeen, _answer: float) -> Verdict:
    """Whether q is the best axis-parallel Gaussian for a p that is turned."""
    pair = seen.pair
    if abs(_correlation(pair.p.cov[0])) < TURNED:
        return Verdict(False, "p is not thin and turned: begin with that preset.")
    if abs(_correlation(pair.q.cov[0])) > UPRIGHT:
        return Verdict(False, "q is turned: its axes have to lie along the plane's.")
    least = closed_kl(best_upright(pair))
    if seen.forward.closed > least + BEST:
        return Verdict(False, f"KL(q ‖ p) is {seen.forward.closed:.3f} nats: it can still fall.")
    shadow = pair.p.std[0] / pair.q.std[0]
    return Verdict(
        True,
        f"KL(q ‖ p) is {seen.forward.closed:.3f} nats. p spreads {float(shadow[0]):.1f} and "
        f"{float(shadow[1]):.1f} times as far along the two axes: q stays where p is dense. A VAE's encoder "
        "with a diagonal q does the same.",
    )


def _correlation(cov: Tensor) -> float:
    return float(cov[0, 1] / (cov[0, 0] * cov[1, 1]).sqrt())
