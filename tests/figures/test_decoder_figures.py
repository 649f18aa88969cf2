"""The figures about one decoder of several: reliability, residuals, the distribution of a pixel."""

import itertools
import math

import numpy as np
import pytest
import torch

from pages.figures.pixel_distribution import pixel_distribution
from pages.figures.reliability import reliability
from pages.figures.residuals import residuals
from pages.figures.sigma_travel import sigma_travel
from tests.core.test_notation import DARK, LIGHT, channels, contrast
from tests.figures.gap_records import column
from tests.figures.test_train_figures import THEMES, check, title
from vae_core.diagnostics import PixelPrediction, Reliability, Residuals, SigmaTravel
from vae_core.notation import DECODER_COLOURS, GLOSSARY

NAN = math.nan


def bins(*, grey: bool = False, images: int = 500, **more: torch.Tensor) -> Reliability:
    """Five bins: the fourth is off by far, the last is off too but nearly empty, the second is empty."""
    record = dict(
        edges=torch.linspace(0, 1, 6, dtype=torch.float64),
        predicted=column(0.02, NAN, 0.5, 0.7, 0.9),
        observed=column(0.02, NAN, 0.51, 0.6, 0.5),
        error=column(0.001, NAN, 0.01, 0.012, 0.05),
        count=torch.tensor([10_000, 0, 2000, 2000, 10]),
        images=images,
        grey=grey,
    )
    return Reliability(**{**record, **more})


def histogram(std: float = 1.0, mean: float = 0.0, *, scale: float = 1.0, **more: object) -> Residuals:
    """Normal residuals of a mean and a spread, a share `scale` of them finite."""
    edges = torch.linspace(-4, 4, 33, dtype=torch.float64)
    law = torch.distributions.Normal(column(mean), column(std)) if std > 0 else None
    shares = law.cdf(edges).diff() if law else torch.zeros(32, dtype=torch.float64)
    record = dict(
        edges=edges,
        density=scale * shares / edges.diff(),
        mean=mean if law else NAN,
        std=std if law else NAN,
        beyond=1.0 - scale * float(shares.sum()),
        images=500,
        kind="standardised",
        normal=torch.distributions.Normal(0.0, column(1.0)).cdf(edges).diff() / edges.diff(),
        ends=0.0,
    )
    return Residuals(**{**record, **more})


def of_bernoulli(a: float = 0.83, *, kind: str = "mass", truth: float = 1.0, others=(0, 1, 1)):
    return PixelPrediction(
        likelihood="bernoulli",
        kind=kind,
        values=column(0.0, 1.0),
        probability=column(1 - a, a),
        mean=a,
        std=(a * (1 - a)) ** 0.5,
        truth=truth,
        others=column(*others),
        inside=1.0,
    )


def of_gaussian(std: float = 0.1, *, inside: float | None = 0.999, others=(0.1, 0.7)) -> PixelPrediction:
    values = torch.linspace(-4, 5, 400, dtype=torch.float64)
    return PixelPrediction(
        likelihood="gaussian",
        kind="density",
        values=values,
        probability=torch.distributions.Normal(0.6, column(std)).log_prob(values).exp(),
        mean=0.6,
        std=std,
        truth=0.8,
        others=column(*others),
        inside=inside,
    )


# ---- the colours --------------------------------------------------------------------------------


def linear(colour: str) -> np.ndarray:
    values = np.array(channels(colour))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB of linear sRGB (D65)."""
    xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
    scaled = np.array(xyz) @ np.clip(light, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira & Fernandes 2009: what is seen without one kind of cone
SEEN_BY = {
    "all": np.eye(3),
    "protanopes": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deuteranopes": [[0.367, 0.861, -0.228], [0.28, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritanopes": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


@pytest.mark.parametrize("ground", [0, 1])
def test_three_decoders_have_three_colours_that_everybody_tells_apart(ground: int) -> None:
    assert list(DECODER_COLOURS) == ["first", "second", "third"]
    colours = [pair[ground] for pair in DECODER_COLOURS.values()]
    for colour in colours:
        assert all(contrast(colour, on) >= 4.5 for on in ([LIGHT] if ground == 0 else [DARK, "#14171C"]))
    for eyes in SEEN_BY.values():
        for one, other in itertools.combinations([lab(np.array(eyes) @ linear(c)) for c in colours], 2):
            assert np.linalg.norm(one - other) > 25
    known = {c for e in GLOSSARY for c in (e.colour, (e.text_light, e.text_dark)[ground]) if c}
    for one, other in itertools.product(colours, known):
        assert np.linalg.norm(lab(linear(one)) - lab(linear(other))) > 20, (one, other)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_each_figure_has_the_colour_of_its_decoder(place: int, theme: str) -> None:
    colour = list(DECODER_COLOURS.values())[place][theme == "dark"]
    rgb = ",".join(str(round(255 * c)) for c in channels(colour))
    for figure in (
        reliability(bins(), theme=theme, place=place),
        residuals(histogram(), theme=theme, place=place),
        pixel_distribution(of_bernoulli(), theme=theme, place=place, name="Bernoulli"),
        pixel_distribution(of_gaussian(), theme=theme, place=place, name="Gaussian"),
    ):
        check(figure)
        found = figure.to_json()
        assert colour in found or f"rgba({rgb}," in found
        for pair in DECODER_COLOURS.values():
            assert pair[theme == "dark"] == colour or pair[theme == "dark"] not in found


# ---- reliability --------------------------------------------------------------------------------


def test_reliability_has_points_with_two_errors_a_diagonal_and_the_shares_of_pixels() -> None:
    figure = reliability(bins(), theme="light", place=0)
    bars, diagonal, points = figure.data
    np.testing.assert_allclose(points.x, [0.02, 0.5, 0.7, 0.9], rtol=1e-6)
    np.testing.assert_allclose(points.y, [0.02, 0.51, 0.6, 0.5], rtol=1e-6)
    np.testing.assert_allclose(points.error_y.array, [0.002, 0.02, 0.024, 0.1], rtol=1e-6)
    assert (list(diagonal.x), list(diagonal.y)) == ([0, 1], [0, 1])
    assert bars.y.sum() == pytest.approx(100)
    assert bars.width == pytest.approx(0.2)
    low, high = figure.layout.yaxis2.range
    assert 10**low < 100 * 10 / 14_010 < 100 < 10**high
    assert figure.layout.xaxis.title.text == "predicted probability a of a 1, 500 images"
    assert figure.layout.yaxis.title.text == "share of ones"


def test_reliabilitys_sentence_speaks_of_the_worst_bin_that_has_pixels() -> None:
    off = 0.01 * 2000 / 14_010 + 0.1 * 2000 / 14_010 + 0.4 * 10 / 14_010
    assert title(reliability(bins(), theme="light", place=0)) == (
        "Where the decoder says 0.70, the share of ones is 0.60 ± 0.012; "
        f"over all pixels it is off by {off:.2g} on average."
    )
    grey = reliability(bins(grey=True), theme="light", place=0)
    assert "the mean grey value is 0.60" in title(grey)
    assert grey.layout.yaxis.title.text == "mean grey value"
    assert "ones" not in grey.to_json()
    fine = bins(observed=column(0.02, NAN, 0.51, 0.69, 0.5))
    assert title(reliability(fine, theme="dark", place=2)) == (
        "In every bin the share of ones is the predicted probability, within two standard errors."
    )


def test_one_image_tells_nothing_of_reliability() -> None:
    infinite = column(math.inf, NAN, *[math.inf] * 3)
    figure = reliability(bins(error=infinite, images=1), theme="dark", place=0)
    check(figure)
    assert title(figure) == "One image can’t tell whether the share of ones is the predicted probability."
    assert list(figure.data[2].error_y.array) == [0] * 4
    assert "one image" in figure.layout.xaxis.title.text
    single = bins(
        predicted=column(0.5, *[NAN] * 4),
        observed=column(0.5, *[NAN] * 4),
        error=column(0.0, *[NAN] * 4),
        count=torch.tensor([100, 0, 0, 0, 0]),
    )
    check(reliability(single, theme="light", place=0))


# ---- residuals ----------------------------------------------------------------------------------


def test_residuals_stand_beside_the_normal_law() -> None:
    record = histogram(0.5)
    figure = residuals(record, theme="light", place=1)
    bars, law = figure.data
    np.testing.assert_allclose(bars.y, record.density, rtol=1e-6)
    np.testing.assert_allclose(law.y, record.normal, rtol=1e-6)
    assert bars.y.sum() * bars.width == pytest.approx(1, abs=1e-5)
    assert list(figure.layout.xaxis.range) == [-4, 4]
    assert figure.layout.yaxis.range[1] > max(bars.y.max(), law.y.max())
    assert figure.layout.xaxis.title.text == "residual (x − μ)/σ, 500 images"
    assert [note.text for note in figure.layout.annotations] == [
        "mean 0.00<br>std 0.5<br>under 0.1 % beyond ±4"
    ]


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (histogram(0.28), "The residuals’ standard deviation is 0.28, not 1: σ is too wide here."),
        (histogram(2.5), "The residuals’ standard deviation is 2.5, not 1: σ is too narrow here."),
        (
            histogram(1.3, kind="quantile"),
            "The residuals’ standard deviation is 1.3, not 1: the decoder’s spread is too narrow here.",
        ),
        (histogram(1.0, 0.5), "The pixels lie 0.5 standard deviations above what the decoder says."),
        (histogram(1.0, -0.5), "The pixels lie 0.5 standard deviations below what the decoder says."),
        (
            histogram(1.0),
            "The residuals are close to a standard normal law: the decoder is as sure as it may be.",
        ),
        (
            histogram(1.0, scale=0.4, kind="quantile", ends=0.6),
            "Of the pixels, 60 % are exactly 0 or 1, where a density on [0, 1] puts no mass.",
        ),
        (
            histogram(0.0, kind="quantile", ends=1.0),
            "Every pixel is exactly 0 or 1, where a density on [0, 1] puts no mass: no residual is finite.",
        ),
    ],
)
@pytest.mark.parametrize("theme", THEMES)
def test_the_residuals_sentence(record: Residuals, words: str, theme: str) -> None:
    figure = residuals(record, theme=theme, place=2)
    assert title(figure) == words
    check(figure)


def test_a_peak_of_the_right_spread_is_not_called_normal() -> None:
    # Half in the two middle bins, the rest far out: a total variation from the normal law as by hand
    peak = torch.zeros(32, dtype=torch.float64)
    peak[15:17], peak[[10, 21]] = 1.6, 0.4
    record = histogram(density=peak, beyond=0.0)
    moved = 0.5 * float((peak - record.normal).abs().sum() * 0.25 + 2 * 3.167e-5)
    assert title(residuals(record, theme="light", place=0)) == (
        f"The residuals spread as they should, but {100 * moved:.0f} % are not where a normal law has them."
    )


# ---- the distribution of a pixel ----------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_a_bernoullis_pixel_has_two_bars_its_truth_and_a_rug_that_can_be_counted(theme: str) -> None:
    figure = pixel_distribution(of_bernoulli(), theme=theme, place=0, name="Bernoulli")
    check(figure)
    bars, rug, truth = figure.data
    assert bars.type == "bar"
    np.testing.assert_allclose(bars.y, [0.17, 0.83], rtol=1e-6)
    assert list(truth.x) == [1, 1]
    assert truth.line.width >= 3
    np.testing.assert_array_equal(rug.customdata, [0, 1, 1])
    assert len(set(rug.x)) == 3
    assert np.abs(rug.x - rug.customdata).max() < 0.2
    assert (rug.y < 0).all()
    assert rug.name == "3 nearby, mean 0.67"
    assert title(figure) == "Bernoulli: a 1 has probability 0.83, and the pixel is 1."
    assert "2 of them 1" in figure.layout.meta["alternative"]


def test_a_bernoulli_on_grey_pixels_has_a_score_and_a_rug_of_grey_values() -> None:
    record = of_bernoulli(kind="score", truth=0.4, others=(0.25, 0.5))
    figure = pixel_distribution(record, theme="light", place=0, name="Bernoulli")
    check(figure)
    bars, rug, truth = figure.data
    assert bars.name == "probability (score)"
    np.testing.assert_allclose(rug.x, [0.25, 0.5])
    np.testing.assert_allclose(truth.x, [0.4, 0.4])
    assert title(figure) == "Bernoulli: a 1 has 0.83, a 0 the rest, nothing lies between; the pixel is 0.40."
    assert "likelihood" not in figure.to_json()


@pytest.mark.parametrize("theme", THEMES)
def test_a_density_is_a_filled_curve_and_says_what_lies_outside(theme: str) -> None:
    record = of_gaussian()
    figure = pixel_distribution(record, theme=theme, place=1, name="Gaussian, σ = 0.1")
    check(figure)
    curve, rug, truth = figure.data
    assert curve.fill == "tozeroy"
    np.testing.assert_allclose(curve.y, record.probability, rtol=1e-6, atol=1e-30)
    np.testing.assert_allclose(rug.x, [0.1, 0.7], rtol=1e-6)
    assert truth.name == "this pixel, 0.80"
    assert title(figure) == "Gaussian, σ = 0.1: the pixel is 0.80, expected 0.60 ± 0.10."
    # Only what can be seen of the grid, but all of [0, 1]
    low, high = figure.layout.xaxis.range
    assert -0.1 < low < 0 < 1 < high < 1.1
    wide = pixel_distribution(of_gaussian(2.0, inside=0.2), theme=theme, place=1, name="Gaussian")
    assert title(wide) == (
        "Gaussian: the pixel is 0.80, expected 0.60 ± 2.00; 80 % of the density lies outside [0, 1]."
    )
    assert wide.layout.xaxis.range[0] < -3.9


def test_a_pixel_without_neighbours_and_one_of_real_data() -> None:
    alone = pixel_distribution(of_bernoulli(others=()), theme="light", place=0, name="Bernoulli")
    check(alone)
    assert len(alone.data) == 2
    assert "no other images" in alone.layout.meta["alternative"]
    real = pixel_distribution(
        of_gaussian(inside=None, others=(-2.0,)), theme="dark", place=2, name="Gaussian"
    )
    check(real)
    assert real.layout.xaxis.range[0] < -2
    assert "outside" not in title(real)


@pytest.mark.parametrize(
    ("a", "told"), [(0.001, "below 0.01"), (0.999, "above 0.99"), (0.0, "0.00"), (0.456, "0.46")]
)
def test_a_small_probability_is_never_called_none(a: float, told: str) -> None:
    figure = pixel_distribution(of_bernoulli(a), theme="light", place=0, name="Bernoulli")
    assert f"a 1 has probability {told}," in title(figure)


@pytest.mark.parametrize("theme", THEMES)
def test_sigma_travels_to_the_error(theme: str) -> None:
    record = SigmaTravel(steps=(0, 100, 900), variance=(0.2, 0.1, 0.0505), expected_error=(0.4, 0.08, 0.05))
    figure = sigma_travel(record, theme=theme, place=1)
    check(figure)
    assert title(figure) == ("At step 900 σ² is 1 % from the expected error; at step 0 it was 50 %.")
    error, variance = figure.data
    np.testing.assert_allclose(variance.y, record.variance, rtol=1e-6)
    np.testing.assert_allclose(error.y, record.expected_error, rtol=1e-6)
    assert variance.x[0] == 1  # step 0, which a logarithmic axis lacks


def test_one_moment_is_no_line() -> None:
    assert not sigma_travel(SigmaTravel((3,), (0.1,), (0.1,)), theme="light", place=0).data
