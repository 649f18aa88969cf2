"""The Latent walk page: pins and three ways past them, traversals, and arithmetic with classes."""

import streamlit as st

from pages.controls.arithmetic import class_arithmetic
from pages.controls.walk import latent_walk
from pages.controls.walk_export import WalkExports
from pages.exports import animated_gif, animated_webp, png_strips, walk_as_python, walk_csv
from pages.state.current import current

EXPORTS = WalkExports(
    gif=animated_gif, webp=animated_webp, png=png_strips, table=walk_csv, program=walk_as_python
)

st.title("Latent walk")
model = current()
latent_walk(model, exports=EXPORTS)
class_arithmetic(model)
