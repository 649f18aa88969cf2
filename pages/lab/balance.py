"""The page Reconstruction vs KL: the two terms of the ELBO, at three scales."""

import streamlit as st

from pages.controls.balance import balance
from pages.state.current import current

st.title("Reconstruction vs KL")
st.caption(
    "ELBO = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)): how the two weigh against each other in one image, "
    "along one run, and over all β."
)
balance(current())
