"""A decoder that is trained on log p(x) itself, by quadrature: what training on the ELBO is measured against.

    ∇θ log p(x) = E_{p(z|x)} ∇θ log p(x, z)     (Fisher's identity)

The posterior is summed over an even lattice of codes, drawn anew at every step (see `lattice`). All of it is
decoded without gradients, and only the codes that carry some image's posterior a second time with gradients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.data import Dataset
from vae_core.likelihoods import misfit
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training.batches import Batches
from vae_core.training.config import TrainConfig
from vae_core.training.gradients import FlatParameters
from vae_core.training.initial import start_at_data_mean
from vae_core.training.lattice import MOST_SEEN, Lattice, LatticeSum
from vae_core.training.live import LiveSettings
from vae_core.training.optimiser import FlatAdam
from vae_core.training.products import gradient_of
from vae_core.training.snapshot import Snapshot, model_for

FIRST_SPACING, WIDEST_SPACING, FINEST = 0.12, 0.5, 0.004
FIRST_RADIUS, LAST_RADIUS = 5.0, 12.0
# The mean over a batch of the lattice's own estimate of its error, nats, that the spacing is aimed at. It is
# several times the real one.
AIM = 0.025
# Where it is more, the step is summed again on a finer lattice.
TOO_COARSE = 2.0
# An image's share of mass in the lattice's outermost ring that makes the lattice grow.
AT_THE_EDGE = 1e-3
# A lattice of more codes is not made: the run stops and says so.
MOST_CODES = 60_000
# The share of all weight that may be left out of the gradient, with the codes that carry least.
LEFT_OUT = 1e-5


class UnresolvedError(ArithmeticError):
    """The posteriors are too narrow for any lattice that is allowed."""


@dataclass(frozen=True, eq=False)
class Posteriors:
    """p(z|x) of a batch over the codes of a lattice.

    Attributes:
        log_likelihood: log p(x), (B,) nats, float64.
        error: About how far each is off, (B,) nats.
        z: Codes, (G, L).
        weight: p(z|x) of each image, (B, G); its rows sum to 1 but for what the dropped codes had.
    """

    log_likelihood: Tensor
    error: Tensor
    z: Tensor
    weight: Tensor


class Spacing:
    """The spacing and the radius of lattices, which follow the posteriors as they narrow."""

    def __init__(self, *, aim: float = AIM, most_codes: int = MOST_CODES) -> None:
        """Aim at a mean error in nats."""
        self.aim, self.most_codes = aim, most_codes
        self.spacing, self.radius = FIRST_SPACING, FIRST_RADIUS

    def suits(self, total: LatticeSum) -> bool:
        """Take in what a sum found; return whether it is good, or has to be made anew with the new spacing.

        Raises:
            UnresolvedError: If it isn't good, and no finer lattice is allowed.
        """
        error, edge = float(total.error.mean()), total.edge
        # error = e^{−c/h²}: the h at which it is what is aimed at
        known = min(max(error, 1e-12), 0.5) if math.isfinite(error) else 0.5
        factor = math.sqrt(math.log(known) / math.log(self.aim))
        good = error <= TOO_COARSE * self.aim and edge <= AT_THE_EDGE
        stuck = total.codes > self.most_codes or self.spacing < FINEST or self.radius >= LAST_RADIUS
        if not good and stuck:
            raise UnresolvedError("the posteriors have become too narrow or too far out to be summed over")
        if edge > AT_THE_EDGE:
            self.radius += 1.0
        if total.codes <= self.most_codes or factor < 1.0:
            # Wider only by and by: an error estimate of one lattice is noisy.
            self.spacing = min(WIDEST_SPACING, self.spacing * min(max(factor, 0.6), 1.02))
        return good


class ExactRun:
    """A training of a decoder on the mean of log p(x), stepped from outside.

    It starts from the weights of a `Run` of the same config, sees the same images in the same order, and
    takes Adam's steps at the same rates; β, free bits and warm-up don't act, as nothing is approximated. The
    encoder is not used, and stays at its initial weights. On the CPU, in float32.

    Attributes:
        config: The settings.
        dataset: The data.
        model: The live model; read it only.
        step: Steps taken.
        value: Mean log p(x) of the last batch before its step, nats per image; NaN before the first.
        error: The lattice's estimate of its mean error there, nats.
        failed: Whether log p(x) or the weights became infinite.
        stop_reason: A sentence once it has stopped, else None.
    """

    def __init__(self, config: TrainConfig, dataset: Dataset) -> None:
        """Make a run at step 0.

        Raises:
            SettingError: If there are more than two latent dimensions, or the likelihood can't score these
                data.
        """
        if config.latent_dim > 2:
            refuse("latent_dim", "must be 1 or 2 for training on exact log p(x)", config.latent_dim)
        problem = misfit(config.likelihood, dataset.support)
        if problem is not None:
            refuse("likelihood", "must fit the data", problem)
        self.config, self.dataset = config, dataset
        self.model: VAE = model_for(config, dataset.image_shape, seed=config.seed)
        start_at_data_mean(self.model, dataset.train.x)
        self.model.encoder.requires_grad_(False)
        self._flat = FlatParameters.of(self.model.decoder)
        self._adam = FlatAdam(self._flat)
        self._batches = Batches(
            dataset.train.x, batch_size=config.batch_size, latent_dim=config.latent_dim, seed=config.seed
        )
        self._live = LiveSettings(config)
        self._source = generator(config.seed, "lattice")
        self._spacing = Spacing()
        self.step = 0
        self.value = self.error = math.nan
        self.failed = False
        self.stop_reason: str | None = None

    @property
    def finished(self) -> bool:
        """Whether it takes no more steps."""
        return self.stop_reason is not None

    def snapshot(self) -> Snapshot:
        """Copy the model as it is now, its encoder untrained."""
        return Snapshot.of(self.model, self.config, step=self.step)

    def advance(self, *, steps: int) -> int:
        """Train for at most so many steps, and return how many were taken.

        Raises:
            SettingError: If `steps` is no such number.
        """
        most = int(check_number("steps", steps, low=0, high=1e9, integer=True))
        for taken in range(most):
            if self.finished:
                return taken
            x, _ = self._batches.next()
            try:
                found = posteriors(self.model, x, self._spacing, source=self._source)
            except UnresolvedError as trouble:
                self.stop_reason = f"Stopped at step {self.step:,}: {trouble}."
                return taken
            except FloatingPointError as trouble:
                return self._failed(taken, trouble)
            self.value, self.error = float(found.log_likelihood.mean()), float(found.error.mean())
            write_exact_gradients(self.model, x, found, flat=self._flat)
            if not (math.isfinite(self.value) and bool(self._flat.gradients.sum().isfinite())):
                return self._failed(taken, FloatingPointError("log p(x) became infinite"))
            self._adam.step(self._live.learning_rate(self.step))
            self.step += 1
            if self.step >= self.config.steps:
                self.stop_reason = f"Finished: {self.step:,} steps."
        return most

    def _failed(self, taken: int, trouble: FloatingPointError) -> int:
        self.failed = True
        self.stop_reason = f"Stopped at step {self.step:,}: {trouble}. Try a smaller learning rate."
        return taken


@torch.no_grad()
def posteriors(model: VAE, x: Tensor, spacing: Spacing, *, source: torch.Generator) -> Posteriors:
    """Return log p(x) and p(z|x) of a batch, summed over a fresh lattice that is fine enough.

    Args:
        model: A VAE of latent dimension 1 or 2, in float32.
        x: Images, (B, D).
        spacing: Where the search for a spacing begins; it learns what was found.
        source: Of the lattice's shift and turn.

    Raises:
        UnresolvedError: If no lattice that is allowed is fine enough.
        FloatingPointError: If log p(x, z) is no number.
    """
    while True:
        lattice = Lattice.drawn(model.latent_dim, spacing.spacing, source)
        if len(x) * lattice.expected_blocks(spacing.radius) > MOST_SEEN:
            raise UnresolvedError("the posteriors have become too narrow to be summed over")
        total = LatticeSum(model, x, lattice, radius=spacing.radius)
        if total.codes > 2 * spacing.most_codes:
            raise UnresolvedError("the posteriors have become too narrow to be summed over")
        chunks = list(total.chunks())
        if spacing.suits(total):
            break
    shares = [mass.mul_((1.0 / total.mass).float()[:, None]) for _, mass in chunks]
    carried = torch.cat([share.sum(0) for share in shares])
    order = torch.argsort(carried)
    kept = torch.ones(len(carried), dtype=torch.bool)
    kept[order[torch.cumsum(carried[order].double(), 0) < LEFT_OUT * len(x)]] = False
    parts = kept.split([len(codes) for codes, _ in chunks])
    z = torch.cat([codes[part] for (codes, _), part in zip(chunks, parts, strict=True)])
    weight = torch.cat([share[:, part] for share, part in zip(shares, parts, strict=True)], 1)
    return Posteriors(total.log_mass, total.error, z, weight)


def write_exact_gradients(model: VAE, x: Tensor, found: Posteriors, *, flat: FlatParameters) -> None:
    """Write the gradient of −1/B Σ_b log p(x_b) into the decoder's parameters' `.grad`.

    Args:
        model: Whose decoder's parameters are those of `flat`.
        x: Images, (B, D).
        found: Their posteriors under this model.
        flat: Of the decoder alone.
    """
    decoder = model.decoder
    flat.gradients.zero_()
    with torch.enable_grad():
        outputs = decoder.outputs(found.z)
    weight = found.weight / len(x)
    # Σ_b w_bg x_b and Σ_b w_bg of each code
    pulled, total = weight.T @ x, weight.sum(0)[:, None]
    likelihood = decoder.likelihood_of(outputs.detach())
    # −∂/∂outputs Σ_b w_bg log p(x_b|outputs_g) = −Σ_b w_bg (x_b − E[x|z_g]), over σ² for the Gaussian
    gradient = total * likelihood.mean - pulled
    if model.likelihood == "gaussian":
        precision = torch.exp(-2.0 * decoder.log_sigma.detach())
        if model.sigma == "learned":
            # −∂/∂log σ = D − E ‖x − μ(z)‖²/σ²
            mean = likelihood.mean
            squares = (weight.sum(1) * x.square().sum(1)).sum() - 2.0 * (pulled * mean).sum()
            squares = squares + (total * mean.square()).sum()
            gradient_of(decoder.log_sigma).copy_(x.shape[1] * total.sum() - squares * precision)
        gradient = gradient * precision
    outputs.backward(gradient)
