"""A model, its optimiser and its batches: one gradient step at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from vae_core.checks import refuse
from vae_core.data import Dataset
from vae_core.training.batches import Batches
from vae_core.training.config import TrainConfig
from vae_core.training.gradients import FlatParameters, write_gradients
from vae_core.training.initial import start_at_data_mean
from vae_core.training.optimiser import FlatAdam
from vae_core.training.snapshot import model_for


class Learner:
    """What changes with each step; it knows no history and no stopping.

    Attributes:
        model: The live model, whose parameters are views of one flat vector.
        batch_size: Images a step.
    """

    def __init__(self, config: TrainConfig, dataset: Dataset, *, device: torch.device) -> None:
        """Start from the initial weights of the config's seed."""
        self.model = model_for(config, dataset.image_shape, seed=config.seed)
        start_at_data_mean(self.model, dataset.train.x)
        self.model.to(device)
        self._device = device
        self._precision = config.precision
        self._flat = FlatParameters.of(self.model)
        self._adam = FlatAdam(self._flat)
        self._batches = Batches(
            dataset.train.x.to(device),
            batch_size=config.batch_size,
            latent_dim=config.latent_dim,
            seed=config.seed,
        )
        self.batch_size = self._batches.batch_size

    @torch.no_grad()
    def step(
        self, *, weight: float, free_bits: float, capacity: float | None, learning_rate: float, measure: bool
    ) -> tuple[float, list[float]] | None:
        """Train on the next batch.

        Args:
            weight: β at this step.
            free_bits: Nats per latent dimension that cost nothing.
            capacity: Nats that the KL is led to at this step, if any.
            learning_rate: Of Adam.
            measure: Whether to evaluate the terms of the batch, before the weights move.

        Returns:
            Where `measure`: the batch's mean reconstruction and mean KL per dimension, in nats per image.

        Raises:
            FloatingPointError: If they are not finite; the weights have not moved.
        """
        x, noise = self._batches.next()
        # What is measured is not rounded.
        precision = "float32" if measure else self._precision
        terms = write_gradients(
            self.model,
            x,
            noise,
            weight=weight,
            free_bits=free_bits,
            capacity=capacity,
            precision=precision,
        )
        measured = None
        if measure:
            likelihood = self.model.decoder.likelihood_of(terms.outputs)
            measured = float(likelihood.log_prob(x).mean()), [float(kl) for kl in terms.kl_per_dimension]
            check_finite(*measured)
        self._adam.step(learning_rate)
        return measured

    @property
    def finite(self) -> bool:
        """Whether all weights are finite numbers."""
        # One infinite or undefined weight makes the sum so; sound ones are far too small to.
        return bool(self._flat.values.sum().isfinite())

    def weights(self) -> Tensor:
        """Return a copy of all parameters as one vector."""
        return self._flat.values.clone()

    def put(self, weights: Tensor) -> None:
        """Set all parameters to what `weights` gave once."""
        self._flat.values.copy_(weights)

    def state(self) -> dict[str, Tensor]:
        """Return every tensor but the weights that decides the next steps."""
        return {
            **{f"adam.{name}": value for name, value in self._adam.state().items()},
            **{f"batches.{name}": value for name, value in self._batches.state().items()},
        }

    def restore(self, weights: dict[str, Tensor], state: dict[str, Tensor]) -> None:
        """Take over a model's `state_dict` and what `state` gave.

        Raises:
            KeyError, ValueError, RuntimeError: If something is missing or not as it was saved.
        """
        self.model.load_state_dict(weights)
        if not all(bool(value.isfinite().all()) for value in weights.values()):
            raise ValueError("the weights are not finite")
        adam = _part("adam", state)
        if adam and {name: v.shape for name, v in adam.items()} != self._adam_shapes():
            raise ValueError("the optimiser's state has other shapes")
        self._adam.restore({name: value.to(self._device) for name, value in adam.items()})
        self._batches.restore(_part("batches", state))

    def checked(self, weights: Tensor) -> Tensor:
        """Return weights on the device if they are such as `weights` gave once.

        Raises:
            ValueError: If their shape is another, or they are not finite.
        """
        if weights.shape != self._flat.values.shape or not bool(weights.isfinite().all()):
            raise ValueError("the weights have another shape, or are not finite")
        return weights.to(self._device, self._flat.values.dtype)

    def _adam_shapes(self) -> dict[str, torch.Size]:
        whole = self._flat.values.shape
        return {"step": torch.Size(()), "exp_avg": whole, "exp_avg_sq": whole}


def _part(name: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): v for key, v in state.items() if key.startswith(f"{name}.")}


def check_finite(reconstruction: float, kl_per_dimension: list[float]) -> None:
    """Raise FloatingPointError unless all terms are finite."""
    if not all(map(math.isfinite, (reconstruction, *kl_per_dimension))):
        raise FloatingPointError("the loss became infinite")


def available_device(name: str) -> torch.device:
    """Return a device that this machine has.

    Raises:
        SettingError: If it hasn't.
    """
    if name == "cuda" and not torch.cuda.is_available():
        refuse("device", "must be there", "cuda, and this machine has no NVIDIA GPU that PyTorch can use")
    if name == "mps" and not torch.backends.mps.is_available():
        refuse("device", "must be there", "mps, and this machine has no Apple chip that PyTorch can use")
    return torch.device(name)
