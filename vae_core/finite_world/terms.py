"""Every term of the eight forms, each summed from its own definition over images and nodes, in nats.

Inference: q(x, z) = p_D(x) q(z|x), q(z) = Σ_x q(x, z), q(x|z) = q(x, z)/q(z). Generative:
p(x, z) = p(z) p(x|z), p(x) = ∫ p(x, z) dz, p(z|x) = p(x, z)/p(x).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from vae_core.finite_world.tables import Block, Tables


@dataclass(frozen=True, eq=False)
class Joint:
    """Both joint distributions on a block of nodes.

    Attributes:
        block: What depends on the model alone.
        p_data: p_D(x), (N,).
        log_p_x: log p(x), (N,).
        cell: The weight of a node.
    """

    block: Block
    p_data: Tensor
    log_p_x: Tensor
    cell: float

    @cached_property
    def q_xz(self) -> Tensor:
        """q(x, z) = p_D(x) q(z|x), (G, N)."""
        return self.block.q * self.p_data

    @cached_property
    def q_z(self) -> Tensor:
        """q(z) = Σ_x p_D(x) q(z|x), (G, 1)."""
        return self.q_xz.sum(1, keepdim=True)

    @property
    def log_p_data(self) -> Tensor:
        """log p_D(x), (N,); 0 where p_D(x) = 0, as 0 log 0 = 0."""
        return torch.where(self.p_data > 0.0, self.p_data, 1.0).log()

    @property
    def log_p_xz(self) -> Tensor:
        """log p(x, z) = log p(z) + log p(x|z), (G, N)."""
        return self.block.log_prior + self.block.log_p

    def mean(self, values: Tensor) -> float:
        """E_{q(x,z)} of values (G, N): this block's part."""
        return self.cell * float(torch.dot(self.q_xz.flatten(), values.flatten()))


def reconstruction(at: Joint) -> float:
    """E_{q(x,z)} log p(x|z)."""
    return at.mean(at.block.log_p)


def log_weight(at: Joint) -> float:
    """E_{q(x,z)} log w."""
    # log w = log p(x, z) − log q(z|x)
    return at.mean(at.log_p_xz - at.block.log_q)


def log_joint(at: Joint) -> float:
    """E_{q(x,z)} log p(x, z)."""
    return at.mean(at.log_p_xz)


def encoder_entropy(at: Joint) -> float:
    """E_{p_D(x)} H(q(z|x))."""
    # H(q) = −∫ q log q
    return -at.mean(at.block.log_q)


def posterior_kl(at: Joint) -> float:
    """E_{p_D(x)} KL(q(z|x) ‖ p(z|x))."""
    # log p(z|x) = log p(x, z) − log p(x)
    return at.mean(at.block.log_q - (at.log_p_xz - at.log_p_x))


def joint_kl(at: Joint) -> float:
    """KL(q(x, z) ‖ p(x, z))."""
    # log q(x, z) = log p_D(x) + log q(z|x)
    return at.mean((at.log_p_data + at.block.log_q) - at.log_p_xz)


def aggregate_kl(at: Joint) -> float:
    """KL(q(z) ‖ p(z))."""
    # ∫ q(z) [log q(z) − log p(z)]
    return at.cell * float((at.q_z * (at.q_z.log() - at.block.log_prior)).sum())


def decoder_kl(at: Joint) -> float:
    """E_{q(z)} KL(q(x|z) ‖ p(x|z))."""
    q_x = at.q_xz / at.q_z
    # log q(x|z) = log p_D(x) + log q(z|x) − log q(z)
    log_q_x = (at.block.log_q - at.q_z.log()) + at.log_p_data
    # At each z, KL = Σ_x q(x|z) [log q(x|z) − log p(x|z)]
    kl = (q_x * (log_q_x - at.block.log_p)).sum(1, keepdim=True)
    return at.cell * float((at.q_z * kl).sum())


def information(at: Joint) -> float:
    """I_q(x; z)."""
    # E_{q(x,z)} log q(x, z)/(p_D(x) q(z)) = E_{p_D(x)} KL(q(z|x) ‖ q(z))
    return at.mean(at.block.log_q - at.q_z.log())


ON_GRID: dict[str, Callable[[Joint], float]] = {
    part.__name__: part
    for part in (
        reconstruction,
        log_weight,
        log_joint,
        encoder_entropy,
        posterior_kl,
        joint_kl,
        aggregate_kl,
        decoder_kl,
        information,
    )
}


@torch.no_grad()
def terms_on(tables: Tables, p_data: Tensor) -> dict[str, float]:
    """Return every term that needs the grid, by name, nats per image.

    Args:
        tables: Of a model and a grid.
        p_data: p_D, (N,) float64.
    """
    log_p_x = tables.log_likelihood
    total = dict.fromkeys(ON_GRID, 0.0)
    for block in tables.blocks():
        at = Joint(block, p_data, log_p_x, tables.grid.cell)
        for name, part in ON_GRID.items():
            total[name] += part(at)
    seen = p_data > 0.0
    # E log p(x), and KL(p_D ‖ p) = Σ_x p_D(x) [log p_D(x) − log p(x)]
    total["log_likelihood"] = float(p_data @ log_p_x)
    total["data_kl"] = float((p_data * (p_data.log() - log_p_x))[seen].sum())
    return total
