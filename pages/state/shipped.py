"""The shipped models as the pages draw them: each looked at once in the life of the server."""

import streamlit as st

from vae_core.data import load_dataset
from vae_core.training.shipped import load_shipped, shipped_names
from vae_core.training.snapshot import Observation, observe


@st.cache_resource(show_spinner=False)
def shipped_observation(name: str) -> Observation:
    """Return what the pages draw of a shipped model: its answers on validation data."""
    model = load_shipped(name)
    return observe(model, load_dataset(model.config.dataset), seed=model.config.seed)


def default_shipped() -> str:
    """Return the shipped model that opens first."""
    return shipped_names()[0]
