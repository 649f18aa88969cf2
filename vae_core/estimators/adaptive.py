"""Cutting cells until nothing changes: ∫ p(x, z) dz of many images over one lattice."""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Tensor

from vae_core.estimators.cells import CellRule, ceiling, log_sum
from vae_core.estimators.moments import Moments
from vae_core.estimators.pairs import CHUNK_PAIRS, Look, Pairs
from vae_core.estimators.scores import ImageScores
from vae_core.units import LOG_TWO_PI

F64 = torch.float64
NODES = {1: 12, 2: 8}
# The ball that is integrated over first, and the largest.
FIRST_RADIUS, LAST_RADIUS = 7.0, 30.0
# Cells are halved at most so often: a side of 1 becomes 3e-5.
LEVELS = 16
# Cells whose nodes are decoded at once: 64 nodes of 784 pixels are 0.4 MB.
CHUNK_CELLS = 32
# More pairs, or decoded cells, than these on one level are not cut any more, and the error says so.
MOST_PAIRS, MOST_CELLS = 400_000, 20_000
# The pairs of an image may be left as they are where cutting changes each by its part of this share of
# tolerance · p(x), of at least so many parts.
SHARE, PARTS = 0.25, 16
# A pair is dropped where a bound on its mass is this share of tolerance · p(x); there are hundreds.
DROPPED = 1e-4
# The polynomial stands for the decoder where its last two degrees are this share of the tolerance.
TRUSTED = 1.0 / 50.0
# Nats by which a function may rise between nodes where cutting is said to have settled.
SETTLED = 1.0
# Beyond the lattice, sup p(x|z) is looked for on circles of these radii, in units of its own.
CIRCLES = (1.2, 1.5, 2.0, 3.0)


class Lattice(Protocol):
    """Where cells lie: see `Frame`."""

    @property
    def side(self) -> float:
        """Of a cell at the first level."""

    def codes(self, cells: Tensor, points: Tensor, side: float) -> Tensor:
        """Return z (P, G, L)."""

    def covering(self, radius: float, *, beyond: float) -> Tensor:
        """Return cells (C, L)."""


class AdaptiveIntegral:
    """∫ p(x, z) dz of a batch of images over one lattice."""

    def __init__(self, scores: ImageScores, images: Tensor, lattice: Lattice, tolerance: float) -> None:
        """Hold rows `images` (B,) of the scores, a lattice of cells and the tolerance in nats."""
        count, dims = len(images), scores.latent_dim
        self.scores, self.images, self.lattice, self.tolerance = scores, images, lattice, tolerance
        self.rule = CellRule(dims, NODES[dims])
        # Sums in units of e^reference, which rises with the greatest value seen.
        self.reference = torch.full((count,), -math.inf, dtype=F64)
        self.peak = torch.full((count,), -math.inf, dtype=F64)
        self.height = torch.full((count,), -math.inf, dtype=F64)
        self.best = torch.zeros(count, dims, dtype=F64)
        self.known = torch.full((count,), -math.inf, dtype=F64)
        self.decoded = 0
        self.mass = torch.zeros(count, dtype=F64)
        self.error = torch.zeros(count, dtype=F64)
        self.first = torch.zeros(count, dims, dtype=F64)
        self.second = torch.zeros(count, dims, dims, dtype=F64)

    def over_all(self) -> Moments:
        """Integrate over a ball that grows until the tail is small, and return what was found."""
        rows, inner, radius = torch.arange(len(self.images)), 0.0, FIRST_RADIUS
        tail = torch.zeros(len(rows), dtype=F64)
        while True:
            self._look_beyond(rows, radius)
            pairs = self._first_pairs(rows, inner, radius)
            for level in range(LEVELS):
                if not len(pairs):
                    break
                pairs = self._cut(pairs, level)
            # ∫_{|z| > R} p(x|z) p(z) dz ≤ P(|z| > R) sup p(x|z), and P(|z| > R) ≤ e^{−R²/2} for L ≤ 2
            excess = (self.peak - self.reference - torch.log(self.mass))[rows]
            tail[rows] = torch.exp((excess - 0.5 * radius**2).clamp(max=700.0))
            short = tail[rows] > 0.1 * self.tolerance
            if not bool(short.any()) or radius >= LAST_RADIUS:
                break
            wanted = torch.sqrt(2.0 * (excess[short] + math.log(20.0 / self.tolerance)))
            rows, inner, radius = (
                rows[short],
                radius,
                min(LAST_RADIUS, max(1.1 * radius, float(wanted.max()))),
            )
        mean = self.first / self.mass[:, None]
        cov = self.second / self.mass[:, None, None] - mean[:, :, None] * mean[:, None, :]
        log_mass = self.reference + torch.log(self.mass)
        return Moments(log_mass, self.error / self.mass + tail, mean, cov, self.best)

    # ---- values from the decoder -----------------------------------------------------------------

    def _first_pairs(self, rows: Tensor, inner: float, radius: float) -> Pairs:
        """Return the cells between two radii, each with all images of `rows`."""
        cells, parts = self.lattice.covering(radius, beyond=inner), []
        for some in cells.split(CHUNK_CELLS):
            z = self.lattice.codes(some, self.rule.points, self.lattice.side)
            values = self.scores.log_prob(self.scores.parameters_at(z.flatten(0, 1)), self.images[rows])
            # (B, C·G) -> (C·B, G), the images of a cell in a row
            values = values.reshape(len(rows), len(some), -1).transpose(0, 1).flatten(0, 1)
            image = rows.repeat(len(some))
            each = torch.arange(len(some)).repeat_interleave(len(rows))
            joint = self._noted(values, z, each, image)
            exact = torch.zeros(len(joint), dtype=F64)
            parts.append(self._near(Pairs(image, some[each], self._shaped(joint), exact, exact > 0.0)))
        return self._near(Pairs.joined(parts))

    def _near(self, pairs: Pairs) -> Pairs:
        """Drop, at little cost, pairs that are far below the greatest value that their image has so far."""
        flat = pairs.values.flatten(1)
        top = flat.amax(1)
        log_area = self.rule.latent_dim * math.log(self.lattice.side)
        # Half of the cell's whole range is many times the step between two nodes.
        bound = top + 0.5 * (top - flat.amin(1)) + log_area
        # One node's share of the sum is what p(x) hardly is below.
        least = self.reference[pairs.image] + self.rule.log_weights.min() + log_area
        gone = bound < least + math.log(DROPPED * self.tolerance)
        cost = torch.exp(bound - self.reference[pairs.image])
        self.error.index_add_(0, pairs.image[gone], cost[gone])
        return pairs.at(torch.nonzero(~gone)[:, 0])

    def _decoded(self, pairs: Pairs, side: float) -> Tensor:
        """Return values at the nodes from the decoder: once a cell, for all of its images."""
        key = pairs.cell[:, 0] * 2**32 + pairs.cell[:, -1]
        _, which, counts = torch.unique(key, return_inverse=True, return_counts=True)
        self.decoded += len(counts)
        order = torch.argsort(which, stable=True)
        ends = torch.cumsum(counts, 0)
        points = self.rule.points
        joint = torch.empty(len(pairs), len(points), dtype=F64)
        for chunk in torch.arange(len(counts)).split(CHUNK_CELLS):
            rows = [order[ends[c] - counts[c] : ends[c]] for c in chunk.tolist()]
            z = self.lattice.codes(pairs.cell[torch.stack([r[0] for r in rows])], points, side)
            natural, partition = self.scores.parameters_at(z.flatten(0, 1))
            every, found = torch.cat(rows), []
            for place, own in enumerate(rows):
                part = slice(place * len(points), (place + 1) * len(points))
                images = self.images[pairs.image[own]]
                found.append(self.scores.log_prob((natural[part], partition[part]), images))
            place_of = torch.arange(len(rows)).repeat_interleave(counts[chunk])
            joint[every] = self._noted(torch.cat(found), z, place_of, pairs.image[every])
        return self._shaped(joint)

    def _noted(self, log_prob: Tensor, z: Tensor, cell: Tensor, image: Tensor) -> Tensor:
        """Return log p(x, z) for log p(x|z) (P, G) at z (C, G, L), and note the greatest of both."""
        self.peak.scatter_reduce_(0, image, log_prob.amax(1), "amax")
        # log p(z) = −½ ‖z‖² − ½ L log 2π
        log_prior = -0.5 * z.square().sum(2) - 0.5 * z.shape[2] * LOG_TWO_PI
        joint = log_prob + log_prior[cell]
        height, node = joint.max(1)
        highest = self.height
        self.height = highest.scatter_reduce(0, image, height, "amax")
        new = (height == self.height[image]) & (height > highest[image])
        self.best[image[new]] = z[cell[new], node[new]]
        self._raise(image, height)
        return joint

    def _look_beyond(self, rows: Tensor, radius: float) -> None:
        dims = self.rule.latent_dim
        turn = torch.arange(64, dtype=F64) * (2.0 * math.pi / 64)
        circle = torch.stack([turn.cos(), turn.sin()], 1) if dims == 2 else torch.tensor([[-1.0], [1.0]])
        z = torch.cat([factor * radius * circle.double() for factor in CIRCLES])
        log_prob = self.scores.log_prob(self.scores.parameters_at(z), self.images[rows])
        self.peak.scatter_reduce_(0, rows, log_prob.amax(1), "amax")

    def _shaped(self, values: Tensor) -> Tensor:
        return values.reshape(len(values), self.rule.nodes, -1)

    # ---- cutting ---------------------------------------------------------------------------------

    def _cut(self, pairs: Pairs, level: int) -> Pairs:
        """Add what is settled to the sums, and return the halves of what is not."""
        side = self.lattice.side / 2**level
        log_area = self.rule.latent_dim * math.log(side)
        if level == 0:
            self._learn(pairs.image, log_sum(pairs.values, self.rule.log_weights) + log_area)
        pairs, look = self._kept(pairs, log_area)
        # What the parent's polynomial said is compared with what the decoder says.
        doubtful = torch.nonzero(~pairs.trusted & (pairs.tail > 0.0))[:, 0]
        foretold = look.coarse.clone()
        if len(doubtful) and self.decoded <= MOST_CELLS:
            pairs.values[doubtful] = self._decoded(pairs.at(doubtful), side)
            again = Look.joined([self._look(chunk, log_area) for chunk in pairs.at(doubtful).split()])
            look = look.replaced(doubtful, again)
        tail = torch.where(pairs.trusted, pairs.tail, look.tail)
        self._learn(pairs.image, look.coarse)
        scale, unit = self.reference[pairs.image], self._unit(pairs.image)
        coarse = torch.exp(look.coarse - scale)
        # Where the polynomial overshoots, it may do so by hundreds of nats.
        fine = torch.exp((look.fine - scale).clamp(max=700.0))
        change = (coarse - fine).abs()
        astray = (coarse - torch.exp((foretold - scale).clamp(max=700.0))).abs()
        trusted = pairs.trusted | ((tail * fine <= TRUSTED * unit) & (tail < 0.1))
        parts = torch.bincount(pairs.image, minlength=len(self.images)).clamp_min(PARTS)[pairs.image]
        allowed = SHARE * unit / parts
        checked = pairs.tail.gt(0.0) & ~pairs.trusted & (astray <= allowed)
        settled = (trusted | checked) & (change <= allowed) & (look.rise < SETTLED)
        last = level == LEVELS - 1 or len(pairs) > MOST_PAIRS or self.decoded > MOST_CELLS
        done = torch.ones_like(settled) if last else settled
        error = change + torch.where(trusted | last, tail.clamp(max=1.0) * fine, astray)
        for rows in torch.nonzero(done)[:, 0].split(CHUNK_PAIRS):
            own = pairs.at(rows)
            self._add(own, self.rule.halve(own.values), error[rows], side)
        rows = torch.nonzero(~done)[:, 0]
        return self._halved(pairs.at(rows), tail[rows], trusted[rows])

    def _kept(self, pairs: Pairs, log_area: float) -> tuple[Pairs, Look]:
        """Look at pairs, drop those that hardly have mass, and note what that may cost."""
        look = Look.joined([self._look(chunk, log_area) for chunk in pairs.split()])
        scale, unit = self.reference[pairs.image], self._unit(pairs.image)
        tail = torch.where(pairs.tail > 0.0, pairs.tail, look.tail)
        bound = torch.exp((look.top + tail + log_area - scale).clamp(max=700.0))
        small = bound <= DROPPED * unit
        self.error.index_add_(0, pairs.image[small], bound[small])
        rows = torch.nonzero(~small)[:, 0]
        return pairs.at(rows), look.at(rows)

    def _learn(self, image: Tensor, coarse: Tensor) -> None:
        """Take p(x) to be the sum so far and what the decoder says of the pairs that are left."""
        rest = torch.zeros_like(self.mass).index_add_(0, image, torch.exp(coarse - self.reference[image]))
        self.known = self.reference + torch.log(self.mass + rest)

    def _unit(self, image: Tensor) -> Tensor:
        """tolerance · p(x), as far as p(x) is known, in units of e^reference."""
        return self.tolerance * torch.exp(self.known - self.reference)[image]

    def _look(self, pairs: Pairs, log_area: float) -> Look:
        halves = self.rule.halve(pairs.values)
        top = ceiling(halves)
        return Look(
            coarse=log_sum(pairs.values, self.rule.log_weights) + log_area,
            fine=log_sum(halves, self.rule.half_log_weights) + log_area,
            top=top,
            rise=top - halves.flatten(1).amax(1),
            tail=self.rule.tail(pairs.values),
        )

    def _halved(self, pairs: Pairs, tail: Tensor, trusted: Tensor) -> Pairs:
        many = 2**self.rule.latent_dim
        return Pairs(
            pairs.image.repeat_interleave(many),
            self.rule.child_cells(pairs.cell),
            self.rule.children(self.rule.halve(pairs.values)),
            tail.clamp_min(1e-300).repeat_interleave(many),
            trusted.repeat_interleave(many),
        )

    # ---- sums ------------------------------------------------------------------------------------

    def _add(self, pairs: Pairs, values: Tensor, error: Tensor, side: float) -> None:
        """Add values on the halves of cells to the sums of their images."""
        image = pairs.image
        log_area = self.rule.latent_dim * math.log(side)
        scale = self.reference[image][:, None]
        mass = torch.exp((values + self.rule.half_log_weights).flatten(1) + log_area - scale)
        z = self.lattice.codes(pairs.cell, self.rule.half_points, side)
        weighted = mass[:, :, None] * z
        self.mass.index_add_(0, image, mass.sum(1))
        self.error.index_add_(0, image, error)
        self.first.index_add_(0, image, weighted.sum(1))
        self.second.index_add_(0, image, weighted.mT @ z)

    def _raise(self, image: Tensor, height: Tensor) -> None:
        """Raise the reference to what was seen, and write the sums in the new unit."""
        before = self.reference
        self.reference = before.scatter_reduce(0, image, height, "amax")
        factor = torch.where(self.reference > before, torch.exp(before - self.reference), 1.0)
        self.mass *= factor
        self.error *= factor
        self.first *= factor[:, None]
        self.second *= factor[:, None, None]
