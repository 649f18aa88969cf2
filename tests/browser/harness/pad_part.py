"""Pads on fixed data: ?decoders=2, ?latent=8, ?points=10000, ?mode=walk, ?drag, ?arrows, ?linked, ?kl, ?live,
?model= a shipped one, ?train= seconds that the server trains beside.
"""

from functools import cache
from threading import Thread

import numpy as np
import streamlit as st
import torch

from pages.components.carrier import MapPoints, carry_packed, carry_points, pack_data_images
from pages.components.pad import PadArrow, PadEllipse, PadImage, PadPath, Principal, latent_pad
from tests.browser.harness.models import random_snapshot
from vae_core.data import load_dataset
from vae_core.notation import CLASS_COLOURS
from vae_core.training.config import TrainConfig
from vae_core.training.run import Run
from vae_core.training.shipped import load_shipped

MEAN, STD = (0.8, -0.5), (0.3, 0.15)


@cache
def fixed_points(count: int, latent_dim: int) -> MapPoints:
    random = np.random.default_rng(1)
    labels = np.arange(count) % 10
    centres = 1.6 * random.standard_normal((10, latent_dim))
    return MapPoints(
        key=f"fixed {count} {latent_dim}",
        mean=(centres[labels] + 0.4 * random.standard_normal((count, latent_dim))).astype(np.float32),
        std=random.uniform(0.08, 0.4, (count, latent_dim)).astype(np.float32),
        labels=labels,
        rows=np.arange(count) % 50,
        class_names=tuple("0123456789"),
        class_colours=CLASS_COLOURS,
    )


FORCES = {"reconstruction": (12.0, 5.0, 7.0), "kl": (-10.0, -6.0, 3.0), "residual": (2.0, -1.0, 10.0)}
"""Nats per σ; of another number of dimensions they go round."""


def fixed_arrows(latent_dim: int) -> list[PadArrow]:
    start = np.resize(MEAN, latent_dim)
    named = {"reconstruction": "reconstruction", "kl": "−KL", "residual": "residual"}
    return [
        PadArrow(start, np.resize(FORCES[style], latent_dim), style, label) for style, label in named.items()
    ]


@cache
def fixed_images() -> bytes:
    return pack_data_images(
        "fixed", np.random.default_rng(2).integers(0, 256, (50, 784), np.uint8), (1, 28, 28)
    )


@cache
def train_beside(seconds: float) -> Thread:
    """A run that keeps one core of the server busy for some time; once for each number of seconds."""

    def train() -> None:
        torch.set_num_threads(1)
        Run(TrainConfig(steps=1_000_000), load_dataset("mnist-5k")).advance(budget_s=seconds)

    thread = Thread(target=train, daemon=True)
    thread.start()
    return thread


def pad_part() -> None:
    """One pad; with ?linked a second one that follows it; with ?live new weights four times a second."""
    wanted = st.query_params
    latent_dim = int(wanted.get("latent", "2"))
    live = "live" in wanted

    def pads() -> None:
        ticks = st.session_state["ticks"] = st.session_state.get("ticks", -1) + 1
        shape = tuple(int(side) for side in wanted.get("shape", "1,28,28").split(","))
        snapshots = [
            random_snapshot(latent_dim=latent_dim, image_shape=shape, seed=10 * n + (ticks if live else 0))
            for n in range(int(wanted.get("decoders", "1")))
        ]
        if "model" in wanted:
            snapshots[0] = load_shipped(wanted["model"])
        if "train" in wanted:
            train_beside(float(wanted["train"]))
        points = fixed_points(int(wanted.get("points", "300")), latent_dim)
        carry_points(points, key="points")
        carry_packed(fixed_images(), key="images")
        mean = np.resize(MEAN, latent_dim)
        settings = {
            "points": points.key,
            "images": "fixed",
            "point_count": len(points.mean),
            "kl_per_dimension": np.linspace(2.4, 0.0, latent_dim) if "kl" in wanted else None,
            "image": PadImage("image 3", mean),
            "link": "harness" if "linked" in wanted else None,
            "ellipses": [PadEllipse("image", mean, np.resize(STD, latent_dim), "q(z|x) of image 3")],
        }
        if "drag" in wanted:
            own = PadEllipse("own", (-0.5, 0.5), (0.8, 0.4), "your q", angle=0.5, draggable=True)
            settings["ellipses"].append(own)
        if "arrows" in wanted:
            settings["arrows"] = fixed_arrows(latent_dim)
        if latent_dim > 2:
            basis = np.linalg.qr(np.random.default_rng(3).standard_normal((latent_dim, 2)))[0].T
            settings["principal"] = Principal(basis, (0.4, 0.2))
        if wanted.get("mode") == "walk":
            pins = [np.resize((-1.5, 0.5), latent_dim), np.resize((1.0, 1.2), latent_dim)]
            paths = [PadPath("straight", np.linspace(*pins, 9))]
            settings |= {"mode": "walk", "pins": pins, "paths": paths}
        if st.toggle("Move"):
            settings["z"] = np.resize((1.5, -0.5), latent_dim)
        answer = latent_pad(snapshots, key="pad", **settings)
        if "linked" in wanted:
            latent_pad(snapshots, key="second", link="harness")
        st.text("heard " + " ".join(f"{value:.4f}" for value in answer.z))
        st.text(f"row {answer.row} moves {answer.moves}")
        st.text(f"pins {answer.pins}")
        st.text(f"ellipse {answer.ellipse}")
        st.text(f"ticks {ticks}")

    st.fragment(pads, run_every=0.25 if live else None)()


def empty_part() -> None:
    """A canvas that does next to nothing with the pointer: what the pad's latency is measured against."""
    st.components.v2.component(
        "vae_lab_empty",
        css=".empty { width: 560px; height: 560px; border: 1px solid gray; }",
        js="""
export default function empty({ parentElement }) {
  if (parentElement.querySelector('.empty')) return;
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { className: 'empty', width: 560, height: 560 });
  parentElement.append(canvas);
  const context = canvas.getContext('2d');
  let at = null;
  canvas.onpointermove = (event) => {
    if (!at) requestAnimationFrame(() => {
      context.clearRect(0, 0, 560, 560);
      context.fillRect(at.offsetX - 4, at.offsetY - 4, 8, 8);
      at = null;
    });
    at = event;
  };
}
""",
    )(key="empty")
