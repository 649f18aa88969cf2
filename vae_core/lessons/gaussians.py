"""Chapter 7: KL between Gaussians, for any two that a hand may make, and the VAE's own case.

KL(q ‖ p) = ½ [tr(Σ_p⁻¹Σ_q) + (μ_p − μ_q)ᵀ Σ_p⁻¹ (μ_p − μ_q) − d + log |Σ_p|/|Σ_q|]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.divergences import gaussian_kl, standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.lessons.gaussian_pair import (
    Direction,
    Pair,
    Terms,
    closed_kl,
    direction,
    gaussian,
    grid_kl,
    log_ratios,
    of_moments,
    terms,
    whitened,
)
from vae_core.lessons.gaussian_pictures import Ratios, Slice, ratios_of, vae_slice
from vae_core.lessons.lesson import Outcome, Step
from vae_core.models import VAE
from vae_core.objectives import elbo_terms
from vae_core.rng import generator

PRIOR = gaussian((0.0, 0.0), (1.0, 1.0))
PRESETS: Mapping[str, Pair] = {
    "Equal": Pair(gaussian((0.0, 0.0), (1.5, 0.75), 30.0), gaussian((0.0, 0.0), (1.5, 0.75), 30.0)),
    "Twice as wide": Pair(gaussian((0.0, 0.0), (1.6, 1.0)), gaussian((0.0, 0.0), (0.8, 0.5))),
    "Shifted": Pair(gaussian((1.25, 0.75), (1.0, 0.7)), gaussian((-0.75, -0.25), (1.0, 0.7))),
    "Thin and turned": Pair(PRIOR, gaussian((0.0, 0.0), (1.6, 0.4), 30.0)),
}
STEP_DRAWS = 20_000
FROM_Q = "(z − μ_q)ᵀ Σ_q^{−1} (z − μ_q)"
FROM_P = "(z − μ_p)ᵀ Σ_p^{−1} (z − μ_p)"
EXACT = 1e-8
"""How far two exact values may differ, as a share of one nat or of the greater one."""


@dataclass(frozen=True, eq=False)
class GaussiansSeen:
    """Two Gaussians as a hand has left them, and what is known of both KLs.

    Attributes:
        pair: q and p.
        vae_case: Whether p is N(0, I) and q axis-parallel, as in a VAE.
        samples: Draws of each estimate.
        forward: KL(q ‖ p).
        backward: KL(p ‖ q).
        terms: Of KL(q ‖ p).
        ratios: log q(z) − log p(z) at draws from q, in bins.
        slice: The curves of the VAE's case, where it is that.
        image_q: The encoder's q of one image, (1, L), float64.
        image_kl: Its KL as training computes it, nats.
    """

    pair: Pair
    vae_case: bool
    samples: int
    forward: Direction
    backward: Direction
    terms: Terms
    ratios: Ratios
    slice: Slice | None
    image_q: DiagonalGaussian
    image_kl: float


@torch.no_grad()
def gaussians(
    pair: Pair, model: VAE, x: Tensor, *, vae_case: bool, samples: int, seed: int = 0
) -> GaussiansSeen:
    """Measure both KLs of a pair.

    Args:
        pair: q and p.
        model: Any VAE: its q of one image is the formula's use.
        x: The image, (1, D).
        vae_case: Whether the pair is the VAE's case.
        samples: Draws of each estimate, at least 2.
        seed: Of the draws.

    Raises:
        SettingError: If `samples` is out of its limits or x has the wrong shape.
    """
    exact, image = model.double(), x.double()
    forth = log_ratios(pair, samples=samples, generator=generator(seed, "chapter 7, from q"))
    back = log_ratios(pair.swapped, samples=samples, generator=generator(seed, "chapter 7, from p"))
    forward = direction(pair, forth)
    return GaussiansSeen(
        pair,
        vae_case,
        samples,
        forward,
        direction(pair.swapped, back),
        terms(pair),
        ratios_of(forth, error=forward.sampled[1], truth=forward.closed),
        vae_slice(pair) if vae_case else None,
        exact.encode(image),
        float(elbo_terms(exact, image).kl),
    )


def image_pair(model: VAE, x: Tensor) -> tuple[Pair, tuple[int, int]]:
    """Return the encoder's q of one image over N(0, I), in the two dimensions with the largest KL.

    Args:
        model: Of two latent dimensions or more.
        x: The image, (1, D).

    Returns:
        The pair, and the two dimensions, from 0.
    """
    with torch.no_grad():
        q = model.double().encode(x.double())
    first, second = sorted(standard_normal_kl(q)[0].topk(2).indices.tolist())
    places = [first, second]
    return Pair(of_moments(q.mean[0, places], q.std[0, places].square().diag()), PRIOR), (first, second)


def outcome(_seen: GaussiansSeen) -> Outcome:
    """Say which direction is larger where q is twice as wide as p."""
    pair = PRESETS["Twice as wide"]
    forth, back = closed_kl(pair), closed_kl(pair.swapped)
    said = f"KL(q ‖ p) is {forth:.3f} nats, KL(p ‖ q) {back:.3f}."
    if abs(forth - back) <= EXACT:
        return Outcome(2, said)
    if forth > back:
        return Outcome(0, f"{said} The wide q puts much of itself where the narrow p has next to nothing.")
    return Outcome(1, said)


@torch.no_grad()
def steps(seen: GaussiansSeen) -> tuple[Step, ...]:
    """Return the derivation of the formula and of its special case, on the pair in the hand."""
    pair, parts = seen.pair, seen.terms
    own, other = _squares(pair)
    grid, error = seen.forward.grid
    slack = EXACT * max(1.0, abs(grid)) + error
    mapped, _ = whitened(pair)
    turned = DiagonalGaussian(mapped.q.mean, mapped.q.cov.diagonal(dim1=1, dim2=2).log())
    return (
        Step(
            "Definition",
            "KL is the mean of log q − log p over q; a sum over a grid of z takes it.",
            "E_q[log q(z) − log p(z)]",
            "{kl: KL(q ‖ p)}, by the formula",
            grid,
            seen.forward.closed,
            slack,
            unit="nats",
        ),
        Step(
            "Put in both densities",
            "A log density has a log-determinant and a square s(z) = (z − μ)ᵀ Σ⁻¹ (z − μ); the rest cancels.",
            "E_q[log q(z) − log p(z)]",
            "{log_det: ½ log |Σ_p|/|Σ_q|} + ½ E_q[s_p(z)] − ½ E_q[s_q(z)]",
            grid,
            parts.log_det + _mean_half_square(pair),
            slack,
            unit="nats",
        ),
        _sampled(
            "Square around the own mean",
            "In units of q’s own spread it is a sum of d squared standard normal numbers, each of mean one.",
            f"½ E_q[{FROM_Q}]",
            "{dimension: ½ d}",
            0.5 * own,
            -parts.dimension,
        ),
        _sampled(
            "Square around another mean",
            "Go from p’s centre to q’s and on to z: both squares add up, as the cross term has mean zero.",
            f"½ E_q[{FROM_P}]",
            "{trace: ½ tr(Σ_p^{−1}Σ_q)} + {distance: ½ (μ_p − μ_q)ᵀ Σ_p^{−1} (μ_p − μ_q)}",
            0.5 * other,
            parts.trace + parts.distance,
        ),
        Step(
            "Change of coordinates",
            "A linear map changes both densities by one factor. Choose z′ in which p is N(0, I) and q is "
            "axis-parallel.",
            "{kl: KL(q(z) ‖ p(z))}",
            "{kl: KL(q(z′) ‖ N(0, I))}, over a grid of z′",
            seen.forward.closed,
            grid_kl(mapped)[0],
            slack,
            unit="nats",
        ),
        Step(
            "Independent dimensions add up",
            "In z′ both Gaussians are products, so the log of their ratio is a sum.",
            "{kl: KL(q(z′) ‖ N(0, I))}",
            "½ Σ_j ({std: σ_j^2} + {mean: μ_j^2} − 1 − {std: log σ_j^2})",
            closed_kl(mapped),
            float(standard_normal_kl(turned).sum()),
            slack,
            unit="nats",
        ),
        _trained(seen),
    )


def _sampled(rule: str, words: str, left: str, right: str, draws: Tensor, truth: float) -> Step:
    """Return a step whose left side is the mean of draws."""
    allowed = 4.0 * float(draws.std()) / len(draws) ** 0.5 + EXACT * max(1.0, abs(truth))
    return Step(
        rule, words, left, right, float(draws.mean()), truth, allowed, kind="Monte Carlo", unit="nats"
    )


def _trained(seen: GaussiansSeen) -> Step:
    """Return the step from the full formula to the term that trains a VAE."""
    q = seen.image_q
    dims = q.mean.shape[1]
    zero, one = torch.zeros(dims, dtype=torch.float64), torch.eye(dims, dtype=torch.float64)
    full = float(gaussian_kl(q.mean[0], torch.diag_embed(q.std[0].square()), zero, one))
    return Step(
        "The VAE's case",
        "The encoder's q of the image at hand: the full formula, and the term that training takes.",
        "{kl: KL(N(μ(x), diag σ^2(x)) ‖ N(0, I))}",
        "½ Σ_j ({std: σ_j^2} + {mean: μ_j^2} − 1 − {std: log σ_j^2})",
        full,
        seen.image_kl,
        1e-6 * max(1.0, abs(full)),
    )


def _squares(pair: Pair) -> tuple[Tensor, Tensor]:
    """Return s_q(z) and s_p(z) at draws from q, (N,) each."""
    z = pair.q.sample(generator(0, "chapter 7, squares"), samples=STEP_DRAWS)[:, 0]
    found = []
    for one in (pair.q, pair.p):
        shift = z - one.mean[0]
        found.append((shift @ torch.linalg.inv(one.cov[0]) * shift).sum(1))
    return found[0], found[1]


def _mean_half_square(pair: Pair) -> float:
    """½ E_q[s_p(z) − s_q(z)] by a Gauss-Hermite rule of three nodes, exact for squares."""
    root = 3.0**0.5
    nodes = torch.tensor([-root, 0.0, root], dtype=torch.float64)
    weights = torch.tensor([1.0, 4.0, 1.0], dtype=torch.float64) / 6.0
    z = pair.q.at(torch.cartesian_prod(nodes, nodes)[:, None])[:, 0]
    weight = torch.cartesian_prod(weights, weights).prod(1)
    halves = []
    for one in (pair.p, pair.q):
        shift = z - one.mean[0]
        halves.append(0.5 * float(weight @ (shift @ torch.linalg.inv(one.cov[0]) * shift).sum(1)))
    return halves[0] - halves[1]
