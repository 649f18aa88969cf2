"""How chapters look: a column of prose, the rows of a derivation, the verdicts."""

import html

import streamlit as st

COLUMN = 720
"""CSS pixels: the width of prose."""

RULES = """
<style>
.lab-step { display: grid; grid-template-columns: 1.6rem minmax(0, 1fr); gap: 0.15rem 0.5rem;
  line-height: 1.4; padding: 0.6rem 0; max-width: 60rem;
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.lab-step h3 { all: unset; font-weight: 600; }
.lab-step p { margin: 0; grid-column: 2; font-size: 0.92rem; }
.lab-step .lab-equation { font: 1.1rem/1.7 'Cambria Math', 'STIX Two Math', Georgia, serif;
  overflow-x: auto; white-space: nowrap; }
.lab-step .lab-figures { font-variant-numeric: tabular-nums; }
.lab-step .lab-figures b { font-weight: 600; }
.lab-step sub, .lab-step sup { font-size: 0.72em; line-height: 0; }
.lab-settled { margin: 0; max-width: 720px; line-height: 1.45; }
.lab-settled b { font-weight: 650; }
</style>
"""


def prose(markdown: str) -> None:
    """Write text in the column of prose; nothing where there is none."""
    if markdown:
        with st.container(width=COLUMN):
            st.markdown(markdown)


def verdict(mark: str, sentence: str) -> None:
    """Write a verdict: a mark in words, and a sentence."""
    st.html(f'<p class="lab-settled" role="status"><b>{html.escape(mark)}</b> {html.escape(sentence)}</p>')
