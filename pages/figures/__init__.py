"""Figures: frozen records in, a plotly Figure out.

A figure's title is a sentence that says what one sees, and ``layout.meta["alternative"]`` is its text
alternative. Nothing here imports streamlit or torch, so that a notebook draws the same figures.
"""
