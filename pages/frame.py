"""The frame around every page: the table of pages, the page's settings, colours, the current model's card."""

import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

# One line a page. The first page is the one that opens at the bare address.
PAGES = {
    "Lab": [st.Page("lab/train.py", title="Train", url_path="train", default=True)],
}

st.set_page_config(page_title="VAE Lab", layout="wide", initial_sidebar_state="expanded")
page = st.navigation(PAGES)
page.run()
