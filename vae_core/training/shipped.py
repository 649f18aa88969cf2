"""The small trained models that come with the app, and the command that makes them.

Those of the shipped sweeps have names of their own, `atlas-<run id>`.

`python -m vae_core.training.shipped` trains them all again, in a minute or two, and writes them to
`assets/models`. Each is a run folder without the state that training would go on from.
"""

from __future__ import annotations

import re
import shutil
import sys
from functools import cache
from pathlib import Path

import torch
from safetensors.numpy import save_file

from vae_core.checks import check_choice, refuse
from vae_core.data import load_dataset
from vae_core.objectives import elbo_terms
from vae_core.rng import generator
from vae_core.training.checkpoint import load_snapshot, read_record, record_of, replace_record
from vae_core.training.config import TrainConfig
from vae_core.training.run import Run
from vae_core.training.snapshot import Snapshot

ASSETS = Path(__file__).parents[2] / "assets"
FOLDER, ATLAS = ASSETS / "models", ASSETS / "atlas"
ATLAS_NAME = re.compile(r"atlas-([0-9a-f]{12})")
WEIGHTS = "weights.safetensors"
TEST_SAMPLES = 100

# Decoders are compared at these settings: the same data, order, noise and first weights for each.
TWIN = TrainConfig(dataset="mnist-5k", hidden=(200,), learning_rate=2e-3, precision="float32")

# In float32, so that every machine makes nearly the same.
SHIPPED: dict[str, TrainConfig] = {
    "binary-digits-2d": TrainConfig(precision="float32", stop="plateau", patience=20),
    "gaussian-digits-2d": TrainConfig(
        likelihood="gaussian",
        sigma="learned",
        learning_rate=2e-3,
        precision="float32",
        stop="plateau",
        patience=20,
    ),
    "binary-digits-8d": TrainConfig(latent_dim=8, precision="float32", stop="plateau", patience=20),
    "two-moons": TrainConfig(
        dataset="two-moons",
        likelihood="gaussian",
        sigma="learned",
        hidden=(64, 64),
        learning_rate=2e-3,
        steps=6000,
        precision="float32",
    ),
    "grey-bernoulli": TWIN,
    "grey-gaussian": TWIN.replace(likelihood="gaussian", sigma="learned"),
    "grey-gaussian-unit": TWIN.replace(likelihood="gaussian", sigma=1.0),
    "grey-continuous": TWIN.replace(likelihood="continuous-bernoulli"),
    "binary-bernoulli": TWIN.replace(dataset="mnist-5k-binary"),
    "binary-gaussian": TWIN.replace(dataset="mnist-5k-binary", likelihood="gaussian", sigma="learned"),
}


def shipped_names() -> tuple[str, ...]:
    """Return the names of the shipped models, the default first."""
    return tuple(SHIPPED)


def is_shipped(name: str) -> bool:
    """Return whether a shipped model, or a run of a shipped sweep, has this name; any text."""
    return name in SHIPPED or _atlas_place(name) is not None


def atlas_name(run: str) -> str:
    """Return the name of a shipped sweep's run as a shipped model."""
    return f"atlas-{run}"


def place_of(name: str) -> Path:
    """Return the folder of a shipped model.

    Raises:
        SettingError: If there is none of that name.
    """
    return _atlas_place(name) or FOLDER / check_choice("shipped model", name, shipped_names())


@cache
def _atlas_runs() -> dict[str, Path]:
    return {place.name: place for place in ATLAS.glob("*/runs/*") if place.is_dir()}


def _atlas_place(name: str) -> Path | None:
    found = ATLAS_NAME.fullmatch(name)
    return _atlas_runs().get(found[1]) if found else None


@cache
def load_shipped(name: str) -> Snapshot:
    """Return a shipped model.

    Raises:
        SettingError: If there is none of that name, or its folder is damaged.
    """
    return load_snapshot(place_of(name))


@cache
def shipped_test_elbo(name: str) -> float:
    """Return the test ELBO, nats per image, that was measured once when the model was made.

    Raises:
        SettingError: If there is none of that name, or its folder is damaged.
    """
    return float(read_record(place_of(name))["test_elbo"])


def make(name: str, folder: Path = FOLDER) -> float:
    """Train one of the shipped models, write it, and return its test ELBO in nats per image.

    Raises:
        SettingError: If its loss became infinite; nothing is written then.
    """
    run = Run(SHIPPED[name], load_dataset(SHIPPED[name].dataset))
    run.advance(steps=run.config.steps)
    if run.failed:
        refuse(name, "must train to its end", str(run.stop_reason))
    return _write(run, folder / name)


def strip(made: Path, place: Path) -> float:
    """Write a saved run as a shipped model, and return its test ELBO in nats per image.

    Raises:
        SettingError: If `made` holds no run.
    """
    return _write(Run.load(made), place)


@torch.no_grad()
def _write(run: Run, place: Path) -> float:
    """Write weights, settings and test ELBO, without what training would go on from."""
    terms = elbo_terms(run.model, run.dataset.test.x, samples=TEST_SAMPLES, generator=generator(0, "test"))
    elbo = float(terms.elbo.mean())
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    save_file(run.snapshot().weights, place / WEIGHTS)
    replace_record(place, {**record_of(run), "weights": WEIGHTS, "test_elbo": elbo})
    return elbo


def main() -> None:
    """Make all shipped models."""
    torch.set_num_threads(1)
    for name in shipped_names():
        sys.stdout.write(f"{name}: test ELBO {make(name):.2f} nats per image\n")


if __name__ == "__main__":
    main()
