"""The figures of chapter 7: curves where the formula says, dots where q stands."""

import numpy as np
import pytest
import torch

from pages.figures.kl_slice import kl_slice
from pages.figures.log_ratio import log_ratio
from vae_core.lessons.gaussian_pair import Pair, gaussian
from vae_core.lessons.gaussian_pictures import ratios_of, vae_slice
from vae_core.lessons.gaussians import PRIOR


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_dots_lie_on_the_curves(theme: str) -> None:
    figure = kl_slice(vae_slice(Pair(gaussian((0.5, -1.5), (0.3, 1.2)), PRIOR)), theme=theme)
    over_std, over_mean, *dots = figure.data
    np.testing.assert_allclose(
        over_std.y, 0.5 * (over_std.x.astype(float) ** 2 - 1 - 2 * np.log(over_std.x)), atol=1e-5
    )
    np.testing.assert_allclose(over_mean.y, 0.5 * over_mean.x.astype(float) ** 2, atol=1e-5)
    assert [float(dot.x[0]) for dot in dots] == pytest.approx([0.3, 1.2, 0.5, -1.5])
    assert sum(float(dot.y[0]) for dot in dots) == pytest.approx(0.749 + 0.0377 + 0.125 + 1.125, abs=2e-3)
    assert {trace.meta["word"] for trace in figure.data} == {"std", "mean"}
    assert "together 2.037" in figure.layout.title.text


def test_the_mean_of_the_draws_stands_beside_the_truth() -> None:
    draws = torch.linspace(-1.0, 3.0, 1001, dtype=torch.float64)
    figure = log_ratio(ratios_of(draws, error=0.1, truth=1.2), theme="light")
    bars, mean = figure.data
    assert float(bars.y.sum()) >= 0.985 * len(draws)
    assert float(mean.x[0]) == pytest.approx(1.0)
    assert "1.000 ± 0.100 nats" in figure.layout.title.text
    assert figure.layout.shapes[1].x0 == pytest.approx(1.2)


def test_equal_gaussians_have_no_spread() -> None:
    figure = log_ratio(ratios_of(torch.zeros(100, dtype=torch.float64), error=0.0, truth=0.0), theme="dark")
    assert float(figure.data[0].y.sum()) == 100
