"""The Jensen gap page: how far the ELBO lies below log p(x), for each image, and why."""

import streamlit as st

from pages.controls.jensen_gap import jensen_gap
from pages.state.current import current

st.title("Jensen gap")
jensen_gap(current())
