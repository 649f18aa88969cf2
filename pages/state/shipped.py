"""The shipped models as the pages draw them: each looked at once in the life of the server."""

import streamlit as st

from vae_core.data import Dataset, load_dataset
from vae_core.training.shipped import load_shipped, shipped_names
from vae_core.training.snapshot import Observation, observe


def dataset(name: str) -> Dataset:
    """Return a data set of the registry, which reads each once."""
    return load_dataset(name)


@st.cache_resource(show_spinner=False)
def shipped_observation(name: str) -> Observation:
    """Return what the pages draw of a shipped model: its answers on validation data."""
    model = load_shipped(name)
    return observe(model, dataset(model.config.dataset), seed=model.config.seed)


def default_shipped() -> str:
    """Return the shipped model that opens first."""
    return shipped_names()[0]
