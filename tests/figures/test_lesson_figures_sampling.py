"""The pictures of chapter 5 show what their records say."""

import numpy as np
import pytest

from pages.figures.error_bars import error_bars
from pages.figures.estimate_histogram import digits, estimate_histogram
from pages.figures.gradient_estimates import gradient_estimates
from pages.figures.toy_variances import toy_variances
from vae_core.lessons.sampling_gradients import ToyVariance

THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
def test_every_estimate_is_in_a_bar(theme) -> None:
    values = np.random.default_rng(0).normal(-5.0, 0.5, 200)
    figure = estimate_histogram(values, mean=-5.0, bar=0.5, batch=64, draws=1, theme=theme)
    bars, curve = figure.data
    assert int(bars.y.sum()) == 200
    assert float((bars.x * bars.y).sum()) / 200 == pytest.approx(values.mean(), abs=0.05)
    # the predicted curve has the area of the bars
    area = np.trapezoid(curve.y, curve.x)
    assert area == pytest.approx(200 * bars.width, rel=0.01)
    assert figure.layout.shapes[0].x0 == -5.0


def test_the_axis_stays_while_the_histogram_shrinks() -> None:
    figures = [
        estimate_histogram(np.zeros(3), mean=0.0, bar=8.0 / n**0.5, batch=n, draws=1, theme="light")
        for n in (16, 64, 128, 256)
    ]
    ranges = [figure.layout.xaxis.range for figure in figures]
    assert ranges[0] == pytest.approx(ranges[1])
    assert ranges[0] == pytest.approx(ranges[2])
    assert ranges[3][1] == pytest.approx(ranges[0][1] / 4.0)


@pytest.mark.parametrize("theme", THEMES)
def test_error_bars_fall_on_a_line(theme) -> None:
    batches = (1, 4, 16)
    figure = error_bars(
        batches, (4.1, 1.9, 1.0), (4.0, 2.0, 1.0), (2.0, 1.0, 0.5), batch=4, draws=2, theme=theme
    )
    floor, predicted, measured = figure.data
    slopes = np.diff(np.log(predicted.y)) / np.diff(np.log(np.array(batches)))
    np.testing.assert_allclose(slopes, -0.5, rtol=1e-6)
    np.testing.assert_allclose(measured.y, [4.1, 1.9, 1.0], rtol=1e-6)
    assert (floor.y < predicted.y).all()
    assert measured.marker.size[1] > measured.marker.size[0]
    assert "2.00 nats at N = 4, S = 2" in figure.layout.title.text


@pytest.mark.parametrize("theme", THEMES)
def test_the_wider_estimator_has_the_wider_histogram(theme) -> None:
    source = np.random.default_rng(1)
    narrow, wide = source.normal(2.0, 1.0, 2000), source.normal(2.0, 30.0, 2000)
    figure = gradient_estimates(narrow, wide, exact=2.0, dimension=1, theme=theme)
    first, first_mean, second, second_mean = figure.data
    reached = [float(np.abs(trace.x[trace.y > 0.05]).max()) for trace in (first, second)]
    assert reached[0] < 4.0 < 40.0 < reached[1]
    assert first.customdata.sum() == 2000
    assert 1950 < second.customdata.sum() <= 2000
    assert float(second_mean.x[1]) == pytest.approx(wide.mean() - 2.0, abs=1e-4)
    assert float(second_mean.x[2] - second_mean.x[1]) == pytest.approx(2.0 * 30.0 / 2000**0.5, rel=0.1)
    assert "Slope by μ₂: exactly 2.00" in figure.layout.title.text
    assert [trace.meta["word"] for trace in figure.data] == ["pathwise", "pathwise", "score", "score"]
    assert float(first_mean.x[1]) == pytest.approx(narrow.mean() - 2.0, abs=1e-4)


@pytest.mark.parametrize("theme", THEMES)
def test_the_toy_is_marked_where_it_is_set(theme) -> None:
    record = [ToyVariance(d, 4.1, d * d + 6.0 * d + 7.9, 4.0, (d + 2.0) * (d + 4.0)) for d in range(1, 17)]
    figure = toy_variances(record, 4, theme=theme)
    assert figure.layout.shapes[0].x0 == 4.0
    assert "variances 4 σ² and 48 σ², 12 times" in figure.layout.title.text
    np.testing.assert_allclose(figure.data[2].y, [one.score_formula for one in record])


def test_three_digits() -> None:
    assert [digits(value) for value in (42.73, 0.06133, 0.0, 1234.0)] == ["42.7", "0.0613", "0.00", "1,234"]
