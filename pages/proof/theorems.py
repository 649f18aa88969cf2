"""The page Theorems: twenty claims about VAEs, checked on the current model."""

import streamlit as st

from pages.controls.claims import claims
from pages.state.current import current

st.title("Theorems")
st.caption(
    "Twenty claims, each as two numbers measured on the current model. Break an assumption, and see the "
    "claim fail."
)
claims(current())
