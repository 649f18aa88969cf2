"""∫ p(x|z) p(z) dz of a batch of images over an even lattice of codes, cheap enough for every training step.

On an even lattice, randomly shifted and turned, a smooth integrand is summed with an error that falls like
e^{−2π²σ²/h²} in the spacing h, σ the posterior's smallest standard deviation: it is small as soon as h is
about 1.5 σ. How large it is, the lattice tells itself: its sublattices of spacing √2 h and 2 h see the square
root and the fourth root of it. Float32 throughout; sums in float64.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.likelihoods import Bernoulli, ContinuousBernoulli
from vae_core.likelihoods.continuous_bernoulli import log_partition
from vae_core.likelihoods.softplus import softplus_sum
from vae_core.models import VAE
from vae_core.models.decoder import Decoder
from vae_core.units import LOG_TWO_PI

F64 = torch.float64
# Nodes of a block along each axis: blocks are looked at through one code first.
BLOCK = 4
# Blocks that are looked at, times images: these many float32 are 80 MB.
MOST_SEEN = 20_000_000
# A block is left out where its code is so many nats below the best code of every image. A block is 6 σ wide
# at h = 1.5 σ, so the best code may lie 9 nats below the peak, and what is 4 σ away from the peak 34 nats.
OUT_OF_SIGHT = 40.0
# Codes decoded at once.
CHUNK_CODES = 2048
# A ring of this width inside the lattice's radius must be empty.
RING = 1.0


@dataclass(frozen=True, eq=False)
class Lattice:
    """Codes at (n + origin) · spacing for whole numbers n, turned.

    Attributes:
        axes: Rows are the unit vectors of its axes, (L, L).
        origin: In spacings, (L,).
        spacing: h.
    """

    axes: Tensor
    origin: Tensor
    spacing: float

    @staticmethod
    def drawn(latent_dim: int, spacing: float, source: torch.Generator) -> Lattice:
        """Draw one for 1 or 2 latent dimensions."""
        u = torch.rand(3, generator=source, dtype=F64)
        cos, sin = math.cos(float(u[2]) * math.pi / 2), math.sin(float(u[2]) * math.pi / 2)
        axes = torch.tensor([[cos, sin], [-sin, cos]], dtype=F64)
        return Lattice(axes if latent_dim == 2 else torch.ones(1, 1, dtype=F64), u[:latent_dim], spacing)

    @property
    def cell(self) -> float:
        """Volume of a cell, hᴸ."""
        return self.spacing ** len(self.origin)

    def codes(self, nodes: Tensor) -> Tensor:
        """Return z (G, L) of nodes (G, L), in float32."""
        return ((nodes + self.origin) @ self.axes * self.spacing).float()

    def blocks(self, radius: float) -> Tensor:
        """Return the first node (C, L) of every block whose centre lies within a radius."""
        dims = len(self.origin)
        reach = math.ceil(radius / (BLOCK * self.spacing)) + 1
        first = BLOCK * torch.cartesian_prod(*[torch.arange(-reach, reach)] * dims).reshape(-1, dims)
        return first[self.centres(first).norm(dim=1) <= radius]

    def expected_blocks(self, radius: float) -> float:
        """Return about how many blocks lie within a radius."""
        reach = radius / (BLOCK * self.spacing)
        return 2.0 * reach if len(self.origin) == 1 else math.pi * reach**2

    def centres(self, first: Tensor) -> Tensor:
        """Return the code at the centre of each block, (C, L)."""
        return self.codes(first + 0.5 * (BLOCK - 1))

    def nodes(self, first: Tensor) -> Tensor:
        """Return all nodes of blocks, (C · 4ᴸ, L)."""
        dims = len(self.origin)
        offsets = torch.cartesian_prod(*[torch.arange(BLOCK)] * dims).reshape(-1, dims)
        return (first[:, None] + offsets).flatten(0, 1)


class LatticeSum:
    """∫ p(x, z) dz of images by a sum over one lattice.

    Attributes:
        codes: How many codes the lattice has where the images can see them.
    """

    def __init__(self, model: VAE, x: Tensor, lattice: Lattice, *, radius: float) -> None:
        """Look at the blocks of a lattice, and keep those in which some image of x (B, D) may have mass.

        Raises:
            FloatingPointError: If log p(x, z) is no number.
        """
        self._decoder, self._x, self._lattice, self._radius = model.decoder, x, lattice, radius
        first = lattice.blocks(radius)
        parts = [self._joint(lattice.centres(some)) for some in first.split(CHUNK_CODES)]
        seen = torch.cat(parts, 1)
        if not bool(seen.isfinite().all()):
            raise FloatingPointError("log p(x) became infinite")
        # Sums are in units of e^reference.
        self._reference = seen.amax(1, keepdim=True)
        self._nodes = lattice.nodes(first[(seen - self._reference).amax(0) > -OUT_OF_SIGHT])
        self.codes = len(self._nodes)
        self._sums = x.new_zeros((), dtype=F64)

    @torch.no_grad()
    def chunks(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Sum, chunk after chunk; what has been summed can be read after the last.

        Yields:
            Codes z (G, L) and p(x, z) of the images in units of their own, (B, G).
        """
        for nodes in self._nodes.split(CHUNK_CODES):
            z = self._lattice.codes(nodes)
            mass = torch.exp(self._joint(z).sub_(self._reference))
            self._sums = self._sums + (mass @ self._features(nodes, z)).double()
            yield z, mass

    @property
    def mass(self) -> Tensor:
        """The sum of what `chunks` gave, (B,)."""
        return self._sums[:, 0]

    @property
    def log_mass(self) -> Tensor:
        """log p(x), (B,) nats, float64."""
        return self.mass.log() + self._reference[:, 0].double() + math.log(self._lattice.cell)

    @property
    def error(self) -> Tensor:
        """About how far log p(x) may be off, (B,) nats; infinite where the sum is no number.

        It is the greater of two estimates: what the sublattices say, and e^{−2π²σ²/h²} for the posterior's
        own smallest σ. One alone can be fooled: the first where an image lies evenly between the nodes of
        the sublattices, the second by a posterior with several modes.
        """
        # The character that is −1 on every second node tells the lattice of √2 h from this one (in one
        # dimension: that of 2 h), those of the two axes the lattice of 2 h.
        flat = self._dims == 1
        differences = (self._sums[:, 1 : 2 if flat else 4] / self.mass[:, None]).abs()
        powers = differences.new_tensor([2.0] if flat else [2.0, 4.0, 4.0])
        narrowest = torch.linalg.eigvalsh(self.moments()[1].nan_to_num())[:, 0].clamp_min(0.0)
        smooth = 2.0 * torch.exp(-2.0 * math.pi**2 * narrowest / self._lattice.spacing**2)
        return torch.maximum((differences**powers).amax(1), smooth).nan_to_num(nan=math.inf)

    @property
    def edge(self) -> float:
        """The greatest share of an image's mass in the outermost ring: near 0 where the radius suffices."""
        return float((self._sums[:, 4] / self.mass).nan_to_num(nan=0.0).max())

    def moments(self) -> tuple[Tensor, Tensor]:
        """Return E[z|x], (B, L), and Cov[z|x], (B, L, L), in float64."""
        dims = self._dims
        first = self._sums[:, 5 : 5 + dims] / self.mass[:, None]
        second = (self._sums[:, 5 + dims :] / self.mass[:, None]).reshape(-1, dims, dims)
        return first, second - first[:, :, None] * first[:, None, :]

    @property
    def _dims(self) -> int:
        return len(self._lattice.origin)

    def _features(self, nodes: Tensor, z: Tensor) -> Tensor:
        """Return what is summed beside the mass: characters, the ring, z and z zᵀ; (G, 5 + L + L²)."""
        odd = nodes % 2
        signs = 1.0 - 2.0 * torch.stack([odd.sum(1) % 2, odd[:, 0], odd[:, -1]], 1)
        ring = z.norm(dim=1, keepdim=True) > self._radius - RING
        products = (z[:, :, None] * z[:, None, :]).flatten(1)
        return torch.cat([torch.ones_like(z[:, :1]), signs.float(), ring.float(), z, products], 1)

    @torch.no_grad()
    def _joint(self, z: Tensor) -> Tensor:
        """Return log p(x, z), (B, G)."""
        return log_prob(self._decoder, self._x, z).sub_(0.5 * (z.square() + LOG_TWO_PI).sum(1))


def log_prob(decoder: Decoder, x: Tensor, z: Tensor) -> Tensor:
    """Return log p(x|z), (B, G), of every image x (B, D) at every code z (G, L), as one matrix product."""
    outputs = decoder.outputs(z)
    likelihood = decoder.likelihood_of(outputs)
    # x·η − A, with natural parameters η and log-partition A
    if isinstance(likelihood, Bernoulli):
        return torch.addmm(-softplus_sum(outputs), x, outputs.T)
    if isinstance(likelihood, ContinuousBernoulli):
        return torch.addmm(-log_partition(outputs).sum(1), x, outputs.T)
    # Around the decoder's bias, as −½ (‖x‖² − 2 x·μ + ‖μ‖²)/σ² loses digits with large numbers.
    centre = decoder.linears[-1].bias.detach()
    precision, own, mean = torch.exp(-2.0 * decoder.log_sigma), x - centre, outputs - centre
    log_scale = x.shape[1] * (0.5 * LOG_TWO_PI + decoder.log_sigma)
    scores = torch.addmm(-0.5 * mean.square().sum(1), own, mean.T)
    return scores.sub_(0.5 * own.square().sum(1, keepdim=True)).mul_(precision).sub_(log_scale)
