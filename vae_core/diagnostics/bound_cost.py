"""What training on the bound costs: the same decoder from the same seed, on the ELBO and on log p(x)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from torch import Tensor

from vae_core.checks import check_number, refuse
from vae_core.data import Dataset
from vae_core.diagnostics.gap_history import MOST_IMAGES, log_spaced, standard_error
from vae_core.diagnostics.sliced import lattice_posteriors, sliced_elbo
from vae_core.estimators import fit_posterior
from vae_core.gaussians import DiagonalGaussian, FullGaussian
from vae_core.models import VAE
from vae_core.rng import generator
from vae_core.training import ExactRun, Run, Snapshot, TrainConfig

# Steps of one slice, of training on the ELBO and on log p(x).
ELBO_STEPS, EXACT_STEPS = 8, 1
# Validation images whose posteriors are fitted, and how many at once.
FITTED_IMAGES, FITTED_AT_ONCE = 50, 1
# Training on log p(x) may take so long on one core, and gets so many multiplications and additions done.
MOST_MINUTES = 10.0
WORK_PER_MINUTE = 1.5e12
# About so many codes are decoded at a step, in one and in two dimensions.
CODES = {1: 300, 2: 8_000}


def default_experiment(*, seed: int = 0) -> TrainConfig:
    """Return settings with which both trainings take about a minute: binary digits, two latent dimensions."""
    return TrainConfig(hidden=(64,), steps=400, kl_warmup=50, seed=seed, precision="float32")


@dataclass(frozen=True, eq=False)
class Trained:
    """One of the two trainings, at S moments.

    Attributes:
        name: "elbo" or "exact", after what it was trained on.
        train_log_likelihood: Mean exact log p(x) of training images, (S,) nats per image, float64.
        validation_log_likelihood: Of validation images, (S,).
        train_elbo: Mean ELBO of training images, (S,); None for "exact", which trains no encoder.
        snapshot: The model at the last moment; the encoder of "exact" is at its initial weights. None before
            the first moment.
    """

    name: str
    train_log_likelihood: Tensor
    validation_log_likelihood: Tensor
    train_elbo: Tensor | None
    snapshot: Snapshot | None = None


def _empty() -> Tensor:
    return torch.empty(0, dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class BoundCost:
    """Both trainings, and what they leave.

    Attributes:
        steps: Steps trained at each moment, (S,) int64.
        elbo: The training on the ELBO.
        exact: The training on log p(x).
        train_cost_error: Standard error over images of how much more log p(x) "exact" has on training images,
            (S,) nats.
        validation_cost_error: The same on validation images.
        family_gap: Mean log p(x) less the ELBO of the best Gaussian q of full covariance, over 50 validation
            images, with its standard error over images: of "elbo", then of "exact". None before the end. An
            estimate: a fit finds a best q from several starts, but proves nothing.
        images: Of the greater part.
        fraction: How much of the work is done, 0 to 1.
        ending: Why there are no further moments, in a sentence; None while there may be.
    """

    steps: Tensor = field(default_factory=lambda: torch.empty(0, dtype=torch.int64))
    elbo: Trained = field(default_factory=lambda: Trained("elbo", _empty(), _empty(), _empty()))
    exact: Trained = field(default_factory=lambda: Trained("exact", _empty(), _empty(), None))
    train_cost_error: Tensor = field(default_factory=_empty)
    validation_cost_error: Tensor = field(default_factory=_empty)
    family_gap: tuple[tuple[float, float], tuple[float, float]] | None = None
    images: int = 0
    fraction: float = 0.0
    ending: str | None = None


def experiment_of(config: TrainConfig) -> TrainConfig:
    """Return a config as both trainings take it: the ELBO at β = 1, for a number of steps, in float32."""
    plain = config.replace(beta=1.0, free_bits=0.0, kl_cycles=0, capacity=0.0)
    return plain.replace(stop="steps", device="cpu", threads=1, precision="float32")


def exact_training_minutes(config: TrainConfig, dataset: Dataset) -> float:
    """Return about how many minutes the training on exact log p(x) takes on one core."""
    return _work(config, dataset) / WORK_PER_MINUTE


def unaffordable(config: TrainConfig, dataset: Dataset) -> str | None:
    """Say why `bound_cost` is not offered for these settings, in a sentence; None where it is."""
    if config.latent_dim > 2:
        return "Exact log p(x) needs one or two latent dimensions, to be summed over codes at every step."
    minutes = exact_training_minutes(config, dataset)
    if minutes > MOST_MINUTES:
        return (
            f"Training this decoder on exact log p(x) would take about {minutes:,.0f} minutes: each of its "
            f"{config.steps:,} steps decodes thousands of codes."
        )
    return None


def _work(config: TrainConfig, dataset: Dataset) -> float:
    """Multiplications and additions of all steps: codes decoded, and scored against the batch."""
    widths = [min(config.latent_dim, 2), *config.hidden[::-1], dataset.train.x.shape[1]]
    decoding = sum(a * b for a, b in pairwise(widths))
    # An exponential a pixel takes as long as some fifty multiplications.
    scoring = (min(config.batch_size, len(dataset.train)) + 50) * widths[-1]
    return 2.0 * config.steps * CODES[min(config.latent_dim, 2)] * (1.3 * decoding + scoring)


def bound_cost(
    config: TrainConfig, dataset: Dataset, *, moments: int = 12, images: int = 200
) -> Iterator[BoundCost]:
    """Train the same decoder on the ELBO and on exact log p(x), and measure log p(x) of both on the way.

    Both start from the same weights and see the same images in the same order, with the same optimiser and
    rates; β is 1. KL warm-up stays, as it helps the ELBO and does not act on log p(x).

    Args:
        config: The settings; see `experiment_of` for those that are set aside.
        dataset: The data.
        moments: At most so many, the steps between growing in proportion.
        images: The first images of train and of validation that are measured.

    Yields:
        The record so far, after each slice of tenths of a second: between two moments only its `fraction` is
        new. The last one has an `ending` and, if both trainings went well, the family gaps.

    Raises:
        SettingError: If this can't be afforded (see `unaffordable`), or a setting breaks its rule.
    """
    reason = unaffordable(config, dataset)
    if reason is not None:
        refuse("config", "must be affordable to train on exact log p(x)", reason.rstrip("."))
    count = int(check_number("images", images, low=2, high=MOST_IMAGES, integer=True))
    most = int(check_number("moments", moments, low=2, high=1000, integer=True))
    settings = experiment_of(config)
    return _Comparison(Run(settings, dataset), ExactRun(settings, dataset), count, most).records()


class _Comparison:
    """Both runs, and the record that grows."""

    def __init__(self, run: Run, exact: ExactRun, images: int, moments: int) -> None:
        self.run, self.exact = run, exact
        self.parts = (run.dataset.train.x[:images], run.dataset.validation.x[:images])
        self.due = log_spaced(run.config.steps, moments)
        self.source = generator(0, "bound cost")
        self.record = BoundCost(images=max(map(len, self.parts)))

    def records(self) -> Iterator[BoundCost]:
        ending = f"Finished: {self.run.config.steps:,} steps."
        for place, step in enumerate(self.due):
            for _ in self._trained(step):
                # Training on log p(x) is nearly all of the work.
                done = 0.8 * self.exact.step / self.run.config.steps + 0.15 * place / len(self.due)
                self.record = replace(self.record, fraction=done)
                yield self.record
            short = [run for run in (self.run, self.exact) if run.failed or run.step < step]
            if short:
                ending = str(short[0].stop_reason)
                break
            for _ in self._measured(step):
                yield self.record
        else:
            for _ in self._fitted():
                yield self.record
        yield replace(self.record, fraction=1.0, ending=ending)

    def _trained(self, step: int) -> Iterator[None]:
        """Train both up to a step, or until one stops."""
        for run, most in ((self.run, ELBO_STEPS), (self.exact, EXACT_STEPS)):
            while run.step < step and not run.finished:
                run.advance(steps=min(most, step - run.step))
                yield

    def _measured(self, step: int) -> Iterator[None]:
        """Add a moment to the record."""
        sizes, x = [len(part) for part in self.parts], torch.cat(self.parts)
        snapshots = self.run.snapshot(), self.exact.snapshot()
        found = []
        for snapshot in snapshots:
            sums = yield from lattice_posteriors(snapshot.model(), x, source=self.source)
            found.append(sums.log_likelihood)
        elbo = yield from sliced_elbo(snapshots[0].model(), self.parts[0])
        (train, validation), (train_exact, validation_exact) = (values.split(sizes) for values in found)
        old = self.record
        self.record = replace(
            old,
            steps=torch.cat([old.steps, torch.tensor([step])]),
            elbo=_longer(old.elbo, train, validation, elbo, snapshots[0]),
            exact=_longer(old.exact, train_exact, validation_exact, None, snapshots[1]),
            train_cost_error=_with(old.train_cost_error, standard_error(train_exact - train)),
            validation_cost_error=_with(
                old.validation_cost_error, standard_error(validation_exact - validation)
            ),
        )
        yield

    def _fitted(self) -> Iterator[None]:
        """Add the family gaps of both."""
        x, gaps = self.parts[1][:FITTED_IMAGES], []
        for run in (self.run, self.exact):
            gap = yield from family_gaps(run.snapshot().model(), x, source=self.source)
            gaps.append((float(gap.mean()), standard_error(gap)))
        self.record = replace(self.record, family_gap=(gaps[0], gaps[1]))
        yield


def family_gaps(model: VAE, x: Tensor, *, source: torch.Generator) -> Generator[None, None, Tensor]:
    """Measure log p(x) less the ELBO of the best Gaussian q of full covariance that is found.

    Args:
        model: A VAE of latent dimension 1 or 2, in float32; its encoder may be untrained.
        x: Images, (B, D).
        source: Of the lattices' shifts and turns.

    Yields:
        Nothing, after each few images.

    Returns:
        (B,) nats.
    """
    found = yield from lattice_posteriors(model, x, source=source)
    model = model.double()
    gaps = []
    for rows in torch.arange(len(x)).split(FITTED_AT_ONCE):
        cov = found.cov[rows]
        # At the likeliest code, and narrow: where there are several modes, this finds one.
        narrow = 0.5 * torch.linalg.eigvalsh(cov)[:, :1].clamp_min(1e-12).sqrt().expand_as(found.best[rows])
        starts: list[DiagonalGaussian | FullGaussian] = [
            FullGaussian(found.mean[rows], torch.linalg.cholesky(cov)),
            DiagonalGaussian(found.best[rows], 2.0 * narrow.log()),
        ]
        fit = fit_posterior(model, x[rows].double(), family="full", starts=starts)
        yield
        elbo = yield from sliced_elbo(model, x[rows].double(), q=fit.q)
        gaps.append(found.log_likelihood[rows] - elbo)
    return torch.cat(gaps)


def _longer(
    old: Trained, train: Tensor, validation: Tensor, elbo: Tensor | None, snapshot: Snapshot
) -> Trained:
    """Return a training's record with one moment more."""
    known = old.train_elbo
    return replace(
        old,
        train_log_likelihood=_with(old.train_log_likelihood, float(train.mean())),
        validation_log_likelihood=_with(old.validation_log_likelihood, float(validation.mean())),
        train_elbo=None if known is None or elbo is None else _with(known, float(elbo.mean())),
        snapshot=snapshot,
    )


def _with(column: Tensor, value: float) -> Tensor:
    return torch.cat([column, column.new_tensor([value])])
