"""The unit desk: say what a code's loss is, and read which β and σ it implies."""

import html

import streamlit as st

from vae_core.units import LossRecipe, implied

ERRORS = {
    "squared error (x − μ)²": "squared",
    "half of it, ½ (x − μ)²": "half-squared",
    "binary cross-entropy": "bce",
}
MOST_DIMENSIONS, MOST_LATENTS = 10_000_000, 100_000


def unit_desk() -> None:
    """Show the form, the formula and the sentence."""
    st.subheader("Unit desk")
    st.caption("What does your code train? A mean where the ELBO has a sum is a hidden β.")
    st.fragment(_desk)()


def _desk() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        error = st.selectbox("Error term", list(ERRORS), key="lab_desk_error", width=205)
        pixels = st.selectbox("over pixels", ["mean", "sum"], key="lab_desk_pixels", width=105)
        latents = st.selectbox("KL over latents", ["sum", "mean"], key="lab_desk_latents", width=130)
        weight = st.number_input(
            "KL weight w",
            min_value=1e-9,
            max_value=1e9,
            value=1.0,
            format="%g",
            key="lab_desk_weight",
            width=110,
        )
        dimensions = st.number_input(
            "D, pixels",
            min_value=1,
            max_value=MOST_DIMENSIONS,
            value=784,
            key="lab_desk_pixels_count",
            width=115,
        )
        latent_dim = st.number_input(
            "L, latents",
            min_value=1,
            max_value=MOST_LATENTS,
            value=2,
            key="lab_desk_latents_count",
            width=105,
        )
    recipe = LossRecipe(ERRORS[error], pixels, latents, float(weight), int(dimensions), int(latent_dim))
    answer = implied(recipe)
    st.html(
        f'<p class="lab-headline">{html.escape(answer.formula)}</p>'
        f'<p class="lab-verdict">{html.escape(answer.sentence)}</p>'
    )
