"""The figures of chapter 4: what the curves, the map and the bars say is what the records hold."""

import numpy as np
import pytest
import torch

from pages.figures.code_window import code_window
from pages.figures.cost_bars import cost_bars
from pages.figures.objective_curves import objective_curves
from vae_core.gaussians import DiagonalGaussian
from vae_core.lessons.objective import Parts, Window
from vae_core.lessons.objective_curves import Curve


def parts(reconstruction: float, kl: tuple[float, ...], mean: float = 0.5) -> Parts:
    dims = len(kl)
    q = DiagonalGaussian(torch.full((1, dims), mean), torch.full((1, dims), -4.0))
    return Parts(q, reconstruction, 0.0, kl)


PLACE = torch.linspace(-1.5, 1.5, 61, dtype=torch.float64)
RECORD = Curve(0, PLACE, -100.0 - 3.0 * (PLACE - 0.3).square(), 0.5 * (PLACE + 0.5).square())


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("beta", [1.0, 4.0])
def test_the_star_is_where_the_weighted_sum_is_highest(theme: str, beta: float) -> None:
    figure = objective_curves(RECORD, now=-0.4, beta=beta, theme=theme)
    # 6 (x − 0.3) + β (x + 0.5) = 0
    best = (1.8 - 0.5 * beta) / (6.0 + beta)
    assert float(figure.data[-1].x[0]) == pytest.approx(best, abs=1e-6)
    assert len(figure.data) == (4 if beta == 1.0 else 5)
    assert {trace.meta["word"] for trace in figure.data[:-1]} == {"elbo", "reconstruction", "kl"}
    lost = (3.0 + 0.5 * beta) * (best + 0.4) ** 2
    assert f"{lost:.2f} nats lower" in figure.layout.title.text
    for trace in figure.data[:-1]:
        assert float(np.max(trace.y)) == pytest.approx(0.0, abs=1e-6)


def test_a_factor_stands_on_a_logarithmic_axis() -> None:
    width = Curve(None, PLACE.exp(), RECORD.reconstruction, RECORD.kl)
    figure = objective_curves(width, now=1.0, beta=1.0, theme="light", name="Bernoulli score")
    assert figure.layout.xaxis.type == "log"
    assert "σ × 1.20" in figure.layout.title.text
    assert [trace.name for trace in figure.data[:3]] == ["L(x)", "Bernoulli score", "−KL"]


def test_the_map_has_both_ellipses_and_the_right_way_up() -> None:
    axes = (torch.linspace(0.0, 1.0, 5), torch.linspace(2.0, 4.0, 5))
    score = torch.zeros(5, 5)
    score[4, 0] = 20.0  # far along z₁
    figure = code_window(
        Window(axes, score), parts(-5.0, (1.0, 1.0)), parts(-6.0, (1.0, 2.0), 0.7), theme="dark"
    )
    heat = figure.data[0]
    assert float(heat.z[0, 4]) == 0.0
    assert float(heat.z[4, 0]) == -20.0
    assert [trace.name for trace in figure.data[1:]] == ["encoder", "encoder", "yours", "yours"]
    np.testing.assert_allclose(np.ptp(figure.data[1].x), 2.0 * np.exp(-2.0), rtol=1e-3)
    line = code_window(
        Window((axes[0],), score[:, 0]), parts(-5.0, (1.0,)), parts(-6.0, (2.0,), 0.7), theme="light"
    )
    assert float(np.max(line.data[0].y)) == 0.0
    assert len(line.data) == 3


def test_the_bars_add_up_to_the_cost() -> None:
    encoder, hand = parts(-140.0, (2.0, 3.0)), parts(-130.0, (2.5, 3.25))
    figure = cost_bars(encoder, hand, theme="light")
    np.testing.assert_allclose(np.sum([trace.x for trace in figure.data], 0), [145.0, 135.75])
    assert figure.layout.title.text == "Your q has 9.250 nats more than the encoder’s."
    assert "L = −135.75" in figure.layout.yaxis.ticktext[1]
    same = cost_bars(encoder, encoder, theme="dark")
    assert "the L(x) of the encoder’s" in same.layout.title.text
    dense = cost_bars(parts(90.0, (2.0, 3.0)), parts(95.0, (2.0, 3.0)), theme="light")
    assert dense.layout.xaxis.range[0] < -95.0
