"""The pictures of chapter 6 show what their records say."""

from functools import partial

import numpy as np
import pytest

from pages.figures.pixel_term import pixel_term
from pages.figures.score_parts import score_parts
from pages.figures.sigma_cost import sigma_cost
from vae_core.lessons.pixels import SIGMAS, Errors, term, term_at_best

THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
def test_the_best_sigma_is_where_the_curve_is_lowest(theme) -> None:
    image, average = Errors(784 * 0.04, 784), Errors(784 * 0.06, 784)
    figure = sigma_cost(image, average, SIGMAS, 1.0, theme=theme)
    curve, dots = figure.data[1], figure.data[3]
    assert curve.x[np.argmin(curve.y)] == pytest.approx(0.2, rel=0.04)
    assert dots.x[0] == pytest.approx(0.2)
    assert dots.y[1] == pytest.approx(image.cost(1.0), rel=1e-6)
    assert f"{image.excess(1.0):,.0f} nats more" in figure.layout.title.text
    best = sigma_cost(image, average, SIGMAS, 0.2, theme=theme).layout.title.text
    assert "is the best" in best


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sigma", [None, 0.3])
def test_a_term_is_highest_at_the_pixel(theme, sigma) -> None:
    figure = pixel_term(
        partial(term, 0.4, sigma=sigma),
        x=0.4,
        value=0.9,
        own=0.5,
        best=term_at_best(0.4, sigma=sigma),
        span=(0.001, 0.999),
        symbol="a" if sigma is None else "μ",
        score=sigma is None,
        theme=theme,
    )
    curve, own, hand = figure.data
    assert curve.x[np.argmax(curve.y)] == pytest.approx(0.4, abs=0.01)
    assert own.y[0] == pytest.approx(term(0.4, 0.5, sigma=sigma))
    assert hand.y[0] == pytest.approx(term(0.4, 0.9, sigma=sigma))
    assert ("score" in figure.layout.title.text) == (sigma is None)


@pytest.mark.parametrize("theme", THEMES)
def test_floor_and_rest_make_the_cost(theme) -> None:
    figure = score_parts(100.0, 40.0, binary=False, theme=theme)
    assert [float(bar.x[0]) for bar in figure.data] == [40.0, 60.0]
    assert "40.0 of them are a floor" in figure.layout.title.text
    assert len(score_parts(100.0, 0.0, binary=True, theme=theme).data) == 1
