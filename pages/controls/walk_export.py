"""The one menu of everything that a walk can be taken away as."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import view_of
from pages.controls.encoded import model_of
from pages.controls.pins import Pin
from pages.controls.walked import FRAMES
from pages.state.current import CurrentModel
from vae_core.latent.walks import Walk
from vae_core.models import VAE

ALL = "side by side"


@dataclass(frozen=True)
class WalkExports:
    """What writes the files.

    Attributes:
        gif: From films (F, D) and an image shape to an animation.
        webp: The same, without losses.
        png: From films, an image shape and names to aligned strips.
        table: From walks and their films to CSV.
        program: From pins, styles, frames and a model to Python.
    """

    gif: Callable[..., bytes]
    webp: Callable[..., bytes]
    png: Callable[..., bytes]
    table: Callable[..., str]
    program: Callable[..., str]


def export_menu(
    model: CurrentModel, pins: tuple[Pin, ...], walks: Sequence[Walk], exports: WalkExports
) -> None:
    """Show the menu: animations, strips, the table, and the program that makes the walk again."""
    vae = model_of(model.snapshot.key, model.snapshot)
    shape = model.snapshot.image_shape
    name = f"vae-lab-walk-{model.id}"
    with st.popover("Export"):
        styles = [way.style for way in walks]
        if view_of(shape) == "image":
            chosen = st.selectbox("Ways of the animation", [ALL, *styles], key="lab_walk_ways")
            shown = [way for way in walks if chosen in (ALL, way.style)]
            _download(
                "Animated GIF", lambda: exports.gif(_films(vae, shown), shape), f"{name}.gif", "image/gif"
            )
            _download(
                "Animated WebP, lossless",
                lambda: exports.webp(_films(vae, shown), shape),
                f"{name}.webp",
                "image/webp",
            )
            _download(
                "Strips of all ways (PNG)",
                lambda: exports.png(_films(vae, walks), shape, names=styles),
                f"{name}.png",
                "image/png",
            )
        else:
            st.caption("These data are points, so there are no pictures to take along.")
        _download(
            "Every frame (CSV)", lambda: exports.table(walks, _films(vae, walks)), f"{name}.csv", "text/csv"
        )
        st.caption("The same walk with vae_core alone:")
        st.code(_program(model, pins, exports), language="python")


def _program(model: CurrentModel, pins: tuple[Pin, ...], exports: WalkExports) -> str:
    source = {"shipped": model.id} if model.source == "shipped" else {"folder": model.id}
    codes = [pin.z for pin in pins]
    return exports.program(codes, styles=("straight", "spherical", "geodesic"), frames=FRAMES, **source)


def _films(vae: VAE, walks: Sequence[Walk]) -> list[np.ndarray]:
    """Return what the decoder makes of each walk's frames, (F, D)."""
    with torch.no_grad():
        return [vae.decode(way.z.to(vae.dtype)).mean.numpy() for way in walks]


def _download(label: str, make: Callable[[], bytes | str], file_name: str, mime: str) -> None:
    """A download that is made when it is asked for."""
    st.download_button(
        label,
        make,
        file_name=file_name,
        mime=mime,
        on_click="ignore",
        key=f"lab_walk {mime}",
        width="stretch",
    )
