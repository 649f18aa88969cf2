"""The Jensen gap page: how far the ELBO lies below log p(x), for each image, and why."""

import streamlit as st

from pages.controls.jensen_gap import jensen_gap
from pages.state.current import current

st.title("Jensen gap")
st.caption(
    "log p(x) = log E_q[w] ≥ E_q[log w] = ELBO, with the weights w = p(x, z)/q(z|x): how far apart the two "
    "lie for each image, and why."
)
jensen_gap(current())
