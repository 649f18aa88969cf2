"""The settings of a run, each with its limits: what checks a config also builds its control."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vae_core.checks import SettingError, check_choice, check_number, refuse
from vae_core.data import dataset_names
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models.activations import ACTIVATIONS
from vae_core.models.vae import MAX_LATENT_DIM, MAX_LAYERS, MAX_WIDTH, SIGMA_HIGH, SIGMA_LOW, check_sigma
from vae_core.training.products import PRECISIONS, fastest_precision

Kind = Literal["integer", "number", "choice", "sigma", "widths"]
MAX_JSON = 20_000


@dataclass(frozen=True)
class Setting:
    """What one setting may be.

    Attributes:
        name: Field of `TrainConfig`.
        label: For a control.
        kind: "integer", "number", "choice", "sigma" (a number or "learned") or "widths" (integers).
        help: What it does to the ELBO, in a sentence or two.
        low: Smallest value of a number.
        high: Largest value of a number.
        choices: Of a choice.
        live: Whether it may change while a run trains.
        step: Of a control.
        log_scale: Whether a control should move in factors.
    """

    name: str
    label: str
    kind: Kind
    help: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    live: bool = False
    step: float | None = None
    log_scale: bool = False

    def check(self, value: object) -> Any:
        """Return the value in its own type.

        Raises:
            SettingError: If it breaks the setting's rule.
        """
        if self.kind == "choice":
            return check_choice(self.name, value, self.choices)
        if self.kind == "sigma":
            return check_sigma(value)
        if self.kind == "widths":
            return self._check_widths(value)
        return check_number(self.name, value, low=self.low, high=self.high, integer=self.kind == "integer")

    def _check_widths(self, value: object) -> tuple[int, ...]:
        if isinstance(value, int) and not isinstance(value, bool):
            value = (value,)
        rule = f"must be at most {MAX_LAYERS} whole numbers from {self.low:g} to {self.high:g}"
        if not isinstance(value, (tuple, list)) or len(value) > MAX_LAYERS:
            refuse(self.name, rule, value)
        return tuple(
            int(check_number(self.name, width, low=self.low, high=self.high, integer=True)) for width in value
        )

    def parse(self, text: str, *, clamp: bool = False) -> Any:
        """Return the value that a text means, as on a command line or, clamped, in a link.

        Raises:
            SettingError: If the text is none of this setting's values.
        """
        if self.kind == "choice" or (self.kind == "sigma" and text == "learned"):
            return self.check(text)
        if self.kind == "widths":
            parts = [] if text == "linear" else text.split(",")
            return self.check([self._number(part) for part in parts[: MAX_LAYERS + 1]])
        number = self._number(text)
        if clamp:
            number = min(max(number, self.low), self.high)
            number = float(math.trunc(number)) if self.kind == "integer" else number
        return self.check(int(number) if self.kind == "integer" and number.is_integer() else number)

    def _number(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or len(text) > 40:
            refuse(self.name, "must be a number", text)
        return number


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Every setting of a run. `SETTINGS` says what each may be and does.

    Raises:
        SettingError: If a setting breaks its rule.
    """

    dataset: str = "mnist-5k-binary"
    likelihood: str = "bernoulli"
    sigma: float | Literal["learned"] = 1.0
    latent_dim: int = 2
    hidden: tuple[int, ...] = (400,)
    activation: str = "tanh"
    beta: float = 1.0
    kl_warmup: int = 100
    free_bits: float = 0.0
    kl_cycles: int = 0
    capacity: float = 0.0
    batch_size: int = 128
    learning_rate: float = 4e-3
    schedule: str = "cosine"
    steps: int = 3000
    stop: str = "steps"
    time_limit_s: float = 60.0
    patience: int = 10
    seed: int = 0
    threads: int = 1
    device: str = "cpu"
    precision: str = field(default_factory=fastest_precision)

    def __post_init__(self) -> None:
        """Check every setting."""
        for name, setting in SETTINGS.items():
            object.__setattr__(self, name, setting.check(getattr(self, name)))

    def replace(self, **changes: object) -> TrainConfig:
        """Return a copy with some settings changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def to_json(self) -> str:
        """Return all settings as a JSON object."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> TrainConfig:
        """Read what `to_json` wrote; settings that are absent keep their defaults.

        Raises:
            SettingError: If the text is no JSON object, or names an unknown or a bad setting.
        """
        if len(text) > MAX_JSON:
            refuse("config", f"must have at most {MAX_JSON} characters", f"{len(text)} characters")
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            refuse("config", "must be a JSON object", text[:60])
        return cls.from_values(values)

    @classmethod
    def from_values(cls, values: object) -> TrainConfig:
        """Make a config from a parsed JSON object.

        Raises:
            SettingError: If it is no object, or names an unknown or a bad setting.
        """
        if not isinstance(values, dict):
            refuse("config", "must be a JSON object", type(values).__name__)
        for name in values:
            if name not in SETTINGS:
                refuse("config", f"must only have the settings {', '.join(SETTINGS)}", str(name))
        return cls(**values)

    def to_query(self) -> dict[str, str]:
        """Return what differs from the defaults, as the parameters of a link."""
        default = TrainConfig()
        query = {}
        for name in LINK_SETTINGS:
            value = getattr(self, name)
            if value != getattr(default, name):
                query[name] = as_text(value)
        return query

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[TrainConfig, tuple[str, ...]]:
        """Read the parameters of a link, typed and clamped.

        Args:
            query: Parameters; those that are no settings are left alone.

        Returns:
            The config and a sentence for each entry that was ignored.
        """
        values: dict[str, Any] = {}
        sentences = []
        for name in LINK_SETTINGS:
            if name not in query:
                continue
            try:
                values[name] = SETTINGS[name].parse(query[name], clamp=True)
            except SettingError as error:
                sentences.append(str(error))
        return cls(**values), tuple(sentences)


def as_text(value: object) -> str:
    """Return a setting's value as `Setting.parse` reads it; of widths, no layer at all is "linear"."""
    if isinstance(value, tuple):
        return ",".join(str(width) for width in value) or "linear"
    if isinstance(value, float):
        short = f"{value:.10g}"
        return short if float(short) == value else repr(value)
    return str(value)


def _settings() -> tuple[Setting, ...]:
    return (
        Setting(
            "dataset", "Data", "choice", choices=dataset_names(),
            help="What the model learns. On binary data a Bernoulli decoder has a true likelihood.",
        ),
        Setting(
            "likelihood", "Decoder", "choice", choices=LIKELIHOODS,
            help="How the decoder scores an image. It decides what the reconstruction term counts: "
            "ELBOs of two likelihoods are comparable only on the same space.",
        ),
        Setting(
            "sigma", "σ of the Gaussian", "sigma", low=SIGMA_LOW, high=SIGMA_HIGH, log_scale=True,
            help="Small σ makes errors dear, so reconstruction outweighs the KL; a learned σ settles at "
            "the root mean squared error.",
        ),
        Setting(
            "latent_dim", "Latent dimensions", "integer", low=1, high=MAX_LATENT_DIM, step=1,
            help="More dimensions can carry more nats; those that don't pay for their KL stay closed.",
        ),
        Setting(
            "hidden", "Hidden layers", "widths", low=1, high=MAX_WIDTH,
            help="Widths from x to z, mirrored in the decoder. None makes the model linear: "
            "probabilistic PCA, whose log-likelihood is known in closed form.",
        ),
        Setting(
            "activation", "Activation", "choice", choices=ACTIVATIONS,
            help="Smooth ones (tanh, gelu, softplus, silu) let quadrature over z be exact.",
        ),
        Setting(
            "beta", "β", "number", low=0.0, high=100.0, live=True, step=0.1,
            help="Weight of the KL in training. 1 trains the ELBO; above, codes are pulled to the prior; "
            "below, what is trained is no bound. The ELBO shown is always that of β = 1.",
        ),
        Setting(
            "kl_warmup", "KL warm-up", "integer", low=0, high=100_000, live=True, step=10,
            help="Steps over which the KL's weight rises from 0 to β, so that codes open before they cost.",
        ),
        Setting(
            "free_bits", "Free bits", "number", low=0.0, high=10.0, live=True, step=0.05,
            help="Nats per latent dimension that cost nothing in training: keeps dimensions open.",
        ),
        Setting(
            "kl_cycles", "KL cycles", "integer", low=0, high=100, live=True, step=1,
            help="The KL's weight rises from 0 to β over the first half of each of so many equal parts of "
            "the run, instead of warm-up: closed dimensions get another chance. 0: no cycles.",
        ),
        Setting(
            "capacity", "Capacity, nats", "number", low=0.0, high=100.0, live=True, step=0.5,
            help="Leads the KL to so many nats, from 0 over the first half of the run: training weighs "
            "|KL − C| by β, which is no bound. 0: none.",
        ),
        Setting(
            "batch_size", "Batch", "integer", low=1, high=4096, log_scale=True,
            help="Images a step. Larger batches give less noisy gradients, and fewer steps a second.",
        ),
        Setting(
            "learning_rate", "Learning rate", "number", low=1e-6, high=1.0, live=True, log_scale=True,
            help="Size of Adam's steps. Too large and the ELBO jumps or diverges; too small and it crawls.",
        ),
        Setting(
            "schedule", "Rate schedule", "choice", choices=("cosine", "constant"),
            help="Cosine lets the rate fall to zero at the last step, which settles the ELBO.",
        ),
        Setting(
            "steps", "Steps", "integer", low=1, high=1_000_000, step=100,
            help="Batches to train on at most.",
        ),
        Setting(
            "stop", "Stop", "choice", choices=("steps", "time", "plateau"),
            help="At the last step, after a time, or when the validation ELBO gains no more; the best "
            "weights on validation data are kept then.",
        ),
        Setting(
            "time_limit_s", "Time limit, s", "number", low=1.0, high=86_400.0,
            help="Training time after which a run stops, if it stops by time.",
        ),
        Setting(
            "patience", "Patience", "integer", low=1, high=1000,
            help="Validations without a gain after which a run stops, if it stops at a plateau.",
        ),
        Setting(
            "seed", "Seed", "integer", low=0, high=2**31 - 1, step=1,
            help="Of the initial weights, the order of the data and the noise: the same seed gives the "
            "same run.",
        ),
        Setting(
            "threads", "Threads", "integer", low=1, high=64,
            help="Processor threads; the same number gives the same numbers, bit for bit.",
        ),
        Setting(
            "device", "Device", "choice", choices=("cpu", "cuda", "mps"),
            help="Where it trains: the processor, an NVIDIA GPU or an Apple chip.",
        ),
        Setting(
            "precision", "Precision of large products", "choice", choices=PRECISIONS,
            help="Of the operands of large matrix products in training steps; all else, and every number "
            "shown, is in float32 or better. The default is what this processor is fastest in.",
        ),
    )  # fmt: skip


SETTINGS: dict[str, Setting] = {setting.name: setting for setting in _settings()}
LIVE_SETTINGS: tuple[str, ...] = tuple(name for name, setting in SETTINGS.items() if setting.live)
# How a machine computes is not the business of who sends a link to it.
MACHINE_SETTINGS: tuple[str, ...] = ("threads", "device", "precision")
LINK_SETTINGS: tuple[str, ...] = tuple(name for name in SETTINGS if name not in MACHINE_SETTINGS)
