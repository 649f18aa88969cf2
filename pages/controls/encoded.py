"""What the encoder makes of a data set, kept by the digest of the model: the pad's points and images."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import MapPoints, pack_data_images, view_of
from pages.components.pad import Principal
from pages.state.current import CurrentModel
from vae_core.data import Dataset, load_dataset
from vae_core.diagnostics.aggregate_posterior import AggregatePosterior, hole_mass, prior_kl
from vae_core.divergences import standard_normal_kl
from vae_core.gaussians import DiagonalGaussian
from vae_core.latent.planes import principal_plane
from vae_core.models import VAE
from vae_core.notation import CLASS_COLOURS
from vae_core.rng import generator
from vae_core.training.snapshot import Snapshot

MOST_POINTS = 10_000
MOST_POINTS_MOVING = 2_000
"""While a model trains its codes are taken anew every second."""

AGGREGATE_SEED = 0


@dataclass(frozen=True)
class Aggregate:
    """The aggregate posterior against the prior, with Monte Carlo standard errors.

    Attributes:
        kl: KL(q(z) ‖ p(z)), nats.
        kl_error: Its standard error.
        holes: The share of the prior's mass where q(z) < 0.05 p(z).
        holes_error: Its standard error.
        images: Over how many images q(z) is averaged.
    """

    kl: float
    kl_error: float
    holes: float
    holes_error: float
    images: int


@st.cache_resource(max_entries=4, show_spinner=False)
def model_of(key: str, _snapshot: Snapshot) -> VAE:
    """Return a snapshot's model; everybody reads it, nobody writes into it."""
    return _snapshot.model()


def chosen_rows(dataset: str, *, most: int) -> np.ndarray:
    """Return which rows of a data set's `full` the map shows: all, or evenly spaced ones of too many."""
    count = len(load_dataset(dataset).full)
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def map_points(model: CurrentModel) -> MapPoints:
    """Return the codes of a model's data: fewer of them while it trains."""
    most = MOST_POINTS_MOVING if model.moving else MOST_POINTS
    return _points(model.snapshot.key, model.config.dataset, most, model.snapshot)


@st.cache_resource(max_entries=8, show_spinner=False)
def _points(key: str, dataset: str, most: int, _snapshot: Snapshot) -> MapPoints:
    data = load_dataset(dataset)
    carried = chosen_rows(dataset, most=MOST_POINTS)
    places = np.unique(np.linspace(0, len(carried) - 1, min(len(carried), most)).round().astype(np.int64))
    rows = torch.from_numpy(carried[places])
    with torch.no_grad():
        q = model_of(key, _snapshot).encode(data.full.x[rows])
    labels = data.full.labels
    colours = () if labels is None else range(int(labels.max()) + 1)
    return MapPoints(
        key=f"{key} {dataset} {len(places)}",
        mean=q.mean.numpy(),
        std=q.std.numpy(),
        labels=None if labels is None else labels[rows].numpy(),
        rows=places,
        class_names=class_names(data),
        class_colours=tuple(CLASS_COLOURS[label % len(CLASS_COLOURS)] for label in colours),
    )


def kl_of(points: MapPoints) -> np.ndarray:
    """Return the mean KL of each dimension over the map's images, (L,) nats."""
    q = DiagonalGaussian(torch.from_numpy(points.mean), 2 * torch.from_numpy(points.std).log())
    return standard_normal_kl(q).mean(0).numpy()


def class_names(data: Dataset) -> tuple[str, ...] | None:
    """Return the names of the classes, by label; ``None`` where there are none."""
    if data.full.labels is None:
        return None
    return data.class_names or tuple(str(label) for label in range(int(data.full.labels.max()) + 1))


@st.cache_resource(max_entries=4, show_spinner=False)
def packed_images(dataset: str) -> tuple[str, bytes] | None:
    """Return the key and the message of a data set's images as the map shows them; ``None`` for points."""
    data = load_dataset(dataset)
    if view_of(data.image_shape) != "image":
        return None
    key = data.digest[:16]
    rows = torch.from_numpy(chosen_rows(dataset, most=MOST_POINTS))
    return key, pack_data_images(key, data.full.x[rows].numpy(), data.image_shape)


def principal_of(points: MapPoints) -> Principal | None:
    """Return the plane in which the means vary most; ``None`` where two dimensions are all there is."""
    return _principal(points.key, points) if points.mean.shape[1] > 2 else None


@st.cache_resource(max_entries=8, show_spinner=False)
def _principal(key: str, _points: MapPoints) -> Principal:
    plane = principal_plane(torch.from_numpy(_points.mean))
    return Principal(plane.directions.numpy(), [float(share) for share in plane.shares])


@st.cache_resource(max_entries=16, show_spinner=False)
def aggregate_of(key: str, dataset: str, _snapshot: Snapshot) -> Aggregate:
    """Measure the aggregate posterior of a model over all images of its data set."""
    rows = torch.from_numpy(chosen_rows(dataset, most=MOST_POINTS))
    q = AggregatePosterior.of(model_of(key, _snapshot), load_dataset(dataset).full.x[rows])
    kl = prior_kl(q, generator=generator(AGGREGATE_SEED, "aggregate posterior"))
    holes = hole_mass(q, generator=generator(AGGREGATE_SEED, "holes"))
    return Aggregate(float(kl.value), float(kl.error), float(holes.value), float(holes.error), len(rows))


def prepare(snapshot: Snapshot) -> None:
    """Encode what a pad shows of a model before anybody asks for it."""
    _points(snapshot.key, snapshot.config.dataset, MOST_POINTS, snapshot)
    packed_images(snapshot.config.dataset)
