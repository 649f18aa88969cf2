"""A ledger on fixed numbers, and what Python hears. ?case= names one of CASES; ?live runs it all the time."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.components.ledger import image_ledger
from vae_core.diagnostics.ledger import ImageLedger


@dataclass(frozen=True)
class Case:
    """What a ledger is shown of.

    Attributes:
        shape: (C, H, W).
        latent_dim: L.
        gain: nats that each pixel's log p is above that of a mass; a density may be above 0.
        name: What the reconstruction is called.
    """

    shape: tuple[int, int, int]
    latent_dim: int
    gain: float = 0.0
    name: str = "log-likelihood"


CASES = {
    "mass": Case((1, 28, 28), 4),
    "density": Case((3, 6, 8), 2, gain=2.0),
    "score": Case((1, 28, 28), 32, name="Bernoulli score"),
    "values": Case((1, 1, 2), 1),
}


@dataclass(frozen=True)
class Numbers:
    """All that is shown: x, mean and log p of each pixel (D,); the terms; mean and σ of q (L,)."""

    x: np.ndarray
    mean: np.ndarray
    pixel_map: np.ndarray
    record: ImageLedger
    q_mean: np.ndarray
    std: np.ndarray


def numbers_of(case: Case) -> Numbers:
    """A ring on a dark ground, reconstructed a little to one side; KLs in closed form."""
    channels, height, width = case.shape
    rows, columns = np.mgrid[:height, :width]
    random = np.random.default_rng(3)

    def ring(centre: float) -> np.ndarray:
        away = np.hypot(rows - height / 2, columns - centre)
        return np.exp(-((away - height / 3) ** 2) / (0.05 * height**2)).ravel()

    shades = np.linspace(1.0, 0.6, channels)[:, None]
    x = (shades * ring(width / 2)).ravel()
    mean = np.clip((shades * ring(width / 2 + 1)).ravel() + 0.02, 0.01, 0.99)
    pixel_map = x * np.log(mean) + (1 - x) * np.log1p(-mean) + case.gain
    q_mean = random.standard_normal(case.latent_dim) * np.linspace(1.5, 0.0, case.latent_dim)
    std = np.linspace(0.1, 1.0, case.latent_dim)
    # KL(N(μ, σ²) ‖ N(0, 1)) = (σ² + μ² - 1 - log σ²)/2
    kl = (std**2 + q_mean**2 - 1 - np.log(std**2)) / 2
    record = ImageLedger(float(pixel_map.sum()), 0.3, tuple(kl.tolist()))
    return Numbers(x, mean, pixel_map, record, q_mean, std)


def ledger_part() -> None:
    """The ledger, a button by which Python marks another dimension, and what Python heard."""
    case = CASES[st.query_params.get("case", "mass")]
    numbers = numbers_of(case)

    def heard(dimension: int) -> None:
        state = st.session_state
        state["marked"], state["times"] = dimension, state.get("times", 0) + 1

    def part() -> None:
        if st.button("Mark the first"):
            st.session_state["marked"] = 0
        image_ledger(
            numbers.record,
            x=numbers.x,
            mean=numbers.mean,
            pixel_map=numbers.pixel_map,
            std=numbers.std,
            q_mean=numbers.q_mean,
            image_shape=case.shape,
            key="ledger",
            label="image 31",
            name=case.name,
            dimension=st.session_state.get("marked", 0),
            on_dimension=heard,
        )
        st.text(f"heard {st.session_state.get('marked', 0)} times {st.session_state.get('times', 0)}")

    st.fragment(part, run_every=0.25 if "live" in st.query_params else None)()
