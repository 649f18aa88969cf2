"""What the Train page's layout needs beyond Streamlit's own: written once at the top of the page."""

import streamlit as st

RULES = """
<style>
.lab-status { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1rem; min-height: 1.5rem;
  font-size: 0.88rem; }
.lab-status .lab-sentence { opacity: 0.8; }
.lab-track { flex: 0 1 14rem; min-width: 6rem; height: 0.4rem; border-radius: 0.2rem; overflow: hidden;
  background: color-mix(in srgb, currentColor 14%, transparent); }
.lab-track > span { display: block; height: 100%; background: var(--st-primary-color, #587399);
  transition: width 0.3s linear; }
@media (prefers-reduced-motion: reduce) { .lab-track > span { transition: none; } }
@media (max-width: 640px) { [data-testid="stColumn"]:has(.st-key-lab_settings) { order: 2; } }
</style>
"""


def write_rules() -> None:
    """Write the page's own style rules."""
    st.html(RULES)
