"""The figures about one image's gap: the staircase, Jensen's picture, the posterior's line."""

import math

import numpy as np
import pytest
import torch

from pages.figures.jensen import jensen, worth
from pages.figures.log_weights import log_weights
from pages.figures.posterior_line import posterior_line
from pages.figures.staircase import staircase
from pages.figures.theme import INK, text_colour
from tests.figures.gap_records import estimate, ladder, picture, posterior
from tests.figures.test_train_figures import THEMES, check, title
from vae_core.estimators import Ladder


def texts(figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def stairs(
    *values: float, top: float = -150.0, error: float = 0.0, kind: str = "exact", theme: str = "light"
):
    known = estimate(top, error, kind)
    return staircase(
        ladder(*values), log_likelihood=known, elbo=estimate(values[0], 0, "lower_bound"), theme=theme
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("bottom", [-150.02, -163.1, -385.0])
def test_the_staircase_climbs_in_the_elbos_colour_with_its_band(bottom: float, theme: str) -> None:
    figure = stairs(bottom, bottom + 0.01, -150.005, theme=theme)
    check(figure)
    shade, climb = figure.data
    np.testing.assert_allclose(climb.y, [bottom, bottom + 0.01, -150.005], atol=1e-4)
    np.testing.assert_array_equal(climb.x, [1, 10, 100])
    assert climb.line.color == text_colour("elbo", theme)
    assert climb.line.dash == "dash"  # a bound
    # Two standard errors of 0.02 to each side
    assert max(shade.y[:3] - climb.y) == pytest.approx(0.04, abs=1e-4)
    assert max(climb.y - shade.y[:2:-1]) == pytest.approx(0.04, abs=1e-4)
    low, high = figure.layout.yaxis.range
    assert low < bottom < -150 < high < -149 + 0.2 * (-150 - bottom)
    assert figure.layout.xaxis.type == "log"


def test_exact_is_solid_and_an_estimate_dashed_in_its_band_and_never_called_exact() -> None:
    exact, annealed = stairs(-160, -155), stairs(-160, -155, error=0.5, kind="lower_bound")
    assert [shape.line.dash for shape in exact.layout.shapes[1:]] == ["solid"]
    assert "exact log p(x) −150.00" in texts(exact)
    line, shade = annealed.layout.shapes[1:]
    assert line.line.dash == "longdash"
    assert (shade.y0, shade.y1) == (-151, -149)
    assert "log p(x), estimate (AIS) −150.00 ± 0.50" in texts(annealed)
    quadrature = stairs(-160, -155, error=math.inf, kind="estimate")
    check(quadrature)
    for figure in (annealed, quadrature):
        assert "exact" not in figure.to_json()
    assert "log p(x), estimate −150.00" in texts(quadrature)


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (
            stairs(-163.1, -160, -157, -156, -155.2),
            "With 5,000 samples the bound is still 5.2 nats short of log p(x).",
        ),
        (stairs(-163.1, -150.02), "With 10 samples the bound has closed all but 0.02 of the 13.1-nat gap."),
        (stairs(-163.1, -150.0), "With 10 samples the bound has closed all of the 13.1-nat gap."),
        (stairs(-150.5, -150.3), "With 10 samples the bound is still 0.30 nats short of log p(x)."),
        (
            stairs(-150.03, -150.0),
            "The ELBO is within 0.03 nats of log p(x): there is hardly a gap to close.",
        ),
        (
            stairs(-160, -150.5, kind="lower_bound"),
            "With 10 samples the bound lies 0.50 nats below the estimate of log p(x).",
        ),
        (
            stairs(-160, -149.97, kind="lower_bound"),
            "With 10 samples the bound meets the estimate of log p(x), within 0.04 nats.",
        ),
        (
            stairs(-160, -149.5, kind="lower_bound"),
            "With 10 samples the bound lies 0.50 nats above the estimate of log p(x): the estimate is too "
            "low.",
        ),
    ],
)
def test_the_staircases_sentence(figure, words: str) -> None:
    assert title(figure) == words
    check(figure)


def test_a_step_whose_error_is_beyond_all_measure_stands_hollow_without_a_band() -> None:
    steps = (estimate(-160, 0.1, "lower_bound"), estimate(-158, 1e6, "lower_bound"))
    figure = staircase(
        Ladder((1, 10), steps), log_likelihood=estimate(-150), elbo=estimate(-160), theme="light"
    )
    shade, climb = figure.data
    assert list(climb.marker.symbol) == ["circle", "circle-open"]
    assert climb.customdata[1] == ", error unknown"
    assert list(shade.x) == [1, 1]


def test_no_stairs_and_a_single_one() -> None:
    known = estimate(-150)
    check(staircase(Ladder((), ()), log_likelihood=known, elbo=known, theme="dark"))
    single = staircase(ladder(-160, error=math.inf), log_likelihood=known, elbo=estimate(-160), theme="dark")
    check(single)
    assert title(single) == "With one sample the bound is still 10.0 nats short of log p(x)."


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("std", [0.3, 2.0, 14.0])
def test_jensens_picture_has_the_gap_between_the_curve_and_the_mean_of_the_logs(
    std: float, theme: str
) -> None:
    record = picture(std)
    figure = jensen(record, theme=theme)
    check(figure)
    bars, curve, dots, points = figure.data
    np.testing.assert_allclose(points.x, [1, 1])
    np.testing.assert_allclose(points.y, [0, -record.gap], rtol=1e-6)
    assert list(points.marker.color) == [INK[theme], text_colour("elbo", theme)]
    np.testing.assert_allclose(np.exp(curve.y), curve.x, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.exp(dots.y), dots.x, rtol=1e-4, atol=1e-6)
    assert len(dots.x) > 100
    np.testing.assert_array_equal(bars.y, record.ratio_counts)
    bracket = figure.layout.shapes[0]
    assert (bracket.x0, bracket.y0, bracket.y1) == (1, 0, -record.gap)
    low, high = figure.layout.yaxis.range
    assert low < -record.gap < 0 < high
    assert "nats" in figure.layout.yaxis.title.text
    assert figure.layout.yaxis2.type == ("log" if std > 1 else "linear")


def test_jensens_sentence_says_why() -> None:
    some, record = jensen(picture(4.0), theme="light"), picture(4.0)
    assert title(some) == (
        f"The mean of log w lies {record.gap:.1f} nats below the log of the mean of w: "
        f"{int(1000 * record.small) / 10:g} % of the weights drawn are below a hundredth of that mean."
    )
    assert f"{record.beyond} beyond 5,<br>the greatest {record.greatest:,.0f}" in texts(some)
    none = jensen(picture(40.0), theme="light")
    assert title(none).endswith(": all weights drawn are below a hundredth of that mean.")
    power = math.floor(math.log10(picture(40.0).greatest))
    assert f"the greatest is about 10<sup>−{-power}</sup>" in texts(none)[-1]
    assert f"the greatest is about 10^−{-power}." in none.layout.meta["alternative"]
    narrow = jensen(picture(0.3), theme="light")
    assert title(narrow).endswith("nats below the log of the mean of w: the weights are nearly equal.")
    assert len(texts(narrow)) == 1 + (picture(0.3).beyond > 0)  # no room for words one by one
    assert title(jensen(picture(1.0), theme="light")).endswith("the log bends down over their spread.")
    guessed = jensen(picture(1.0, kind="lower_bound"), theme="light")
    assert "lies about " in title(guessed)
    assert "as estimated" in guessed.layout.xaxis.title.text
    equal = picture(0.0)
    check(jensen(equal, theme="dark"))
    check(log_weights(equal, theme="dark"))


def test_what_the_draws_are_worth() -> None:
    assert worth(picture(0.3)).endswith("so the error of their mean can be trusted.")
    heavy = picture(14.0)
    assert heavy.tail > 0.7
    assert "so heavy a tail that the error of their mean can’t be trusted" in worth(heavy)
    assert f"are worth {heavy.effective:.1f} of equal weight" in worth(heavy)
    assert "4,000 draws" in worth(heavy)
    assert worth(picture(0.0)).endswith("worth 4,000 of equal weight: all weights are equal.")


@pytest.mark.parametrize("theme", THEMES)
def test_the_log_weights_have_three_lines_each_of_its_kind(theme: str) -> None:
    record = picture(1.5)
    figure = log_weights(record, theme=theme)
    check(figure)
    bars, elbo, bound, top, law = figure.data
    places = [float(record.elbo.value), record.bound, -150]
    np.testing.assert_allclose([line.x for line in (elbo, bound, top)], [[x, x] for x in places], rtol=1e-6)
    assert [line.line.dash for line in (elbo, bound, top)] == ["dash", "dash", "solid"]
    assert (elbo.line.color, top.line.color) == (text_colour("elbo", theme), INK[theme])
    assert top.name == "exact log p(x) = log E[w], −150.00"
    wide = bars.width
    assert bars.y.sum() * wide == pytest.approx(100, abs=1e-3)  # all draws
    assert law.y.sum() * wide == pytest.approx(100, abs=0.5)
    low, high = figure.layout.xaxis.range
    assert low < float(record.elbo.value) < -150 < high
    guessed = log_weights(picture(1.5, kind="lower_bound"), theme=theme)
    assert guessed.data[-2].line.dash == "longdash"
    assert "exact" not in guessed.to_json()


def test_half_the_variance_explains_the_gap_of_log_normal_weights_alone() -> None:
    assert title(log_weights(picture(1.5), theme="light")).endswith(": as if log w were normal.")
    record = picture(1.0, shape=3.0)
    assert title(log_weights(record, theme="light")) == (
        f"Var(log w)/2 is {0.5 * record.variance:.1f} nats, the gap {record.gap:.1f}: log w is far from "
        "normal."
    )


@pytest.mark.parametrize("theme", THEMES)
def test_the_posteriors_line_has_each_q_over_it(theme: str) -> None:
    grid = posterior(0.5, 1.0)
    qs = [("encoder’s q", 1.5, 0.1, "solid"), ("best diagonal q", 1.0, 0.5, "dotted")]
    figure = posterior_line(grid, qs, theme=theme)
    check(figure)
    density, own, best = figure.data
    np.testing.assert_allclose(density.y, torch.exp(grid.log_density), rtol=1e-5)
    np.testing.assert_allclose(best.y, density.y, rtol=1e-4, atol=1e-7)
    assert np.trapezoid(own.y, own.x) == pytest.approx(1, abs=1e-3)
    assert own.x[own.y.argmax()] == pytest.approx(1.5, abs=0.02)
    assert [line.line.dash for line in figure.data] == [None, "solid", "dot"]
    assert [line.name for line in figure.data] == ["p(z|x)", "encoder’s q", "best diagonal q"]
    assert title(figure) == (
        "The encoder’s q lies 1.0 posterior σ beside the true posterior’s mean and is 5.0 times too narrow."
    )
    assert "prior σ" in figure.layout.xaxis.title.text


def test_the_posteriors_line_without_a_q_with_a_wide_one_and_in_a_plane() -> None:
    assert title(posterior_line(posterior(), [], theme="dark")) == (
        "The true posterior p(z|x) has its mean at 1.00 and σ 0.500."
    )
    wide = posterior_line(posterior(), [("q", 1.0, 1.0, "dashed")], theme="dark")
    assert title(wide).endswith("0.0 posterior σ beside the true posterior’s mean and is 2.0 times too wide.")
    assert title(posterior_line(posterior(), [("q", 1.0, 0.51, "dashed")], theme="dark")).endswith(
        "is as wide."
    )
    check(posterior_line(posterior(dims=2), [], theme="light"))
