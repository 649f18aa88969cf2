"""Two linked pads of two models, whose codes of the same images differ. ?latent= of the first."""

from functools import cache

import numpy as np
import streamlit as st

from pages.components.carrier import MapPoints, carry_points
from pages.components.pad import latent_pad
from tests.browser.harness.models import random_snapshot
from vae_core.notation import CLASS_COLOURS

COUNT = 300
CARRIED = 200
"""The second model's pad has these first images only, and in another order."""


@cache
def codes_of(model: int, latent_dim: int, *, carried: int = COUNT) -> MapPoints:
    """One model's codes of the same images, which are every seventh of a larger set."""
    random = np.random.default_rng(model)
    rows = 7 * np.arange(COUNT)
    mean = random.standard_normal((COUNT, latent_dim)).astype(np.float32)
    std = random.uniform(0.1, 0.3, (COUNT, latent_dim)).astype(np.float32)
    order = random.permutation(carried) if carried < COUNT else np.arange(COUNT)
    return MapPoints(
        key=f"follow {model} {latent_dim} {carried}",
        mean=mean[order],
        std=std[order],
        labels=None,
        rows=rows[order],
        class_names=None,
        class_colours=CLASS_COLOURS,
    )


def follow_part() -> None:
    """The pads, toggles that change them from Python's side, and what Python heard of each."""
    sizes = int(st.query_params.get("latent", "2")), 2
    given = np.resize((1.5, -0.5), sizes[0]) if st.toggle("Move") else None
    second = 2 if st.toggle("Another model") else 1
    follow = "z" if st.toggle("By z") else "image"
    points = codes_of(0, sizes[0]), codes_of(second, sizes[1], carried=CARRIED)
    for n, name in enumerate(("heard", "second")):
        carry_points(points[n], key=f"points {n}")
        answer = latent_pad(
            [random_snapshot(latent_dim=sizes[n], hidden=(20,), seed=n)],
            key=f"pad {n}",
            points=points[n].key,
            point_count=len(points[n].mean),
            z=given if n == 0 else None,
            link="harness follow",
            follow=follow,
        )
        st.text(f"{name} " + " ".join(f"{value:.4f}" for value in answer.z))
        st.text(f"{name}'s row {answer.row}")
