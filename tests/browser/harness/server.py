"""The app's own server around the harness page: same routes, headers and settings."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import parts  # noqa: E402

# `streamlit run` looks for this very call in the source.
app = st.App(Path(__file__).resolve().with_name("page.py"), **parts())
