"""The look: the glossary's colours as CSS variables for both themes, and the rules that all pages share."""

from typing import Literal

import streamlit as st

from vae_core.notation import GLOSSARY, Symbol

RULES = """
.stApp [data-testid="stMainBlockContainer"] { padding: 4rem 2.5rem 2rem; }
@media (max-width: 640px) { .stApp [data-testid="stMainBlockContainer"] { padding: 4rem 1rem 2rem; } }
[data-testid="stSidebarContent"] { display: flex; flex-direction: column; }
[data-testid="stSidebarHeader"]::before { content: "VAE Lab"; font-weight: 600; font-size: 1.125rem; }
[data-testid="stSidebarUserContent"] { margin-top: auto; padding-bottom: 1.25rem; }
[data-testid="stMetricValue"], .lab-number { font-variant-numeric: tabular-nums; }
.lab-card { display: grid; gap: 0.3rem; font-size: 0.82rem; line-height: 1.4; }
.lab-card-images { display: block; width: 100%; image-rendering: pixelated; border-radius: 0.25rem; }
.lab-card-line { overflow-wrap: anywhere; }
.lab-card-state { opacity: 0.75; min-height: 1.4em; }
.lab-card-score { display: grid; }
.lab-card-score b { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums;
  color: var(--lab-elbo-text); }
"""


def theme_name() -> Literal["light", "dark"]:
    """Return the visitor's theme. On the very first load it may still be the default one."""
    return "dark" if st.context.theme.type == "dark" else "light"


def variables(symbol: Symbol) -> str:
    """Return the two variables of a symbol: ``--lab-<word>`` for marks and ``--lab-<word>-text`` for text.

    ``light-dark()`` follows the theme of the element that uses it, so that a switch of themes needs no rerun.
    A script that draws on a canvas reads the resolved colour from an element's computed ``color``.
    """
    name = symbol.word.replace("_", "-")
    return (
        f"--lab-{name}: {symbol.colour or 'currentColor'}; "
        f"--lab-{name}-text: light-dark({symbol.text_light or 'currentColor'}, "
        f"{symbol.text_dark or 'currentColor'});"
    )


def stylesheet() -> str:
    """Return the style sheet that the frame writes into every page."""
    colours = "\n".join(variables(symbol) for symbol in GLOSSARY)
    return f":root {{\n{colours}\n}}\n{RULES}"
