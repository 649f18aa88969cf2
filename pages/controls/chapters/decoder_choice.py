"""The decoder that chapter 6 is about: one of four shipped ones, or the current model where it fits."""

import streamlit as st

from pages.components.carrier import view_of
from pages.state import keys
from pages.state.current import CurrentModel, current, of_shipped
from vae_core.training.snapshot import Snapshot

KEY = f"{keys.LESSON}pixels_decoder"
OWN = "Current model"
DECODERS = {
    "Gaussian, σ = 1": "grey-gaussian-unit",
    "Gaussian, σ learned": "grey-gaussian",
    "Bernoulli, grey pixels": "grey-bernoulli",
    "Bernoulli, binary pixels": "binary-bernoulli",
}


def chosen_decoder() -> str:
    """The decoder that is chosen: at first one's own run where it is a Gaussian, else one with σ = 1."""
    model = current()
    fits = not _misfit(model.snapshot)
    own_first = fits and model.source == "run" and model.config.likelihood == "gaussian"
    first = OWN if own_first else next(iter(DECODERS))
    chosen = st.session_state.get(KEY, first)
    return chosen if chosen in DECODERS or (chosen == OWN and fits) else first


def model_named(chosen: str) -> CurrentModel:
    """Return the model of a choice, with its weights at this moment."""
    return current() if chosen == OWN else of_shipped(DECODERS[chosen])


def decoder_choice() -> tuple[CurrentModel, str]:
    """Draw the choice of decoder, and return its model and its name."""
    reason = _misfit(current().snapshot)
    options = list(DECODERS) if reason else [*DECODERS, OWN]
    st.session_state[KEY] = chosen = chosen_decoder()
    chosen = st.segmented_control("Decoder", options, key=KEY, required=True) or chosen
    model = model_named(chosen)
    st.caption(f"{reason} Shipped models stand in. {model.line}" if reason else model.line)
    return model, chosen


def _misfit(snapshot: Snapshot) -> str:
    """Say why the current model has no place here; "" where it has."""
    if not snapshot.finite:
        return "The current model’s weights are no finite numbers."
    if view_of(snapshot.image_shape) != "image":
        return "The current model’s data are points and have no pixels."
    if snapshot.image_shape[0] != 1:
        return "The current model’s images have colours."
    if snapshot.config.likelihood not in ("bernoulli", "gaussian"):
        return "The current model’s decoder is neither a Bernoulli nor a Gaussian."
    return ""
