"""The frame around every page: the table of pages, the look, the notices, and the current model's card."""

import html
import sys
from pathlib import Path

import streamlit as st

ROOT = str(Path(__file__).resolve().parents[1])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from pages.controls.model_card import model_card  # noqa: E402
from pages.controls.projector import projector_rules, projector_switch  # noqa: E402
from pages.controls.tour import enter_stop, tour_button, tour_card  # noqa: E402
from pages.state import keys, link, theme  # noqa: E402
from pages.state.current import current  # noqa: E402

# One line a page. The first page opens at the bare address.
PAGES = {
    "Lab": [
        st.Page("lab/train.py", title="Train", url_path="train", default=True),
        st.Page("lab/latent.py", title="Latent space", url_path="latent"),
        st.Page("lab/walk.py", title="Latent walk", url_path="walk"),
        st.Page("lab/balance.py", title="Reconstruction vs KL", url_path="balance"),
        st.Page("lab/jensen.py", title="Jensen gap", url_path="gap"),
        st.Page("lab/decoders.py", title="Bernoulli vs Gaussian", url_path="decoders"),
    ],
    "Learn": [
        st.Page("learn/likelihood.py", title="1 · Likelihood", url_path="likelihood"),
        st.Page("learn/joints.py", title="2 · Two joints", url_path="joints"),
        st.Page("learn/bound.py", title="3 · Jensen and the ELBO", url_path="bound"),
        st.Page("learn/objective.py", title="4 · The objective", url_path="objective"),
        st.Page("learn/sampling.py", title="5 · Sampling", url_path="sampling"),
        st.Page("learn/pixels.py", title="6 · Decoder log-likelihoods", url_path="pixels"),
        st.Page("learn/gaussians.py", title="7 · KL between Gaussians", url_path="gaussians"),
        st.Page("learn/forms.py", title="8 · Equivalent forms", url_path="forms"),
    ],
    "Proof": [
        st.Page("proof/theorems.py", title="Theorems", url_path="theorems"),
        st.Page("proof/museum.py", title="Bug museum", url_path="museum"),
    ],
}

MOST_NOTICES = 5


def notices() -> None:
    """Show what could not be understood or found, until the visitor closes it."""
    sentences = st.session_state.get(keys.NOTICES, ())
    if not sentences:
        return
    # a link's words are a stranger's: Markdown would make addresses in them clickable
    shown = [html.escape(sentence) for sentence in sentences[:MOST_NOTICES]]
    if len(sentences) > MOST_NOTICES:
        shown.append(f"{len(sentences) - MOST_NOTICES} more parts of the link were left out.")
    with st.container(border=True):
        text, close = st.columns([8, 1], vertical_alignment="center")
        text.html(f'<div role="status">{"<br>".join(shown)}</div>')
        close.button("Close", on_click=lambda: st.session_state.pop(keys.NOTICES, None))


st.set_page_config(page_title="VAE Lab", layout="wide", initial_sidebar_state="auto")
st.html(f"<style>{theme.stylesheet()}</style>")
page = st.navigation(PAGES, expanded=True)
current()
projector_rules()
enter_stop(page)
notices()
tour_card(page)
page.run()
with st.sidebar:
    with st.container(horizontal=True, vertical_alignment="center", key="lab_ways"):
        tour_button()
        projector_switch()
    model_card()
link.write_link(link.config_from_link()[0])
