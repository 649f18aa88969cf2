"""The traversal grid: one code, with each latent dimension moved through its range."""

import html

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.components.images import as_bytes, image_grid
from pages.components.plot import plot
from pages.controls.encoded import kl_of, map_points, model_of
from pages.controls.pins import Pin
from pages.figures.theme import subscript
from pages.figures.traversal_curves import traversal_curves
from pages.state.current import CurrentModel
from pages.state.theme import theme_name
from vae_core.divergences import UNUSED_BELOW
from vae_core.latent.traversals import traversal

VALUES = tuple(n / 2 for n in range(-6, 7))
CURVE_VALUES = tuple(n / 20 for n in range(-60, 61))
MOST_ROWS = 12
GREYED = 0.3
"""Of the contrast is left to a dimension that the model does not use."""


def traversal_grid(model: CurrentModel, pins: tuple[Pin, ...]) -> None:
    """Show what each latent dimension does around a pin, or around the middle of the prior."""
    kl = kl_of(map_points(model))
    places = [f"Pin {n}" for n in range(1, len(pins) + 1)] + ["Origin"]
    title, choice = st.columns([3, 1], vertical_alignment="bottom")
    around = choice.selectbox("Around", places, key=f"lab_traversal {len(pins)}")
    z = (0.0,) * model.config.latent_dim if around == "Origin" else pins[places.index(around)].z
    rows = shown_rows(kl)
    drawn = view_of(model.snapshot.image_shape) == "image"
    title.html(f'<p class="lab-title">{html.escape(sentence(kl, "row" if drawn else "curve"))}</p>')
    codes = traversal(torch.tensor(z), torch.tensor(VALUES if drawn else CURVE_VALUES))[rows]
    with torch.no_grad():
        means = model_of(model.snapshot.key, model.snapshot).decode(codes.reshape(-1, len(z))).mean.numpy()
    dead = kl[rows] < UNUSED_BELOW
    if drawn:
        image_grid(
            greyed(means, np.repeat(dead, len(VALUES))),
            model.snapshot.image_shape,
            columns=len(VALUES),
            key="lab_traversal_grid",
            alt=f"{len(rows)} rows of decoded images, one a latent dimension, around {around.lower()}",
            row_labels=[label(j, kl[j]) for j in rows],
        )
    else:
        curves = means.reshape(len(rows), len(CURVE_VALUES), -1)
        figure = traversal_curves(
            curves, CURVE_VALUES, names=[label(j, kl[j]) for j in rows], theme=theme_name()
        )
        alt = figure.layout.meta["alternative"]
        figure.layout.title = None
        plot(figure, key="lab_traversal_curves", height=300, alt=alt)
    st.caption(_caption(z, rows, len(kl), around=around, drawn=drawn))


def shown_rows(kl: np.ndarray) -> list[int]:
    """Return the dimensions that are shown, in their own order: of too many those with the largest KL."""
    most = np.argsort(-kl, kind="stable")[:MOST_ROWS]
    return sorted(int(j) for j in most)


def sentence(kl: np.ndarray, one: str = "row") -> str:
    """Say what each dimension does to x, and which do nothing; `one` is what stands for a dimension."""
    dead = [f"z{subscript(j + 1)}" for j in range(len(kl)) if kl[j] < UNUSED_BELOW]
    if not dead:
        return f"Traversal: each {one} moves one latent dimension, and leaves the others where they are."
    if len(dead) == len(kl):
        return "Traversal: KL has closed every dimension, so none of them moves anything."
    them = "it" if len(dead) == 1 else "them"
    return f"Traversal: KL has closed {_listed(dead)}, greyed: moving {them} does nothing."


def label(index: int, kl: float) -> str:
    """Return the name of a row: the dimension and its KL, or that it is unused."""
    return f"z{subscript(index + 1)} {'unused' if kl < UNUSED_BELOW else f'KL {kl:.2f}'}"


def greyed(images: np.ndarray, dead: np.ndarray) -> np.ndarray:
    """Return images as bytes, those of unused dimensions (N,) with little contrast."""
    levels = as_bytes(images).astype(np.float32)
    quiet = 128 + GREYED * (levels - 128)
    return np.rint(np.where(dead[:, None], quiet, levels)).astype(np.uint8)


def _caption(z: tuple[float, ...], rows: list[int], count: int, *, around: str, drawn: bool) -> str:
    span = f"{VALUES[0]:g} to {VALUES[-1]:g} prior σ"
    values = f"From left to right z_j runs from {span} in steps of 0.5" if drawn else f"z_j runs from {span}"
    shown = ", ".join(f"{value:.2f}" for value in z[:8]) + (", …" if len(z) > 8 else "")
    place = "the origin" if around == "Origin" else around.lower()
    left = "" if len(rows) == count else f" {count - len(rows)} dimensions with a smaller KL are left out."
    return f"{values}, all other dimensions as at {place}, z = ({shown}).{left}".replace("-", "−")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
