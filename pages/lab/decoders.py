"""The page of decoders: Bernoulli, Gaussian and others side by side, on the same data and noise."""

import streamlit as st

from pages.controls.twin_settings import twin_settings
from pages.controls.twin_transport import twin_transport
from pages.controls.twins import twins
from pages.controls.unit_desk import unit_desk
from pages.state.twins import choice, twin_models
from vae_core.checks import SettingError

st.title("Bernoulli vs Gaussian")
st.caption(
    "The same data in the same order, the same first weights, the same noise: only log p(x|z) differs. "
    "Bernoulli: Σ_d x_d log a_d + (1 − x_d) log(1 − a_d). Gaussian: −½ Σ_d [(x_d − μ_d)²/σ² + log 2πσ²]."
)
twin_settings()
try:
    models = twin_models(choice())
except SettingError as error:
    st.error(str(error))
else:
    twin_transport(models)
    twins(models)
unit_desk()
