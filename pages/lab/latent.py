"""The Latent space page: the pad, and what belongs to the place and the image at hand."""

import streamlit as st

from pages.controls.latent_space import latent_space
from pages.state.current import current

st.title("Latent space")
latent_space(current())
