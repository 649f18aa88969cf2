"""InfoVAE: the two terms of form 7 weighed anew (Zhao, Song & Ermon 2019, arXiv:1706.02262)."""

from __future__ import annotations

from vae_core.checks import check_number
from vae_core.finite_world.world import FiniteWorld


def info_vae(world: FiniteWorld, alpha: float, lambda_: float) -> float:
    """Return the InfoVAE objective of a measured model.

    −λ KL(q(z) ‖ p(z)) − E_q(z) KL(q(x|z) ‖ p(x|z)) + α I_q(x; z)

    At α = 0, λ = 1 it is the ELBO plus H. In general it is, up to H,
    E log p(x|z) − (1 − α) E KL(q(z|x) ‖ p(z)) − (α + λ − 1) KL(q(z) ‖ p(z)).

    Args:
        world: What was measured.
        alpha: α, the weight of the mutual information.
        lambda_: λ, the weight of KL(q(z) ‖ p(z)).

    Returns:
        Nats per image; no bound of log p(x) in general.

    Raises:
        SettingError: If a weight is no number from −1,000,000 to 1,000,000.
    """
    alpha = check_number("alpha", alpha, low=-1e6, high=1e6)
    lambda_ = check_number("lambda_", lambda_, low=-1e6, high=1e6)
    aggregate = world.term("KL(q(z) ‖ p(z))").value
    decoder = world.term("E_q(z) KL(q(x|z) ‖ p(x|z))").value
    information = world.term("I_q(x; z)").value
    # −λ KL(q(z) ‖ p(z)) − E_q(z) KL(q(x|z) ‖ p(x|z)) + α I_q
    return -lambda_ * aggregate - decoder + alpha * information
