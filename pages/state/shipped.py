"""The shipped models and the data as the pages use them: each read once in the life of the server."""

import streamlit as st

from vae_core.data import Dataset, load_dataset
from vae_core.training.config import TrainConfig
from vae_core.training.shipped import load_shipped, shipped_names
from vae_core.training.snapshot import Observation, Snapshot, observe


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> Snapshot:
    """Return a shipped model."""
    return load_shipped(name)


@st.cache_resource(show_spinner=False)
def dataset(name: str) -> Dataset:
    """Return a data set of the registry."""
    return load_dataset(name)


@st.cache_resource(show_spinner=False)
def shipped_observation(name: str) -> Observation:
    """Return what the pages draw of a shipped model: its answers on validation data."""
    model = shipped(name)
    return observe(model, dataset(model.config.dataset), seed=model.config.seed)


def default_shipped() -> str:
    """Return the shipped model that opens first: the one nearest to the default settings."""
    plain = TrainConfig().to_query()
    return min(shipped_names(), key=lambda name: len(shipped(name).config.to_query().items() ^ plain.items()))
