"""The page Bug museum: ten mistakes that people make, each as a live run beside its sound twin."""

import streamlit as st

from pages.controls.museum import museum

st.title("Bug museum")
st.caption(
    "Ten mistakes that people really make, each a small live run beside its sound twin: same weights, images "
    "and noise. The wrong code exists only here."
)
museum()
