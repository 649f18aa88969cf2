"""The densities over z of the finite world: four curves, named, that are densities."""

import numpy as np
import pytest

from pages.figures.latent_densities import latent_densities
from vae_core.finite_world import Curves

Z = np.linspace(-8.0, 8.0, 801)


def normal(mean: float, std: float) -> np.ndarray:
    return np.exp(-0.5 * ((Z - mean) / std) ** 2) / (std * np.sqrt(2.0 * np.pi))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("mean", "says"), [(0.5, "100 % in common"), (3.0, "in common")])
def test_four_curves_over_z(theme: str, mean: float, says: str) -> None:
    curves = Curves((Z,), normal(0, 1), normal(0, 1.1), normal(0.5, 0.5), normal(mean, 0.5), np.zeros(9))
    figure = latent_densities(curves, image="top row", theme=theme)  # type: ignore[arg-type]
    assert says in figure.layout.title.text
    assert [trace.meta["word"] for trace in figure.data] == ["prior", "aggregate", "kl", "gap"]
    for trace in figure.data:
        assert np.trapezoid(trace.y, trace.x) == pytest.approx(1.0, abs=1e-3)
    low, high = figure.layout.xaxis.range
    assert -8 < low < -2
    assert 2 < high < 8
    assert "top row" in figure.layout.meta["alternative"]


def test_what_two_densities_have_in_common_is_said() -> None:
    # ∫ min(q, p) of N(0, 1) and N(2, 1) is 2 Φ(−1) = 0.317
    curves = Curves((Z,), normal(0, 1), normal(0, 1), normal(0, 1), normal(2, 1), np.zeros(9))
    assert "have 32 % in common" in latent_densities(curves, image="top row", theme="light").layout.title.text
