"""A figure below the sentence that says what one sees."""

import html

import streamlit as st
from plotly.graph_objects import Figure

from pages.components.plot import plot


def title(sentence: str) -> None:
    """Write the sentence above something shown; any text."""
    st.html(f'<p class="lab-title">{html.escape(sentence)}</p>')


def show(figure: Figure, *, key: str, height: int) -> None:
    """Show a figure below its own title; an empty one is its title alone.

    Args:
        figure: With a title, and an alternative in ``layout.meta``.
        key: The chart's key.
        height: CSS pixels.
    """
    title(figure.layout.title.text)
    if figure.data:
        alt = figure.layout.meta["alternative"]
        figure.layout.title = None
        plot(figure, key=key, height=height, alt=alt)
