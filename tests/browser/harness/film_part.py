"""A film on fixed data. The address says which: ?stops=4, ?frames=8, ?latent=8, ?shape=1,1,2, ?linked."""

import numpy as np
import streamlit as st

from pages.components.carrier import carry_decoder
from pages.components.film import Strip, film
from pages.components.pad import latent_pad
from tests.browser.harness.models import random_snapshot

STYLES = ("straight", "spherical", "geodesic")


def codes(stops: int, frames: int, latent_dim: int) -> list[np.ndarray]:
    """Codes of three walks past the same stops, (F, L) each."""
    random = np.random.default_rng(stops)
    pins = 1.5 * random.standard_normal((stops, latent_dim))
    t = np.linspace(0.0, 1.0, frames * (stops - 1) + 1)
    straight = np.stack(
        [np.interp(t, np.linspace(0.0, 1.0, stops), pins[:, j]) for j in range(latent_dim)], 1
    )
    bend = np.sin(np.pi * t * (stops - 1))[:, None]
    return [straight, straight + 0.4 * bend, straight - 0.3 * bend]


def film_part() -> None:
    """Three strips; with ?linked a pad that shows their playheads."""
    wanted = st.query_params
    latent_dim = int(wanted.get("latent", "2"))
    stops, frames = int(wanted.get("stops", "3")), int(wanted.get("frames", "8"))
    shape = tuple(int(side) for side in wanted.get("shape", "1,28,28").split(","))
    snapshot = random_snapshot(latent_dim=latent_dim, image_shape=shape, seed=int(st.toggle("Other weights")))
    link = "harness film" if "linked" in wanted else None
    if link:
        latent_pad([snapshot], key="pad", mode="walk", pins=[[0.0] * latent_dim] * 2, link=link)
    else:
        carry_decoder(snapshot, key="weights")
    if st.toggle("Shorter"):
        frames = 2
    strips = [
        Strip(style, style.capitalize(), f"{length:.1f} pixels long", z)
        for style, length, z in zip(STYLES, (18.2, 20.5, 15.9), codes(stops, frames, latent_dim), strict=True)
    ]
    film(snapshot.key, strips, key="film", stops=range(0, frames * stops, frames), link=link)
