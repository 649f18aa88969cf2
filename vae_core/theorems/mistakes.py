"""Formulas that are wrong on purpose: what a broken case computes with."""

from __future__ import annotations

from torch import Tensor

from vae_core.divergences import standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.theorems.case import Case


def misread(q: DiagonalGaussian) -> DiagonalGaussian:
    """Return q with its log-variance taken for a log-standard-deviation: σ = e^{log σ²}."""
    return DiagonalGaussian(q.mean, 2.0 * q.log_var)


def misread_kl(q: DiagonalGaussian) -> Tensor:
    """KL(q ‖ N(0, I)) with the log-variance taken for a log-standard-deviation, (B, L)."""
    return standard_normal_kl(misread(q))


def negative_kl(q: DiagonalGaussian) -> Tensor:
    """KL(q ‖ N(0, I)) with the wrong sign, (B, L)."""
    return -standard_normal_kl(q)


MISREAD_KL = "The KL takes the log-variance for a log-standard-deviation."
MISREAD_DENSITY = "The density of q takes the log-variance for a log-standard-deviation; z is drawn rightly."


def with_misread_kl(case: Case) -> Case:
    """Break the closed form of the KL."""
    return case.altered(kl=misread_kl)


def with_misread_density(case: Case) -> Case:
    """Break the density of q, not its draws."""
    return case.altered(density=misread)


def with_a_batch(case: Case) -> Case:
    """Let half of the images stand for all of them in a mixture."""
    return case.altered(batch=max(2, len(case.x) // 2))
